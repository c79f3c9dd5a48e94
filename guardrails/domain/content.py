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


class Kind(StrEnum):
    """What a segment is. Every check says which kinds it reads; what none reads is told by the coverage receipt."""

    TEXT = "text"
    """A string as it stands in the body."""
    PARTS = "parts"
    """The text parts of one message, read once more one right after the other, as the model reads them: a meaning that
    is split over them is seen only there."""
    TURNS = "turns"
    """The last turns of the user, read once more as one text: an attack that is written over several turns is seen
    only there."""
    IMAGE = "image"
    """An image that came along: the segment's text is its base64."""
    REMOTE_IMAGE = "remote_image"
    """An image somewhere else: the text is its address, which nobody here asks for it."""
    AUDIO = "audio"
    FILE = "file"
    OTHER = "other"
    """A content part of a type we do not know. What stands in it as strings is read as text as well."""


MEDIA = frozenset({Kind.IMAGE, Kind.REMOTE_IMAGE, Kind.AUDIO, Kind.FILE, Kind.OTHER})
"""The kinds that are no text. What a policy does about those that no check reads: its `media`."""


class Span(NamedTuple):
    """A half-open range of a text in Unicode code points, as Python slices it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One text with its origin and its JSON pointer (RFC 6901) in the body it came from.

    `editable` is False where a replacement of a part would break the structure around it, for example
    a tool definition read as one JSON text. A redaction that hits such a segment blocks.
    `old` is True in messages before the last turn: they were there when an earlier request was judged.
    `trusted` is True for texts that the policy lists as its owner's own.
    """

    text: str = field(repr=False)
    origin: Origin
    pointer: str
    editable: bool = True
    kind: Kind = Kind.TEXT
    old: bool = False
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """What no check is given, and why: a word of the protocol, a label, a credential.

    A string of the body; or a value, with the characters of all strings in it. `origin` is that of the texts around it.
    """

    pointer: str
    characters: int
    why: str
    origin: Origin = Origin.SYSTEM


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is to be judged: a stage, the caller's name, the segments and the language told for them.

    `language` is a BCP 47 tag, `"auto"`, or None when nobody told one. `unread` are the body's strings that are no
    segments; together they are all its strings.
    """

    stage: Stage
    caller: str
    segments: tuple[Segment, ...]
    language: str | None = None
    unread: tuple[Unread, ...] = ()


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
