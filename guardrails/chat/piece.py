"""What a frame of a stream says, and what it may not be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from guardrails.chat.model_filter import Told

Path = tuple[str | int, ...]
"""Where a string stands in the JSON of its frame: member names and positions."""


class Unreadable(Exception):
    """A frame that cannot be judged. Its message is for operators and tells no content."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text that grows from frame to frame.

    Attributes:
        pointer: The address of the whole text in the whole answer.
        path: Where this piece stands in its frame.
        text: The piece, never empty.
        choice: The index of its choice.
        rank: The place of the text in the order in which a model speaks: of a lower rank is what comes earlier.
        is_name: Whether it is the name of a function or participant, which is read and never changed.
    """

    pointer: str
    path: Path
    text: str = field(repr=False)
    choice: int
    rank: int
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """A text that belongs to its frame alone and is judged as it is: unknown top-level fields, an error, odd names."""

    pointer: str
    text: str = field(repr=False)


@dataclass(slots=True)
class Chunk:
    """What a frame holds.

    Attributes:
        pieces: In the order of the frame.
        asides: Likewise.
        begun: The indices of its choices.
        finished: Those of them that end here.
        envelope: `id`, `created`, `model` and `system_fingerprint`, where told.
        told: What the model's own filter says in it.
    """

    pieces: list[Piece] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    begun: set[int] = field(default_factory=set)
    finished: set[int] = field(default_factory=set)
    envelope: dict[str, Any] = field(default_factory=dict)
    told: Told = ((), ())


def number_of(value: Any, limit: int, what: str) -> int:
    """A number below a limit, or `Unreadable`."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < limit:
        raise Unreadable(f"the index of {what} is not a number from 0 to {limit - 1}")
    return value


def object_of(value: Any, what: str) -> dict[str, Any]:
    """An object, or `Unreadable`."""
    if not isinstance(value, dict):
        raise Unreadable(f"{what} of the stream is no object")
    return value


def list_of(value: Any, what: str) -> Sequence[Any]:
    """A list, empty when there is none, or `Unreadable`."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Unreadable(f"{what} of the stream: no list")
    return value
