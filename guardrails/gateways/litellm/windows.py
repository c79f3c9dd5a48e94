"""A text of an answer, cut into windows at places that stay where they are while the text grows.

LiteLLM asks about a streamed answer again and again, each time with the whole text so far and without a word that it
is a stream. What was judged before is then remembered window by window (`guardrails.pipeline.verdict_cache`), and only
the last window is asked about. Windows overlap, so that nothing is missed where two meet.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from guardrails.chat.growing_text import GrowingText
from guardrails.domain.content import Edit, Span, apply_edits

WINDOW: Final = 2000
"""Characters of a window. A shorter text is one."""
OVERLAP: Final = 200
"""Characters that two windows share, and that are held back at the end of a text: what is found may be as long."""
_SLACK: Final = 60
"""How far before its place a cut may move to fall between two words."""


class Window(NamedTuple):
    """A part of a text as detectors see it, and where it begins there."""

    start: int
    text: str


class Shown(NamedTuple):
    """A text after its edits, and how many characters at its end should not be shown before more is known."""

    text: str
    held: int


class Answered:
    """One text, with its windows. JSON is seen with its escapes written out, also while it is in the making."""

    __slots__ = ("_grown", "_raw", "windows")

    def __init__(self, text: str) -> None:
        self._raw = text
        self._grown = GrowingText()
        if text:
            self._grown.feed(text)
        self._grown.flush()
        self.windows = tuple(_windows(self._grown.seen(0, self._grown.end)))

    def with_edits(self, edits: Sequence[tuple[int, Edit]]) -> Shown:
        """The text with edits made, each told with the number of its window."""
        told = [_moved(edit, self.windows[number].start) for number, edit in edits]
        changes = self._grown.changes(told, self._grown.end) if told else []
        made = [
            Edit("", Span(self._grown.raw_at(edit.span.start), self._grown.raw_at(edit.span.end)), edit.replacement)
            for edit in changes
        ]
        shown = apply_edits(self._raw, made)
        return Shown(shown, len(shown) - self._settled(made))

    def _settled(self, made: Sequence[Edit]) -> int:
        """How many characters of the edited text stand before those that are held back."""
        until = max(0, len(self._raw) - OVERLAP)
        until = min((edit.span.start for edit in made if edit.span.start < until < edit.span.end), default=until)
        return len(apply_edits(self._raw[:until], [edit for edit in made if edit.span.end <= until]))


def _windows(text: str) -> Iterator[Window]:
    start = 0
    while len(text) - start > WINDOW:
        end = _between_words(text, start + WINDOW)
        yield Window(start, text[start:end])
        start = _between_words(text, end - OVERLAP)
    yield Window(start, text[start:])


def _between_words(text: str, place: int) -> int:
    """The last place between two words shortly before a place, or the place itself: what follows it says nothing."""
    for at in range(place, place - _SLACK, -1):
        if text[at - 1].isspace():
            return at
    return place


def _moved(edit: Edit, by: int) -> Edit:
    return Edit(edit.pointer, Span(edit.span.start + by, edit.span.end + by), edit.replacement)
