"""Persons and organisations, by introductions, honorifics, known given names and company suffixes."""

from collections.abc import Iterator

from guardrails.emulator.detect import names
from guardrails.emulator.detect.scan import Candidate, Scan, Word

_MOST_SURNAMES = 2
_MOST_COMPANY_WORDS = 4


def find_people(scan: Scan) -> Iterator[Candidate]:
    """`Person`: 0.9 introduced, 0.9 with an honorific, 0.85 given name and surname, 0.6 a given name alone."""
    done = 0
    for index, word in enumerate(scan.words):
        if index < done:
            continue
        found = _introduced(scan, index) or _titled(scan, index) or _named(scan, index, word)
        if found is not None:
            first, last, confidence = found
            done = last + 1
            yield Candidate("Person", scan.words[first].start, scan.words[last].end, confidence)


def _introduced(scan: Scan, index: int) -> tuple[int, int, float] | None:
    word = scan.words[index].lower
    for phrase in _BY_FIRST_WORD.get(word, ()):
        after = index + len(phrase)
        if tuple(w.lower for w in scan.words[index:after]) == phrase and _is_name(scan, after):
            return after, _surnames_end(scan, after), 0.9
    return None


def _titled(scan: Scan, index: int) -> tuple[int, int, float] | None:
    word = scan.words[index].lower
    if word not in names.HONORIFICS or not _capital(scan, index):
        return None
    if word in names.IBERIAN_HONORIFICS and scan.language not in {"es", "pt"}:
        return None
    after = index + 1
    while after < len(scan.words) and scan.words[after].lower in names.HONORIFICS and _touching(scan, after):
        after += 1
    if not _is_name(scan, after) or not _touching(scan, after, ". "):
        return None
    return after, _surnames_end(scan, after), 0.9


def _named(scan: Scan, index: int, word: Word) -> tuple[int, int, float] | None:
    sure = word.lower in names.GIVEN
    if not (sure or word.lower in names.UNSURE_GIVEN) or not _capital(scan, index):
        return None
    last = _surnames_end(scan, index)
    if last > index:
        return index, last, 0.85
    # A name in capitals and alone is a constant: MAX = 10.
    return (index, index, 0.6) if sure and not scan.text[word.start : word.end].isupper() else None


def _surnames_end(scan: Scan, first: int) -> int:
    """The index of the last word of the name that begins at word `first`."""
    last, surnames, index = first, 0, first + 1
    while index < len(scan.words) and surnames < _MOST_SURNAMES and _touching(scan, index, " -.\u2010"):
        if scan.words[index].lower in names.PARTICLES:
            index += 1
            continue
        if not _is_name(scan, index):
            break
        initial = scan.words[index].end - scan.words[index].start == 1
        if not initial:
            surnames += 1
        last, index = index, index + 1
    return last


def _is_name(scan: Scan, index: int) -> bool:
    if index >= len(scan.words) or not _capital(scan, index):
        return False
    word = scan.words[index]
    if word.lower in names.NOT_A_SURNAME or not _touching(scan, index, " :,.\n-\u2010"):
        return False
    return not any(character.isdigit() for character in word.lower)


def _touching(scan: Scan, index: int, allowed: str = ". ") -> bool:
    if index == 0:
        return True
    between = scan.text[scan.words[index - 1].end : scan.words[index].start]
    return len(between) <= len(". ") and all(character in allowed for character in between)


def _capital(scan: Scan, index: int) -> bool:
    return scan.text[scan.words[index].start].isupper()


def find_organizations(scan: Scan) -> Iterator[Candidate]:
    """`Organization`: capitalised words before a company suffix (0.85), or a company of `names.COMPANIES` (0.7)."""
    for index, word in enumerate(scan.words):
        if word.lower in names.COMPANY_SUFFIXES and _capital(scan, index):
            first = index
            while first > 0 and index - first < _MOST_COMPANY_WORDS and _joins(scan, first):
                first -= 1
            if first < index:
                yield Candidate("Organization", scan.words[first].start, word.end, 0.85)
        elif word.lower in names.COMPANIES and _capital(scan, index):
            yield Candidate("Organization", word.start, word.end, 0.7)


def _joins(scan: Scan, index: int) -> bool:
    previous = scan.words[index - 1]
    between = scan.text[previous.end : scan.words[index].start]
    return (
        between in {" ", ", ", " & ", "-"} and _capital(scan, index - 1) and previous.lower not in names.NOT_A_SURNAME
    )


_BY_FIRST_WORD: dict[str, list[tuple[str, ...]]] = {}
for _phrase in names.INTRODUCTIONS:
    _BY_FIRST_WORD.setdefault(_phrase[0], []).append(_phrase)
