"""The segments of an inspection as the distinct texts a check has to read, and those it cannot."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from guardrails.checks.chunking import Chunk, Unit, split
from guardrails.domain.content import Segment, Span
from guardrails.domain.finding import Finding
from guardrails.domain.unicode import is_unicode

BLANK: Final = "blank"
"""Why a segment of nothing but white space is not read: there is nothing in it, and services refuse an empty text."""
LONE_SURROGATE: Final = "lone surrogate"
"""Why a segment with half a character is not read: no JSON can carry it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One distinct text, the pointers of all segments it stands in, and the chunks it is judged in.

    Equal segments of one inspection are judged once.
    """

    text: str = field(repr=False)
    pointers: tuple[str, ...]
    chunks: tuple[Chunk, ...] = field(repr=False)

    def parts(self) -> Iterator[tuple[int, Chunk]]:
        """The chunks that have something to read in them, with their index."""
        for index, chunk in enumerate(self.chunks):
            if len(self.chunks) == 1 or not chunk.text.isspace():
                yield index, chunk

    def place(self, chunk: Chunk) -> Span | None:
        """Where a verdict on a whole chunk belongs: its span, or None for the whole text in one chunk."""
        return None if len(self.chunks) == 1 else chunk.span

    def at_each_pointer(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings of this text once for every segment it stands in."""
        found = tuple(findings)
        for pointer in self.pointers:
            for finding in found:
                yield finding if finding.pointer == pointer else replace(finding, pointer=pointer)


@dataclass(frozen=True, slots=True)
class Passages:
    """What there is to read, and by pointer why the rest is not."""

    texts: tuple[Passage, ...]
    blank: tuple[str, ...]
    unreadable: tuple[str, ...]


def passages(segments: Iterable[Segment], limit: int, overlap: int, unit: Unit = Unit.CODE_POINTS) -> Passages:
    """Sort segments into distinct texts, split for a service that takes `limit` units of text at a time."""
    pointers: dict[str, list[str]] = {}
    blank: list[str] = []
    unreadable: list[str] = []
    for segment in segments:
        if not segment.text or segment.text.isspace():
            blank.append(segment.pointer)
        elif not is_unicode(segment.text):
            unreadable.append(segment.pointer)
        else:
            pointers.setdefault(segment.text, []).append(segment.pointer)
    return Passages(
        tuple(Passage(text, tuple(at), split(text, limit, overlap, unit)) for text, at in pointers.items()),
        tuple(blank),
        tuple(unreadable),
    )
