"""The caller's values back in a text that leaves in pieces, each held only while it may still become a placeholder."""

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from guardrails.chat.growing_json import GrowingJson
from guardrails.chat.json_text import quoted
from guardrails.chat.restorer import Escape, Restorer, as_it_is
from guardrails.chat.splice import Replacement, carved

_RUN = re.compile(r'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u])", re.DOTALL)
_OUTSIDE = re.compile(r'[^"]*')


@dataclass(slots=True)
class Passing:
    """A piece on its way: what of it is decided, and what is not yet."""

    key: object
    out: str = field(default="", repr=False)
    rest: str = field(default="", repr=False)


class RestoringText:
    """One text of an answer.

    In the making, JSON of an object or a list has values escaped as their places ask, also where a string of it is JSON
    itself. `always_json`: values are escaped as in a string of JSON also where the text is no JSON (any more), so that
    whoever mends it finds no quotes of a value in it.
    """

    __slots__ = ("_always_json", "_json", "_passing")

    def __init__(self, *, always_json: bool) -> None:
        self._always_json = always_json
        self._json = GrowingJson(nested=True)
        self._passing: deque[Passing] = deque()

    def __bool__(self) -> bool:
        return bool(self._passing)

    def add(self, key: object, text: str) -> None:
        """Take the next piece, which may be empty."""
        self._passing.append(Passing(key, rest=text))

    def decided(self, restorer: Restorer, *, is_json: bool, complete: bool) -> Iterator[tuple[object, str]]:
        """The pieces that are decided now: their keys and their texts.

        Args:
            restorer: What may come back from here on.
            is_json: Whether the text, with all that came, can still become the JSON of an object or a list.
            complete: Whether no more of it is to be expected.
        """
        text = "".join(piece.rest for piece in self._passing)
        if is_json and self._json.alive:
            end, found = self._in_json(text, restorer, complete=complete)
        else:
            end, found = self._in_text(text, restorer, complete=complete)
        at = 0
        while self._passing:
            piece = self._passing[0]
            stop = at + len(piece.rest)
            now = piece.rest[: max(0, end - at)]
            piece.out += carved(now, at, found)
            if stop > end:
                piece.rest = piece.rest[len(now) :]
                return
            self._passing.popleft()
            yield piece.key, piece.out
            at = stop

    def _in_text(self, text: str, restorer: Restorer, *, complete: bool) -> tuple[int, deque[Replacement]]:
        end = len(text) if complete else restorer.settled(text)
        escape = _inside_quotes if self._always_json else as_it_is
        matches = restorer.matches(text, end)
        return end, deque(Replacement(*match.span(), restorer.value(match, escape)) for match in matches)

    def _in_json(self, text: str, restorer: Restorer, *, complete: bool) -> tuple[int, deque[Replacement]]:
        found: deque[Replacement] = deque()
        at = 0
        while at < len(text):
            run = (_RUN if self._json.in_string else _OUTSIDE).match(text, at)
            stop = run.end() if run is not None else at
            closed = stop < len(text) and text[stop] == '"'
            if self._json.in_string:
                end = self._in_string(text, at, stop, restorer, found, decided=closed or complete)
            else:
                end = stop if closed or complete else at + restorer.settled(text[at:stop])
                self._json.feed(text[at:end])
            if not closed:
                return len(text) if complete else end, found
            self._json.feed('"')
            at = stop + 1
        return at, found

    def _in_string(
        self, text: str, start: int, stop: int, restorer: Restorer, found: deque[Replacement], *, decided: bool
    ) -> int:
        """Look through what stands inside one string of the JSON; return how much of it is decided."""
        meaning, places = _meaning(text[start:stop])
        settled = len(meaning) if decided else restorer.settled(meaning)
        fed = start
        for match in restorer.matches(meaning, settled):
            begin, end = start + places[match.start()], start + places[match.end()]
            self._json.feed(text[fed:begin])
            fed = begin
            said = restorer.value(match, _escaped(self._json.levels - 1))
            if said != match.group():
                found.append(Replacement(begin, end, _inside_quotes(said)))
        end = start + places[settled]
        self._json.feed(text[fed:end])
        return end


def _meaning(spelled: str) -> tuple[str, Sequence[int]]:
    """What the inside of a JSON string says, and where each of its characters is spelled."""
    if "\\" not in spelled:
        return spelled, range(len(spelled) + 1)
    said: list[str] = []
    places: list[int] = []
    done = 0
    for escape in _ESCAPE.finditer(spelled):
        said += (spelled[done : escape.start()], json.loads(f'"{escape.group()}"'))
        places += (*range(done, escape.start()), escape.start())
        done = escape.end()
    said.append(spelled[done:])
    places += range(done, len(spelled) + 1)
    return "".join(said), places


def _inside_quotes(value: str) -> str:
    return quoted(value)[1:-1]


def _escaped(levels: int) -> Escape:
    """The escape of a value in so many levels of JSON within JSON."""

    def escape(value: str) -> str:
        for _ in range(levels):
            value = _inside_quotes(value)
        return value

    return escape
