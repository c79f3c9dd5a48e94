"""What a body holds, every string of it: the segments that are judged, and what no check is given."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from guardrails.chat.address import field_path
from guardrails.domain.content import Kind, Origin, Segment, Unread
from guardrails.domain.errors import TooLarge

MAX_SEGMENTS = 10_000
"""The most strings of one body that are judged."""
MAX_STRINGS = 20_000
"""The most of them together with those that no check is given, such as roles and ids."""
MAX_IMAGES = 50
"""The most images of one body, those somewhere else included: OpenAI's models take no more."""

_PICTURES = frozenset({Kind.IMAGE, Kind.REMOTE_IMAGE})


@dataclass(frozen=True, slots=True)
class Extract:
    """Segments, and by pointer what is none. Each string of the body is in one of the two, or inside what one names."""

    segments: tuple[Segment, ...] = ()
    unread: tuple[Unread, ...] = ()

    def __add__(self, other: "Extract") -> "Extract":
        return Extract(self.segments + other.segments, self.unread + other.unread)


def collected(found: Iterable[Segment | Unread]) -> Extract:
    """Everything that was found, in its order.

    Raises:
        TooLarge: there are more than `MAX_SEGMENTS` segments, `MAX_STRINGS` of both or `MAX_IMAGES` images.
    """
    segments: list[Segment] = []
    unread: list[Unread] = []
    images = 0
    for one in found:
        if isinstance(one, Segment):
            segments.append(one)
            images += one.kind in _PICTURES
        else:
            unread.append(one)
        if len(segments) > MAX_SEGMENTS:
            raise TooLarge(f"holds more than {MAX_SEGMENTS} strings", field=field_path(one.pointer) or None)
        if len(segments) + len(unread) > MAX_STRINGS:
            limit = f"holds more than {MAX_STRINGS} strings, those of the protocol included"
            raise TooLarge(limit, field=field_path(one.pointer) or None)
        if images > MAX_IMAGES:
            raise TooLarge(f"is one image more than the {MAX_IMAGES} of one body", field=field_path(one.pointer))
    return Extract(tuple(segments), tuple(unread))


def not_given(value: Any, pointer: str, why: str, origin: Origin) -> Iterable[Unread]:
    """One receipt for a value that no check is given, if there is a string in it."""
    strings, characters = _counted(value)
    if strings:
        yield Unread(pointer, characters, why, origin)


def _counted(value: Any) -> tuple[int, int]:
    """How many strings a JSON value holds, and how many characters they have together."""
    if isinstance(value, str):
        return 1, len(value)
    strings = characters = 0
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            strings += 1
            characters += len(item)
        elif isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            pending += item
    return strings, characters
