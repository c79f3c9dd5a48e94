"""Every string of a JSON value, read or told why not: nothing is left out because nobody thought of its field."""

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.chat.address import child
from guardrails.chat.json_text import compact, readable
from guardrails.chat.protocol import MARKS, is_word
from guardrails.chat.tree import is_field_name
from guardrails.domain.content import Kind, Origin, Segment, Unread

_NAMES = frozenset({"name"})


def leaves(value: Any, pointer: str, origin: Origin) -> Iterator[Segment | Unread]:
    """The string leaves of a value, in its order, each editable by its pointer.

    Marks of the protocol are given to no check while they are single words. Marks that are not, and names (of a
    participant, of a function), are read and not editable: another string there would not be the same call. Members
    whose own name is no identifier are read as one JSON text at the pointer of their object, name and all, so that no
    pointer ever tells content.
    """
    if isinstance(value, str):
        yield Segment(readable(value), origin, pointer)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from leaves(element, child(pointer, index), origin)
    elif isinstance(value, dict):
        yield from _members(value, pointer, origin)


def has_text(value: object) -> bool:
    """Whether a JSON value holds a string anywhere, member names included."""
    if isinstance(value, list):
        return any(map(has_text, value))
    return isinstance(value, str) or (isinstance(value, dict) and bool(value))


def whole(value: Any, pointer: str, origin: Origin) -> Segment:
    """A value as one text that cannot be edited: a string as it is, anything else as JSON with its names."""
    text = readable(value if isinstance(value, str) else compact(value))
    return Segment(text, origin, pointer, editable=False)


def joined_parts(content: object, pointer: str, origin: Origin) -> Iterator[Segment]:
    """The text parts of a message as one text at the pointer of its content, if there are several.

    Models read parts with nothing between them, so that neither part need hold what both say together.
    """
    parts = content if isinstance(content, list) else ()
    texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    if sum(not text.isspace() for text in texts if text) > 1:
        yield Segment(readable("".join(texts)), origin, pointer, editable=False, kind=Kind.PARTS)


def named_oddly(members: Mapping[str, Any], pointer: str, origin: Origin) -> Iterator[Segment]:
    """One text of the members whose names are no identifiers, if there are any."""
    odd = {name: member for name, member in members.items() if not is_field_name(name)}
    if odd:
        yield whole(odd, pointer, origin)


def _members(members: dict[str, Any], pointer: str, origin: Origin) -> Iterator[Segment | Unread]:
    yield from named_oddly(members, pointer, origin)
    for name, member in members.items():
        if not is_field_name(name):
            continue
        here = child(pointer, name)
        if not isinstance(member, str):
            yield from leaves(member, here, origin)
        elif name in MARKS:
            yield Unread(here, len(member), MARKS[name], origin) if is_word(member) else whole(member, here, origin)
        elif name in _NAMES:
            yield whole(member, here, origin)
        else:
            yield Segment(readable(member), origin, here)
