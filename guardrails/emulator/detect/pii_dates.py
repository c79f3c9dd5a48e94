"""Dates, dates of birth and ages, in English, German, French, Spanish, Italian, Portuguese, Dutch and Japanese."""

import re
from collections.abc import Iterator

from guardrails.emulator.detect.scan import Candidate, Scan, word_set

_MONTHS = (
    "january february march april may june july august september october november december jan feb "
    "mar apr jun jul aug sep"
    " sept oct nov dec januar februar märz mai juni juli oktober dezember okt dez janvier février "
    "mars avril juin juillet"
    " août septembre octobre novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre"
    " noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre "
    "janeiro fevereiro março"
    " maio junho julho setembro outubro novembro dezembro januari februari maart mei augustus"
)
_MONTH_NAMES = frozenset(_MONTHS.split())
_YEAR = r"(?:1[89]|20|21)[0-9]{2}"
_NUMERIC = re.compile(
    rf"(?<![\w./-])(?:{_YEAR}([-./])(?:1[0-2]|0?[1-9])\1(?:3[01]|[12][0-9]|0?[1-9])"
    rf"|(?:3[01]|[12][0-9]|0?[1-9])([-./])(?:3[01]|[12][0-9]|0?[1-9])\2(?:{_YEAR}|[0-9]{{2}}))(?![\w/-]|\.[0-9])"
)
_JAPANESE = re.compile(r"(?:[0-9]{4}|[０-９]{4})年(?:[0-9０-９]{1,2})月(?:[0-9０-９]{1,2})日")
_DAY_BEFORE = re.compile(r"(?<![\w])(?:3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th|er|º|\.)?(?: of| de)? $", re.IGNORECASE)
_DAY_AFTER = re.compile(r"\.? (?:3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?(?![\w])")
_YEAR_AFTER = re.compile(rf"(?:,? | de | del ){_YEAR}(?!\w)")
_BIRTH_WORDS = word_set(
    "born birth dob birthday birthdate geboren geburtsdatum geb geburtstag né née naissance nacido nacida "
    "nacimiento nato nata nascita nascido nascida nascimento geboortedatum"
)
_AGES = re.compile(
    r"(?<![\w.])(?:1[0-2][0-9]|[1-9]?[0-9])(?:[- ]?years?[- ]?old|[- ]?yo(?!\w)| ?y/o| years of age| months old"
    r"| Jahre alt| Jahren| ans(?!\w)| años| anni(?!\w)| anos| jaar oud| ?歳|岁)",
    re.IGNORECASE,
)
_AGED = re.compile(
    r"(?<!\w)(?:aged?|im Alter von|âgée? de|edad de)(?: is|:)? (1[0-2][0-9]|[1-9]?[0-9])(?![\w.])", re.IGNORECASE
)
_LONGEST_DAY = 9


def find_dates(scan: Scan) -> Iterator[Candidate]:
    """`Date`, and `DateOfBirth` where a word about birth stands near it."""
    if not scan.has_digit:
        return
    for start, end, confidence in _dates(scan):
        if scan.near(start, end, _BIRTH_WORDS):
            yield Candidate("DateOfBirth", start, end, 0.92)
        else:
            yield Candidate("Date", start, end, confidence)


def _dates(scan: Scan) -> Iterator[tuple[int, int, float]]:
    for pattern in (_NUMERIC, _JAPANESE):
        for match in pattern.finditer(scan.text):
            yield match.start(), match.end(), 0.85
    for word in scan.words:
        if word.lower in _MONTH_NAMES:
            found = _around_month(scan.text, word.start, word.end)
            if found is not None:
                yield *found, 0.85


def _around_month(text: str, start: int, end: int) -> tuple[int, int] | None:
    low = max(0, start - _LONGEST_DAY)
    before = _DAY_BEFORE.search(text[low:start])
    after = None if before else _DAY_AFTER.match(text, end)
    if before is not None:
        start = low + before.start()
    if after is not None:
        end = after.end()
    year = _YEAR_AFTER.match(text, end)
    if year is not None:
        end = year.end()
    return (start, end) if before or after or year else None


def find_ages(scan: Scan) -> Iterator[Candidate]:
    """`Age`: a number of years with its unit ("34 years old", "34 ans"), or the number after "aged"."""
    if not scan.has_digit:
        return
    for match in _AGES.finditer(scan.text):
        yield Candidate("Age", match.start(), match.end(), 0.85)
    for match in _AGED.finditer(scan.text):
        yield Candidate("Age", match.start(1), match.end(1), 0.8)
