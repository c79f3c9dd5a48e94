r"""A text of an answer as it grows, as detectors should see it.

JSON of an object or a list is seen with its `\u0040` written out, also in strings that are JSON themselves, as
`guardrails.chat.json_text.readable` does it for whole texts. Positions in what is seen are counted from the beginning
of the whole text, also when that is forgotten, and each leads back to a position in the text as the model wrote it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

from guardrails.chat.growing_json import GrowingJson
from guardrails.chat.json_text import disjoint, inside_tokens, readable_escape, seen
from guardrails.chat.nested_escape import MAX_LEVELS, said_at
from guardrails.domain.content import Edit, Span

_HIGH = r"\\u[dD][89abAB][0-9a-fA-F]{2}"
_UNIT = re.compile(rf"[^\\]+|{_HIGH}\\u[dD][c-fC-F][0-9a-fA-F]{{2}}|\\u[0-9a-fA-F]{{4}}|\\[^u]", re.DOTALL)
_PART_OF_UNIT = re.compile(
    rf"\\(?:u[0-9a-fA-F]{{0,3}})?|{_HIGH}(?:\\(?:u(?:[dD](?:[c-fC-F][0-9a-fA-F]?)?)?)?)?", re.DOTALL
)
_OUTER_UNIT = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
_IN_STRING = re.compile(r'[^"\\]+|\\u[0-9a-fA-F]{4}|\\.|"', re.DOTALL)
_OUTSIDE = re.compile(r'[-+.0-9A-Za-z]+|[^-+.0-9A-Za-z"]+|"', re.DOTALL)
_SCALAR: Final = re.compile(r"[-+.0-9A-Za-z]")


class GrowingText:
    """One text, in pieces.

    Attributes:
        start: Where what is kept begins.
        raw_length: Characters that came.
    """

    __slots__ = ("_fresh", "_in_string", "_json", "_kept", "_nested", "_raw_marks", "_tail", "_view_length",
                 "_view_marks", "raw_length", "start")  # fmt: skip

    def __init__(self) -> None:
        self.start = 0
        self.raw_length = 0
        self._kept = ""
        self._fresh: list[str] = []
        self._view_length = 0
        self._json = GrowingJson()
        # Follows what is seen, unit by unit: it tells how many strings of JSON the next escape stands in.
        self._nested = GrowingJson(nested=True)
        self._in_string = False
        self._tail = ""
        self._view_marks = [0]
        self._raw_marks = [0]

    @property
    def end(self) -> int:
        """Where it ends so far; half an escape is not seen yet."""
        return self._view_length

    @property
    def is_json(self) -> bool:
        """Whether it can still become the JSON of an object or a list."""
        return self._json.alive

    def feed(self, piece: str) -> None:
        """Take the next piece, which holds at least one character."""
        self.raw_length += len(piece)
        if self._json.alive:
            self._json.feed(piece)
        if self._json.alive and (self._tail or "\\" in piece):
            self._write_out(self._tail + piece)
        else:
            if self._json.alive:
                self._nested.feed(piece)
            self._add(self._tail + piece)
            self._tail = ""

    def flush(self) -> None:
        """Nothing is to be expected: what waits for the rest of an escape is seen as it is."""
        if self._tail:
            self._add(self._tail)
            self._tail = ""

    def seen(self, start: int, end: int) -> str:
        """The text from one position to another, both among what is kept."""
        return self._all()[start - self.start : end - self.start]

    def raw_at(self, position: int) -> int:
        """The position in the text as the model wrote it."""
        mark = bisect_right(self._view_marks, position) - 1
        return self._raw_marks[mark] + position - self._view_marks[mark]

    def aligned(self, position: int, end: int) -> int:
        """The last place up to a position where the text may be parted: in JSON not within an escape, number or word.

        Args:
            position: Not before what is kept begins.
            end: Where the text is taken to end: a number or word that reaches it may go on.
        """
        return self._parted(position, end)[0] if self.is_json else position

    def forget(self, before: int) -> None:
        """Keep only what follows an `aligned` position."""
        if before == self.start:
            return
        if self.is_json:
            self._in_string = self._parted(before, self._view_length)[1]
        self._kept = self._all()[before - self.start :]
        self.start = before
        mark = bisect_right(self._view_marks, before) - 1
        del self._view_marks[:mark], self._raw_marks[:mark]

    def changes(self, edits: Iterable[Edit], end: int) -> list[Edit]:
        """The edits as they will be made in the kept text up to `end`; in order, none overlapping another.

        In JSON that is inside strings and on whole numbers, as `guardrails.chat.json_text.edited` does it.
        """
        if not self.is_json:
            return list(disjoint(edits))
        before = '"' if self._in_string else ""
        text = before + self.seen(self.start, end) + self._closing(end)
        shift = self.start - len(before)
        moved = [_moved(edit, -shift) for edit in edits]
        # Two edits may touch the same number or escape, which goes once.
        return [_moved(edit, shift, end) for edit in disjoint(inside_tokens(text, moved))]

    def _closing(self, end: int) -> str:
        """What ends the string that the text breaks off in, if it does."""
        at, in_string = self._parted(end, end)
        if not in_string:
            return ""
        # A last backslash, of an escape that never came, must not escape the quote.
        return '"' if at == end else '\\"'

    def _all(self) -> str:
        if self._fresh:
            self._kept += "".join(self._fresh)
            self._fresh.clear()
        return self._kept

    def _add(self, text: str) -> None:
        self._fresh.append(text)
        self._view_length += len(text)

    def _write_out(self, text: str) -> None:
        position = 0
        self._tail = ""
        while position < len(text):
            levels = self._nested.levels if text[position] == "\\" else 0
            end = self._nested_unit(text, position, levels) if levels > 1 else self._unit(text, position)
            if end == position:
                self._tail = text[position:]
                return
            self._nested.feed(text[position:end])
            position = end

    def _nested_unit(self, text: str, position: int, levels: int) -> int:
        """See one escape of JSON in JSON; return where it ends, or the position while it is not whole."""
        for level in range(min(levels, MAX_LEVELS), 1, -1):
            said = said_at(text, position, level)
            if said is None:
                return position
            if said.escaped and '"' not in _OUTER_UNIT.findall(text[position : said.end]):
                self._add(seen(said.character, level))
                self._mark(len(text) - said.end)
                return said.end
        # No escape of the inner JSON, or one that the end of the string around it cuts off.
        return self._unit(text, position)

    def _unit(self, text: str, position: int) -> int:
        """See a run of text or one escape; return where it ends, or the position while it is not whole."""
        if _PART_OF_UNIT.fullmatch(text, position):
            return position
        unit = _UNIT.match(text, position)
        spelled = unit.group() if unit is not None else text[position]
        self._add(readable_escape(spelled) if spelled.startswith("\\") else spelled)
        self._mark(len(text) - position - len(spelled))
        return position + len(spelled)

    def _mark(self, left: int) -> None:
        """Note how positions lead back where this changes; `left` characters of what came are not seen yet."""
        raw = self.raw_length - left
        if raw - self._raw_marks[-1] != self._view_length - self._view_marks[-1]:
            self._view_marks.append(self._view_length)
            self._raw_marks.append(raw)

    def _parted(self, position: int, end: int) -> tuple[int, bool]:
        """The last place up to a position where JSON may be parted, and whether it lies inside a string."""
        text = self.seen(self.start, end)
        at, in_string = 0, self._in_string
        limit = position - self.start
        while at < limit:
            token = (_IN_STRING if in_string else _OUTSIDE).match(text, at)
            if token is None:
                break
            stop = token.end()
            scalar = not in_string and _SCALAR.match(token.group()) is not None
            if stop > limit and not scalar and token.group()[0] != "\\":
                return position, in_string
            if stop > limit or (scalar and stop == len(text)):
                break
            in_string ^= token.group() == '"'
            at = stop
        return self.start + at, in_string


def _moved(edit: Edit, by: int, limit: int | None = None) -> Edit:
    start, end = edit.span.start + by, edit.span.end + by
    return Edit(edit.pointer, Span(start, end if limit is None else min(end, limit)), edit.replacement)
