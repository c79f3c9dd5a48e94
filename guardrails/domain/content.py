"""What is handed in to be judged: stages, origins, segments, inspections and edits."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Stage(StrEnum):
    """Which way the text travels: to the model, or back from it."""

    INPUT = "input"
    OUTPUT = "output"


class Origin(StrEnum):
    """Who wrote a text."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    DOCUMENT = "document"


class Span(NamedTuple):
    """A half-open range of a text in Unicode code points, as Python slices it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One text with its origin and its JSON pointer (RFC 6901) in the body it came from.

    `editable` is False where a replacement of a part would break the structure around it, for example
    a tool definition read as one JSON text. A redaction that hits such a segment blocks.
    `joined` is True for texts that are segments of their own, read once more one right after the other, as the model
    reads them: a meaning that is split over them is seen only there. Checks that look for places need not read it.
    """

    text: str = field(repr=False)
    origin: Origin
    pointer: str
    editable: bool = True
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is to be judged: a stage, the caller's name, the segments and the language told for them.

    `language` is a BCP 47 tag, `"auto"`, or None when nobody told one.
    """

    stage: Stage
    caller: str
    segments: tuple[Segment, ...]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that the answer may have back.

    `placeholders` stand for it: the one that was put in its place first, then those that older keys would have made.
    """

    value: str = field(repr=False)
    placeholders: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement for a span of the string at a pointer. `hidden` is what it stands for where that may come back."""

    pointer: str
    span: Span
    replacement: str = field(repr=False)
    hidden: Hidden | None = field(default=None, repr=False)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with every edit's span replaced.

    Where spans overlap, the union of them is replaced once, by the replacement of the edit that starts first
    (of two that start together, the longer): no character of any span survives.
    """
    ordered = sorted(edits, key=lambda edit: (edit.span.start, -edit.span.end))
    pieces: list[str] = []
    done = 0
    index = 0
    while index < len(ordered):
        first = ordered[index]
        end = first.span.end
        index += 1
        while index < len(ordered) and ordered[index].span.start < end:
            end = max(end, ordered[index].span.end)
            index += 1
        pieces += (text[done : first.span.start], first.replacement)
        done = end
    pieces.append(text[done:])
    return "".join(pieces)
