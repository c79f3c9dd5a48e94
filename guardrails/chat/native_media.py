"""Media in the providers' own shapes: what of a content part is an image, a recording or a file, and what is text.

An image that comes along is a segment IMAGE, so that the check of images judges it. What else no check reads is told by
its kind. Only content parts are looked at: what tools are given and what they answer is JSON, whatever its names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from guardrails.chat.address import child
from guardrails.chat.images import image
from guardrails.chat.payload import is_medium, is_payload
from guardrails.domain.content import Kind, Origin, Segment

_PICTURE_PARTS: Final = frozenset({"image_url", "input_image", "computer_screenshot"})
_INLINE: Final = ("inlineData", "inline_data")
_STORED: Final = ("fileData", "file_data")
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {"image": Kind.IMAGE, "document": Kind.FILE, "file": Kind.FILE, "audio": Kind.AUDIO, "video": Kind.OTHER}
)
_TEXT_SOURCES: Final = frozenset({"text", "content"})
_MEMBERS: Final = frozenset(
    {
        "audio_url",
        "file_data",
        "file_url",
        "image_url",
        "input_audio",
        "video_url",
        "inlineData",
        "inline_data",
        "fileData",
    }
)
"""Members of content parts that are media whatever the type of their part says."""
_FILE_MEMBERS: Final = ("file_data", "file_url", "file_id")
TEXTS: Final = frozenset({"text", "thinking", "arguments", "content", "output", "input"})
"""Members whose strings every provider takes for text, however they look."""


@dataclass(frozen=True, slots=True)
class Found:
    """The media of one object, and the pointers of all payloads so far: strings that are no text."""

    segments: tuple[Segment, ...]
    payloads: frozenset[str]


def media_in(
    part: Mapping[str, Any], pointer: str, origin: Origin, opaque: frozenset[str], known: frozenset[str]
) -> Found:
    """What is no text in a content part, or in an object inside one.

    Args:
        part: Any object that may be one.
        pointer: Its own.
        origin: Of the texts around it.
        opaque: Members that hold what only the provider can read: no media.
        known: The pointers of payloads that were found in the objects around it.

    Raises:
        InvalidRequest: an image is a data URL that is none.
    """
    found = tuple(_known(part, pointer, origin))
    payloads = known | {segment.pointer for segment in found}
    inside = f"{pointer}/"
    told = {payload.removeprefix(inside).split("/")[0] for payload in payloads if payload.startswith(inside)}
    rest = {name: member for name, member in part.items() if name not in told and member is not None}
    if _holds_more(rest, opaque) or (not told and is_medium(part) and not _is_text(part)):
        found += (_sealed("", Kind.OTHER, pointer, origin),)
    return Found(found, payloads)


def _holds_more(rest: Mapping[str, Any], opaque: frozenset[str]) -> bool:
    """Whether there are media beside those of the part's own type: some models take them whatever it says."""
    return not _MEMBERS.isdisjoint(rest) or any(
        any(map(is_payload, member)) if isinstance(member, list) else is_payload(member)
        for name, member in rest.items()
        if name not in opaque and name not in TEXTS
    )


def _known(part: Mapping[str, Any], pointer: str, origin: Origin) -> Iterator[Segment]:
    kind = part.get("type")
    kind = kind if isinstance(kind, str) else ""
    source = part.get("source")
    if kind in _KINDS and isinstance(source, dict):
        yield from _source(source, _KINDS[kind], child(pointer, "source"), origin)
    if kind in _PICTURE_PARTS:
        yield from _picture(part, pointer, origin)
    if kind in {"input_file", "input_audio"}:
        yield from _upload(part, kind, pointer, origin)
    if kind == "image_generation_call" and isinstance(part.get("result"), str):
        yield _sealed(part["result"], Kind.IMAGE, child(pointer, "result"), origin)
    for name in _INLINE + _STORED:
        if isinstance(part.get(name), dict):
            yield from _gemini(part[name], child(pointer, name), origin, inline=name in _INLINE)
    for name, what in _KINDS.items():
        wrapped = part.get(name)
        if isinstance(wrapped, dict) and isinstance(wrapped.get("source"), dict):
            yield from _bedrock(wrapped["source"], what, child(child(pointer, name), "source"), origin)


