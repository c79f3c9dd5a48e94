"""Postal addresses: street and number, then what follows of town and code.

As English, German, French, Spanish, Italian and Dutch speakers write them.
"""

import re
from collections.abc import Iterator

from guardrails.emulator.detect.scan import Candidate, Scan, Word, word_set

_NAME = r"[^\W\d_a-zß-öø-ÿ][\w'.\u2019-]{0,30}"
_SUFFIX = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Place|Pl|Square|Sq"
    r"|Terrace|Parkway|Pkwy"
    r"|Highway|Hwy|Circle|Crescent|Close)(?!\w)\.?"
)
_ENGLISH = re.compile(
    rf"(?<![\w.])[0-9]{{1,6}}[A-Za-z]? (?:[NSEW]{{1,2}}\.? )?(?:(?:{_NAME}|[0-9]{{1,3}}(?:st|nd|rd"
    rf"|th)) ){{1,4}}?{_SUFFIX}"
    rf"(?:,? (?:Apt|Suite|Unit|Floor|#)\.? ?[\w-]{{1,6}})?(?:,? {_NAME}(?: {_NAME})?)?"
    r"(?:,? [A-Z]{2},? [0-9]{5}(?:-[0-9]{4})?|,? [A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2})?"
)
_TOWN = rf"(?:,? ?[0-9]{{4,5}} {_NAME})?"
_GERMAN_ENDINGS = ("straße", "strasse", "str", "allee", "gasse", "damm", "ufer", "straat", "laan")
# Endings of everyday words too (Spring 2024, Arbeitsplatz 4): with a town behind, or in German and not one of these.
_GERMAN_LOOSE_ENDINGS = ("weg", "platz", "ring")
_NOT_STREETS = word_set(
    "weg platz ring umweg ausweg hinweg rückweg dienstweg rechtsweg parkplatz arbeitsplatz stellplatz sitzplatz "
    "startplatz tabellenplatz listenplatz stehplatz studienplatz spielplatz hering spring string monitoring "
    "engineering scoring controlling"
)
_GERMAN_NUMBER = re.compile(rf"\.? [0-9]{{1,4}} ?[a-z]?(?!\w){_TOWN}")
_POSTAL_CODE = re.compile(r"[0-9]{4,5} \S+$")
_STREET_WORDS = frozenset(
    {"rue", "boulevard", "avenue", "chemin", "calle", "avenida", "plaza", "paseo", "via", "piazza", "corso", "rua"}
)
_ROMANCE_NAME = re.compile(rf"(?: (?:de|del|du|des|la|le|les|l'|da|do|dos|di|d')){{0,3}}(?: ?{_NAME}){{1,4}}")
_NUMBER_BEFORE = re.compile(r"(?<![\w.])[0-9]{1,4}(?: ?(?:bis|ter))?,? $")
_NUMBER_AFTER = re.compile(r",? ?(?:n[º°o]\.? ?)?[0-9]{1,4}(?!\w)")
_ROMANCE_TOWN = re.compile(_TOWN)
_POST_BOX = re.compile(r"(?<!\w)(?:P\.? ?O\.? Box|Postfach) [0-9]{1,7}(?!\w)", re.IGNORECASE)
_NUMBER_SPAN = 12
_VIA = "via"


def find_addresses(scan: Scan) -> Iterator[Candidate]:
    """`Address`: 0.8 a number and a street, 0.85 with what looks like a town or postal code behind."""
    if not scan.has_digit:
        return
    for pattern in (_ENGLISH, _POST_BOX):
        for match in pattern.finditer(scan.text):
            yield Candidate("Address", match.start(), match.end(), 0.85 if match.group()[-1].isdigit() else 0.8)
    for word in scan.words:
        if word.lower.endswith(_GERMAN_ENDINGS + _GERMAN_LOOSE_ENDINGS) and scan.text[word.start].isupper():
            number = _GERMAN_NUMBER.match(scan.text, word.end)
            if number is not None and _is_german_street(scan, word, number.group()):
                yield Candidate("Address", word.start, number.end(), 0.85)
        elif word.lower in _STREET_WORDS:
            yield from _romance(scan.text, word.start, word.end, scan.language)


def _is_german_street(scan: Scan, word: Word, rest: str) -> bool:
    if word.lower.endswith(_GERMAN_ENDINGS) or _POSTAL_CODE.search(rest):
        return True
    return scan.language == "de" and word.lower not in _NOT_STREETS


def _romance(text: str, start: int, end: int, language: str) -> Iterator[Candidate]:
    name = _ROMANCE_NAME.match(text, end)
    if name is None:
        return
    low = max(0, start - _NUMBER_SPAN)
    before = _NUMBER_BEFORE.search(text[low:start])
    after = _NUMBER_AFTER.match(text, name.end()) if before is None else None
    if before is None and after is None:
        return
    first = low + before.start() if before else start
    last = after.end() if after else name.end()
    town = _ROMANCE_TOWN.match(text, last)
    end = town.end() if town else last
    # In most languages "via" is how a thing travels: via RFC 7616.
    if text[start : start + len(_VIA)].lower() != _VIA or language == "it" or _POSTAL_CODE.search(text[last:end]):
        yield Candidate("Address", first, end, 0.82)
