"""The three ways Azure counts text (`stringIndexType`), and spans that never cut a text element in two.

Source: Azure AI Language, "Multilingual and emoji support". `TextElements_v8` is counted here with the Unicode version
of the `regex` library, not with Unicode 8.0: an emoji joined with ZWJ is one element here.
"""

from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate

import regex

_ELEMENT = regex.compile(r"\X")
_LAST_BMP = 0xFFFF


class TextUnits:
    """Turns code-point positions of one text into positions in text elements or UTF-16 code units."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _plain(self) -> bool:
        return self._text.isascii() and "\r\n" not in self._text

    @cached_property
    def _element_starts(self) -> list[int]:
        return [match.start() for match in _ELEMENT.finditer(self._text)]

    @cached_property
    def _utf16(self) -> list[int]:
        return [0, *accumulate(1 + (ord(character) > _LAST_BMP) for character in self._text)]

    @cached_property
    def elements(self) -> int:
        """How many text elements (grapheme clusters) the text has."""
        return len(self._text) if self._plain else len(self._element_starts)

    def widen(self, start: int, end: int) -> tuple[int, int]:
        """The smallest span of whole text elements that covers `[start, end)`."""
        if self._plain:
            return start, end
        starts = self._element_starts
        after = bisect_left(starts, end)
        return starts[bisect_right(starts, start) - 1], starts[after] if after < len(starts) else len(self._text)

    def position(self, code_point: int, unit: str) -> int:
        """Where code point number `code_point` stands when counted in `unit` (a `stringIndexType`)."""
        if unit == "UnicodeCodePoint" or self._plain:
            return code_point
        if unit == "Utf16CodeUnit":
            return self._utf16[code_point]
        return bisect_left(self._element_starts, code_point)
