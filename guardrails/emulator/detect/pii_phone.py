"""Phone numbers, as the `phonenumbers` library knows the plans of all countries.

The library's own matcher costs about 1 ms per 1,000 characters; here runs of digit groups are found first and only
plausible ones are parsed. After 400 failures in one text, only numbers with a country code are still parsed.
"""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata

from guardrails.emulator.detect.scan import Candidate, Scan, word_set

# The library reads a region's metadata from disk on first use, which must not happen on a running event loop.
PhoneMetadata.load_all()

_RUN = re.compile(r"(?<![\w+])\+?\(?\d(?:[ ()./\u00a0\u2010-\u2015-]{0,3}\d)+(?!\w)")
_GROUP = re.compile(r"\d+")
_DATE = re.compile(r"\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2\d{4}")
_DATE_INSIDE = re.compile(r"(?<!\d)(?:3[01]|[12]\d|0?[1-9])([-./])(?:1[0-2]|0?[1-9])\1(?:19|20)\d\d(?!\d)")
_AMOUNT = re.compile(r"\d{1,3}(?:[. \u00a0]\d{3})+,\d{2}(?!\w)")
_FILE_NUMBER = re.compile(r"[^\W\d_]-$")
_WORDS = word_set(
    "phone telephone tel mobile cell call fax whatsapp sms text dial number telefon handy mobil rufnummer "
    "anrufen téléphone portable appelez teléfono telefono móvil llámame llame cellulare telefone celular"
)
_REGIONS = {
    "de": ("DE", "AT", "CH"),
    "fr": ("FR", "BE", "CH", "CA"),
    "es": ("ES", "MX", "AR"),
    "it": ("IT", "CH"),
    "pt": ("PT", "BR"),
    "nl": ("NL", "BE"),
    "ja": ("JP",),
    "zh": ("CN", "TW"),
    "ko": ("KR",),
    "pl": ("PL",),
    "sv": ("SE",),
}
_DEFAULT_REGIONS = ("US", "GB")
# Where a national number is dialled without a leading 0; elsewhere digits without it are just digits.
_NO_TRUNK_PREFIX = frozenset({"US", "CA", "ES", "IT", "PT", "MX", "PL", "BR", "AR", "CN"})
_NORTH_AMERICA = frozenset({"US", "CA"})
_NORTH_AMERICAN = re.compile(r"1?[2-9][0-9]{2}[2-9][0-9]{6}")  # only a quick "no" before the costly parse
_NON_DIGIT = re.compile(r"\D")
# How North Americans group a number; other groups of ten digits (2024-000123) are somebody's file number.
_NORTH_AMERICAN_GROUPS = re.compile(r"\D*(?:1\D+)?(?:\d{3}\D+\d{3}\D+\d{4}|\d{3}\D+\d{7}|1?\d{10})\D*")
_COUNTRY_CODE_DIGITS = tuple("123456789")
_MOST_FAILURES = 400
_MIN_DIGITS, _MAX_DIGITS = 7, 15
_MIN_NATIONAL, _MAX_NATIONAL = 9, 12
_MAX_SINGLE_DIGIT_GROUPS = 2


def find_phone_numbers(scan: Scan) -> Iterator[Candidate]:
    """`PhoneNumber`: valid, and written internationally or as in a region where the scan's language is spoken.

    Confidence 0.95 with a country code, 0.8 with separators (0.92 near a word like "call"); bare digits count only near
    such a word, with 0.65.
    """
    if not scan.has_digit:
        return
    parser = _Parser(scan.language)
    for run in _RUN.finditer(scan.text):
        if run.end() - run.start() < _MIN_DIGITS or _DATE.fullmatch(run.group()):
            continue
        groups = [(m.start(), m.end()) for m in _GROUP.finditer(scan.text, run.start(), run.end())]
        first = 0
        while first < len(groups):
            readings = _readings(scan, groups, first, run.start())
            number = next((found for found in readings if parser.knows(scan.text[found[0] : found[1]])), None)
            if number is None:
                first += 1
                continue
            start, end, first = number
            if scan.text[start] == "(" and ")" not in scan.text[start:end]:
                start += 1
            confidence = _confidence(scan, start, end)
            if confidence is not None:
                yield Candidate("PhoneNumber", start, end, confidence)


def _readings(scan: Scan, groups: list[tuple[int, int]], first: int, floor: int) -> list[tuple[int, int, int]]:
    """Ways to read whole groups from number `first` on as one number: start, end, next group; the longest first."""
    start = groups[first][0]
    while start > floor and scan.text[start - 1] in "(+":
        start -= 1
    international = scan.text.startswith(("+", "(+", "00"), start)
    least, most = (_MIN_DIGITS, _MAX_DIGITS + 2) if international else (_MIN_NATIONAL, _MAX_NATIONAL)
    digits = singles = 0
    readings = []
    for index in range(first, len(groups)):
        size = groups[index][1] - groups[index][0]
        digits += size
        singles += size == 1
        if digits > most or singles > _MAX_SINGLE_DIGIT_GROUPS:
            break
        if digits >= least and not _DATE.match(scan.text, start):
            readings.append((start, groups[index][1], index + 1))
    return readings[::-1]


class _Parser:
    """Asks the library, and remembers how often in vain."""

    def __init__(self, language: str) -> None:
        self._regions = _REGIONS.get(language, _DEFAULT_REGIONS)
        self._failures = 0

    def knows(self, number: str) -> bool:
        """Whether the text is a valid number of the world or of a region of the language."""
        if number.startswith(("+", "(+")):
            return self._is_valid(number.lstrip("("), None)
        if number.startswith("00"):
            return number[2:].lstrip(" -").startswith(_COUNTRY_CODE_DIGITS) and self._is_valid("+" + number[2:], None)
        if self._failures >= _MOST_FAILURES:
            return False
        trunk = number.lstrip("(").startswith("0")
        return any(self._is_valid(number, region) for region in self._regions if trunk or region in _NO_TRUNK_PREFIX)

    def _is_valid(self, number: str, region: str | None) -> bool:
        if region in _NORTH_AMERICA and not _looks_north_american(number):
            return False
        try:
            valid = phonenumbers.is_valid_number(phonenumbers.parse(number, region))
        except NumberParseException:
            valid = False
        self._failures += not valid
        return valid


def _looks_north_american(number: str) -> bool:
    if "." in number and "-" in number:
        return False
    return bool(_NORTH_AMERICAN.fullmatch(_NON_DIGIT.sub("", number)) and _NORTH_AMERICAN_GROUPS.fullmatch(number))


def _confidence(scan: Scan, start: int, end: int) -> float | None:
    number = scan.text[start:end]
    if number.lstrip("(").startswith("+"):
        return 0.95
    if _DATE_INSIDE.search(number) or _AMOUNT.match(scan.text, start):
        return None
    announced = scan.near(start, end, _WORDS)
    if not announced and _FILE_NUMBER.search(scan.text, max(0, start - 2), start):
        return None
    if number.isdigit():
        return 0.65 if announced else None
    return 0.92 if announced else 0.8
