"""JSON in the making: what is known of a text that may become the JSON of an object or a list, as it grows."""

import json
import re
from typing import Final

import regex

MAX_SCALAR: Final = 1024
"""The longest number that is followed; a text with a longer one is treated as no JSON."""

_MAX_DEPTH: Final = 500
_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[-+.0-9A-Za-z]+")
_NUMBER = regex.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_RUN = re.compile(r'[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*')
_PART_OF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")
_LITERALS = ("true", "false", "null")

# What may come next, outside of strings.
_TOP, _VALUE, _VALUE_OR_END, _KEY, _KEY_OR_END, _COLON, _COMMA_OR_END, _NOTHING = range(8)
_MAY_BE_VALUE = frozenset({_VALUE, _VALUE_OR_END})
_MAY_BE_KEY = frozenset({_KEY, _KEY_OR_END})
_MAY_END = {"{": frozenset({_KEY_OR_END, _COMMA_OR_END}), "[": frozenset({_VALUE_OR_END, _COMMA_OR_END})}
_OPENED_BY = {"}": "{", "]": "["}


class GrowingJson:
    """Follows a text in pieces.

    Attributes:
        alive: Whether what came so far begins the JSON of an object or a list, or is one.
        in_string: Whether the next character stands inside a string.
    """

    __slots__ = ("_expected", "_inner", "_nested", "_pending", "_stack", "alive", "in_string")

    def __init__(self, *, nested: bool = False) -> None:
        """Args: nested: follow JSON inside strings of JSON as well, for `levels`."""
        self.alive = True
        self.in_string = False
        self._nested = nested
        self._inner: GrowingJson | None = None
        self._stack: list[str] = []
        self._expected = _TOP
        self._pending = ""

    @property
    def levels(self) -> int:
        """How often what is put in here must be escaped: 1 in a string of JSON, 2 in a string of JSON in a string."""
        if not (self.alive and self.in_string):
            return 0
        return 1 + (self._inner.levels if self._inner is not None else 0)

    def feed(self, text: str) -> None:
        """Take the next piece."""
        text, self._pending = self._pending + text, ""
        position = 0
        while self.alive and position < len(text):
            position = self._string(text, position) if self.in_string else self._structure(text, position)

    def _string(self, text: str, position: int) -> int:
        run = _RUN.match(text, position)
        end = run.end() if run is not None else position
        if self._inner is not None and end > position:
            self._inner.feed(json.loads(f'"{text[position:end]}"'))
            if not self._inner.alive:
                self._inner = None
        if end == len(text):
            return end
        if text[end] == '"':
            self.in_string = False
            self._inner = None
            self._expected = _COLON if self._expected in _MAY_BE_KEY else self._after_value()
            return end + 1
        if _PART_OF_ESCAPE.fullmatch(text, end) is None:
            self.alive = False
        self._pending = text[end:]
        return len(text)

    def _structure(self, text: str, position: int) -> int:
        space = _SPACE.match(text, position)
        position = space.end() if space is not None else position
        if position == len(text):
            return position
        character = text[position]
        if character in "{[":
            self._open(character)
        elif character in "}]":
            self._close(_OPENED_BY[character])
        elif character == '"':
            self._quote()
        elif character == ":":
            self._expect(self._expected == _COLON, _VALUE)
        elif character == ",":
            self._expect(self._expected == _COMMA_OR_END, _KEY if self._stack[-1:] == ["{"] else _VALUE)
        else:
            return self._scalar(text, position)
        return position + 1

    def _open(self, bracket: str) -> None:
        fits = self._expected == _TOP or self._expected in _MAY_BE_VALUE
        self._stack.append(bracket)
        self._expect(fits and len(self._stack) <= _MAX_DEPTH, _KEY_OR_END if bracket == "{" else _VALUE_OR_END)

    def _close(self, opened_by: str) -> None:
        fits = self._stack[-1:] == [opened_by] and self._expected in _MAY_END[opened_by]
        del self._stack[-1:]
        self._expect(fits, self._after_value())

    def _quote(self) -> None:
        self.in_string = True
        self._inner = GrowingJson(nested=True) if self._nested else None
        self._expect(self._expected in _MAY_BE_VALUE or self._expected in _MAY_BE_KEY, self._expected)

    def _scalar(self, text: str, position: int) -> int:
        found = _SCALAR.match(text, position)
        if found is None or self._expected not in _MAY_BE_VALUE or len(found.group()) > MAX_SCALAR:
            self.alive = False
            return len(text)
        word, end = found.group(), found.end()
        partial = end == len(text)
        number = _NUMBER.fullmatch(word, partial=partial) is not None
        literal = any(name.startswith(word) if partial else name == word for name in _LITERALS)
        self.alive = number or literal
        if partial:
            self._pending = word
        else:
            self._expected = self._after_value()
        return end

    def _expect(self, fits: bool, expected: int) -> None:  # noqa: FBT001 - a transition reads as condition and target
        self.alive = fits
        self._expected = expected

    def _after_value(self) -> int:
        return _COMMA_OR_END if self._stack else _NOTHING
