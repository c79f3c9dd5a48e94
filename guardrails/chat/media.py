"""Content parts that are no text: what of them is a segment of its own kind, and what of them is text all the same."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from guardrails.chat.address import child
from guardrails.chat.images import image
from guardrails.chat.leaves import joined_parts, leaves
from guardrails.chat.message import TEXT_PARTS, wrong
from guardrails.chat.trusted import NONE, untrusted
from guardrails.domain.content import Kind, Origin, Segment, Unread

TEXTS = frozenset({*TEXT_PARTS, "output_text", "thinking", "reasoning"})
"""Types of parts that are text."""
_IMAGES = frozenset({"image_url", "input_image"})
_PAYLOADS: Mapping[str, tuple[Kind, str, tuple[str, ...]]] = MappingProxyType(
    {
        "input_audio": (Kind.AUDIO, "input_audio", ("data",)),
        "file": (Kind.FILE, "file", ("file_data",)),
        "input_file": (Kind.FILE, "", ("file_data", "file_url")),
        "video_url": (Kind.OTHER, "video_url", ("url",)),
    }
)
"""Type of a part -> its kind, the member that holds it (`""`: the part itself) and the members that are no text."""

_MEDIA_MEMBERS = frozenset(
    {"audio", "audio_url", "file", "file_data", "file_url", "image", "image_url", "input_audio", "video", "video_url"}
)
"""Members that some models take for media whatever the type of their part says."""

_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "detail": frozenset({"auto", "low", "high", "original"}),
        "format": frozenset({"wav", "mp3", "flac", "opus", "pcm16", "aac"}),
    }
)
_WORD = "a word of the protocol"


def message_strings(
    message: Mapping[str, Any], pointer: str, origin: Origin, trusted: Collection[str] = NONE
) -> Iterator[Segment | Unread]:
    """Every string of a message, the parts of its content and its audio among them, and its text parts joined.

    `trusted` parts are left out where they are joined.

    Raises:
        InvalidRequest: an image has no URL, or a data URL that is none.
    """
    content, spoken = message.get("content"), message.get("audio")
    if not isinstance(content, list) and spoken is None:
        yield from leaves(message, pointer, origin)
        return
    apart = {"audio", "content"} if isinstance(content, list) else {"audio"}
    yield from leaves({name: value for name, value in message.items() if name not in apart}, pointer, origin)
    yield from _audio(spoken, child(pointer, "audio"), origin)
    if isinstance(content, list):
        yield from part_strings(content, child(pointer, "content"), origin, trusted)


def part_strings(
    content: list[Any], pointer: str, origin: Origin, trusted: Collection[str] = NONE
) -> Iterator[Segment | Unread]:
    """Every string of a list of content parts, and its text parts joined.

    `trusted` parts are left out where they are joined.

    Raises:
        InvalidRequest: an image has no URL, or a data URL that is none.
    """
    yield from _content(content, pointer, origin)
    yield from joined_parts(untrusted(content, trusted), pointer, origin)


def _content(content: list[Any], pointer: str, origin: Origin) -> Iterator[Segment | Unread]:
    for index, part in enumerate(content):
        here = child(pointer, index)
        kind = part.get("type") if isinstance(part, dict) else None
        kind = kind if isinstance(kind, str) else ""
        if _holds_more(part, kind):
            yield Segment("", origin, here, editable=False, kind=Kind.OTHER)
        if isinstance(part, str) or kind in TEXTS:
            yield from leaves(part, here, origin)
        else:
            yield from _foreign(part, kind, here, origin)


def _holds_more(part: Any, kind: str) -> bool:
    """Whether a part of a known type has members of another one beside its own. An unknown part is OTHER already."""
    if not isinstance(part, dict) or _MEDIA_MEMBERS.isdisjoint(part):
        return False
    if kind in TEXTS:
        own: Sequence[str] = ()
    elif kind in _IMAGES:
        own = ("image_url",)
    else:
        what, name, payload = _PAYLOADS.get(kind, (Kind.OTHER, "", ()))
        if what is Kind.OTHER:
            return False
        own = (name,) if name else payload
    return any(part[name] is not None for name in _MEDIA_MEMBERS & part.keys() if name not in own)


def _audio(value: Any, pointer: str, origin: Origin) -> Iterator[Segment | Unread]:
    """The `audio` of a message: the samples, or the id of an earlier answer's; its transcript is text."""
    if isinstance(value, dict):
        yield _payload(value, ("data",), Kind.AUDIO, pointer, origin)
        yield from _around(value, _strings(value, ("data",)), pointer, origin)
    elif value is not None:
        yield Segment(value if isinstance(value, str) else "", origin, pointer, editable=False, kind=Kind.AUDIO)


def _foreign(part: Any, kind: str, pointer: str, origin: Origin) -> Iterator[Segment | Unread]:
    if kind in _IMAGES:
        yield from _image(part, pointer, origin)
        return
    what, name, payload = _PAYLOADS.get(kind, (Kind.OTHER, "", ()))
    holder = part.get(name) if name else part
    if not isinstance(holder, dict):
        yield Segment("", origin, pointer, editable=False, kind=what)
        yield from leaves(part, pointer, origin)
        return
    yield _payload(holder, payload, what, pointer, origin)
    if name:
        yield from _around(part, (name,), pointer, origin)
        pointer = child(pointer, name)
    yield from _around(holder, _strings(holder, payload), pointer, origin)


def _image(part: Mapping[str, Any], pointer: str, origin: Origin) -> Iterator[Segment | Unread]:
    """`{"image_url": {"url": ...}}` as chat completions have it, or `{"image_url": ...}` as the Responses API has."""
    holder, here = part.get("image_url"), child(pointer, "image_url")
    url, place = (holder.get("url"), child(here, "url")) if isinstance(holder, dict) else (holder, here)
    if not isinstance(url, str):
        raise wrong("is required" if url is None else "must be a string", place)
    yield image(url, place, origin)
    yield from _around(part, ("image_url",), pointer, origin)
    if isinstance(holder, dict):
        yield from _around(holder, ("url",), here, origin)


def _payload(holder: Mapping[str, Any], names: tuple[str, ...], kind: Kind, pointer: str, origin: Origin) -> Segment:
    text = "".join(holder[name] for name in _strings(holder, names))
    return Segment(text, origin, pointer, editable=False, kind=kind)


def _strings(holder: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Those of the names whose members are strings: a payload of another shape is read like everything else."""
    return [name for name in names if isinstance(holder.get(name), str)]


def _around(
    holder: Mapping[str, Any], apart: Sequence[str], pointer: str, origin: Origin
) -> Iterator[Segment | Unread]:
    """Every string of an object but those in `apart`; words that only say how to take a part are told."""
    rest: dict[str, Any] = {}
    for name, value in holder.items():
        if name in apart:
            continue
        if isinstance(value, str) and value in _WORDS.get(name, ()):
            yield Unread(child(pointer, name), len(value), _WORD, origin)
        else:
            rest[name] = value
    yield from leaves(rest, pointer, origin)