def _is_text(part: Mapping[str, Any]) -> bool:
    """Whether it is a document that comes along as text."""
    source = part.get("source")
    return part.get("type") == "document" and isinstance(source, dict) and source.get("type") in _TEXT_SOURCES


def _source(source: Mapping[str, Any], kind: Kind, pointer: str, origin: Origin) -> Iterator[Segment]:
    """Anthropic: base64 in `data`, an address in `url`, or `file_id`, as the source's own `type` says."""
    how = source.get("type")
    if how == "base64" and isinstance(source.get("data"), str):
        yield _sealed(source["data"], kind, child(pointer, "data"), origin)
    elif how == "url" and isinstance(source.get("url"), str):
        yield _sealed(source["url"], _elsewhere(kind), child(pointer, "url"), origin)
    elif how == "file" and isinstance(source.get("file_id"), str):
        yield _sealed(source["file_id"], _elsewhere(kind), child(pointer, "file_id"), origin)


def _picture(part: Mapping[str, Any], pointer: str, origin: Origin) -> Iterator[Segment]:
    """OpenAI: a URL, `{"url": ...}`, or the id of a file that is kept."""
    holder, here = part.get("image_url"), child(pointer, "image_url")
    url, place = (holder.get("url"), child(here, "url")) if isinstance(holder, dict) else (holder, here)
    if isinstance(url, str):
        yield image(url, place, origin)
    elif isinstance(part.get("file_id"), str):
        yield _sealed(part["file_id"], Kind.REMOTE_IMAGE, child(pointer, "file_id"), origin)


def _upload(part: Mapping[str, Any], kind: str, pointer: str, origin: Origin) -> Iterator[Segment]:
    if kind == "input_audio":
        holder = part.get("input_audio")
        if isinstance(holder, dict) and isinstance(holder.get("data"), str):
            yield _sealed(holder["data"], Kind.AUDIO, child(child(pointer, "input_audio"), "data"), origin)
        return
    for name in _FILE_MEMBERS:
        if isinstance(part.get(name), str):
            yield _sealed(part[name], Kind.FILE, child(pointer, name), origin)


def _gemini(data: Mapping[str, Any], pointer: str, origin: Origin, *, inline: bool) -> Iterator[Segment]:
    """`{"mimeType": "image/png", "data": ...}`, or `{"mimeType": ..., "fileUri": ...}` of a file somewhere else."""
    declared = data.get("mimeType", data.get("mime_type"))
    family = declared.partition("/")[0].lower() if isinstance(declared, str) else ""
    kind = _KINDS.get(family, Kind.FILE)
    for name in ("data",) if inline else ("fileUri", "file_uri"):
        if isinstance(data.get(name), str):
            yield _sealed(data[name], kind if inline else _elsewhere(kind), child(pointer, name), origin)


def _bedrock(source: Mapping[str, Any], kind: Kind, pointer: str, origin: Origin) -> Iterator[Segment]:
    """`{"image": {"format": "png", "source": {"bytes": ...}}}`, or `{"s3Location": {"uri": ...}}` in its place."""
    if isinstance(source.get("bytes"), str):
        yield _sealed(source["bytes"], kind, child(pointer, "bytes"), origin)
    stored = source.get("s3Location")
    if isinstance(stored, dict) and isinstance(stored.get("uri"), str):
        yield _sealed(stored["uri"], _elsewhere(kind), child(child(pointer, "s3Location"), "uri"), origin)


def _elsewhere(kind: Kind) -> Kind:
    return Kind.REMOTE_IMAGE if kind is Kind.IMAGE else kind


def _sealed(text: str, kind: Kind, pointer: str, origin: Origin) -> Segment:
    return Segment(text, origin, pointer, editable=False, kind=kind)
