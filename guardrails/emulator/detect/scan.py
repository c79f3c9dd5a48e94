"""One text prepared for the finders: its words once, and which of them stand near a span.

A finder never searches for context words itself. It asks `Scan.near`, so that the cost of context is one pass over the
text however many kinds of identifiers there are.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from unicodedata import normalize

_WORD = re.compile(r"[^\W_][\w\u0300-\u036f'\u2019]*")
_BEFORE = 60
_AFTER = 40


def word_set(words: str) -> frozenset[str]:
    """The words of a string, for lists that read better as text."""
    return frozenset(words.split())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span some finder believes in: `category`, code points `[start, end)`, `confidence` in 0..1.

    `proven` says that more than the look of the text speaks for it (a checksum, a structure that does not occur by
    chance); a proven candidate wins over an overlapping one that is merely plausible, however long that one is.
    """

    category: str
    start: int
    end: int
    confidence: float
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the text: its composed (NFC) lower-case form and the code points `[start, end)` it covers."""

    lower: str
    start: int
    end: int


def _folded(word: str) -> str:
    return word.lower() if word.isascii() else normalize("NFC", word).lower()


class Scan:
    """A text, the language it is said to be in (ISO 639-1), and what the finders share about it."""

    def __init__(self, text: str, language: str = "en") -> None:
        self.text = text
        self.language = language

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Every word in order. Combining marks and inner apostrophes belong to the word."""
        return tuple(Word(_folded(m.group()), m.start(), m.end()) for m in _WORD.finditer(self.text))

    @cached_property
    def lower(self) -> str:
        """The text in lower case, for cheap `in` tests only: its offsets may differ from the text's."""
        return self.text.lower()

    @cached_property
    def has_digit(self) -> bool:
        """Whether any decimal digit of any script occurs."""
        return re.search(r"\d", self.text) is not None

    @cached_property
    def _starts(self) -> dict[str, list[int]]:
        starts: dict[str, list[int]] = {}
        for word in self.words:
            starts.setdefault(word.lower, []).append(word.start)
        return starts

    def mentions(self, words: frozenset[str]) -> bool:
        """Whether any of `words` (lower case) occurs anywhere."""
        return not words.isdisjoint(self._starts)

    def near(self, start: int, end: int, words: frozenset[str]) -> bool:
        """Whether one of `words` begins within 60 code points before `start` or 40 after `end`."""
        for word in words & self._starts.keys():
            places = self._starts[word]
            place = bisect_left(places, start - _BEFORE)
            if place < len(places) and places[place] <= end + _AFTER:
                return True
        return False
