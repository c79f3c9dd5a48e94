"""Bodies that are no chat completion: every string of any JSON, so that an unknown shape is read and never passed.

Two readings. `extract_anything` believes no name in the body: all texts have the one origin it is told.
`extract_native` is for chats in a provider's own shape (Anthropic, Gemini, OpenAI's Responses), which say by role who
wrote what.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from guardrails.chat.address import child
from guardrails.chat.extract import Extract, collected
from guardrails.chat.leaves import joined_parts, leaves, named_oddly
from guardrails.chat.message import ORIGINS
from guardrails.chat.request import extract_request
from guardrails.chat.tree import is_field_name, require_sound
from guardrails.chat.trusted import NONE, marked, untrusted
from guardrails.chat.turns import aged, joined_turns, last_turn
from guardrails.domain.content import Kind, Origin, Segment, Unread
from guardrails.domain.errors import InvalidRequest, TooLarge

_ROLES: Final[Mapping[str, Origin]] = MappingProxyType({**ORIGINS, "model": Origin.ASSISTANT})
_TOOL_RESULTS: Final = frozenset({"tool_result", "function_call_output", "custom_tool_call_output", "mcp_tool_result"})
_TOP: Final[Mapping[str, Origin]] = MappingProxyType(
    {
        **dict.fromkeys(("system", "instructions", "systemInstruction", "system_instruction", "tools"), Origin.SYSTEM),
        "documents": Origin.DOCUMENT,
    }
)
"""Top-level members of native chats whose texts the application wrote, or retrieved."""

_MEDIA_TYPES: Final = frozenset(
    {
        "image",
        "image_url",
        "input_image",
        "audio",
        "input_audio",
        "file",
        "input_file",
        "document",
        "video",
        "video_url",
    }
)
_MEDIA_MEMBERS: Final = frozenset(
    {"audio", "data", "file", "file_data", "file_id", "file_url", "image", "image_url", "input_audio", "source", "url"}
    | {"video", "video_url"}
)
_INLINE: Final = frozenset({"inlineData", "inline_data", "fileData"})
_TOKENS: Final = ("prompt", "input")
_OPAQUE: Final = frozenset({"signature", "thoughtSignature", "thought_signature", "encrypted_content"})
"""Members in which providers give back what only they can read. Read as text, and no medium."""
_DATA_URL: Final = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_=\r\n-]{1024,}")


def extract_anything(value: Any, trusted: Collection[str] = NONE, origin: Origin = Origin.USER) -> Extract:
    """Every string of a JSON value, each editable in its place, all from one origin.

    What looks like an image, a recording or a file is told as a segment of the kind OTHER as well: a policy's `media`
    says what its presence means.

    Raises:
        InvalidRequest: a string or name is not Unicode text.
        TooLarge: there are more strings than `guardrails.chat.extract` takes, or more than `MAX_DEPTH` levels.
    """
    require_sound(value)
    return collected(marked(_with_media(leaves(value, "", origin), value, origin), value, trusted))


def extract_native(body: Mapping[str, Any], trusted: Collection[str] = NONE) -> Extract:
    """Every string of a chat in a provider's own shape, with origins by role; without one a text is the user's.

    Raises:
        InvalidRequest: as `extract_anything`.
        TooLarge: as `extract_anything`.
    """
    require_sound(dict(body))
    return collected(marked(_with_media(_native(body, trusted), body, Origin.USER), body, trusted))


def extract_chat_or_anything(body: Mapping[str, Any], trusted: Collection[str] = NONE) -> Extract:
    """A chat completions body as `extract_request` reads it; one of another shape leaf by leaf, as the user's.

    A `prompt` or `input` in token ids (completions, embeddings) is text that nobody here can read: of the kind OTHER.

    Raises:
        InvalidRequest: as `extract_anything`.
        TooLarge: as `extract_anything`.
    """
    tokens = Extract(
        tuple(
            Segment("", Origin.USER, child("", name), editable=False, kind=Kind.OTHER)
            for name in _TOKENS
            if _holds_numbers(body.get(name))
        )
    )
    try:
        return extract_request(body, trusted) + tokens
    except TooLarge:
        raise
    except InvalidRequest:
        return extract_anything(dict(body), trusted) + tokens


def _holds_numbers(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    elements = (inner for outer in value for inner in (outer if isinstance(outer, list) else (outer,)))
    return any(isinstance(element, int | float) for element in elements)


def _native(body: Mapping[str, Any], trusted: Collection[str]) -> Iterator[Segment | Unread]:
    messages = body.get("messages")
    messages = messages if isinstance(messages, list) else []
    newest = last_turn(messages)
    yield from named_oddly(body, "", Origin.USER)
    for name, member in body.items():
        if not is_field_name(name):
            continue
        if name == "messages" and messages:
            for index, message in enumerate(messages):
                told = _told(message, child("/messages", index), Origin.USER, trusted)
                yield from aged(told, old=index < newest)
            continue
        origin = _TOP.get(name, Origin.USER)
        if isinstance(member, dict | list):
            yield from _told(member, child("", name), origin, trusted)
        else:
            yield from leaves({name: member}, "", origin)
    yield from joined_turns(messages, trusted)


def _told(value: Any, pointer: str, origin: Origin, trusted: Collection[str]) -> Iterator[Segment | Unread]:
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from _told(element, child(pointer, index), origin, trusted)
        return
    if not isinstance(value, dict):
        yield from leaves(value, pointer, origin)
        return
    origin = _author(value, origin)
    yield from named_oddly(value, pointer, origin)
    for name, member in value.items():
        if not is_field_name(name):
            continue
        if isinstance(member, dict | list):
            yield from _told(member, child(pointer, name), origin, trusted)
        else:
            yield from leaves({name: member}, pointer, origin)
    content = value.get("content", value.get("parts"))
    if "role" in value:
        name = "content" if "content" in value else "parts"
        yield from joined_parts(untrusted(content, trusted), child(pointer, name), origin)


def _author(members: Mapping[str, Any], origin: Origin) -> Origin:
    role, kind = members.get("role"), members.get("type")
    if isinstance(kind, str) and kind in _TOOL_RESULTS:
        return Origin.TOOL
    return _ROLES.get(role, origin) if isinstance(role, str) else origin


def _with_media(strings: Iterator[Segment | Unread], value: Any, origin: Origin) -> Iterator[Segment | Unread]:
    """The strings, and one segment OTHER for each object or list that holds a medium: its text has its own pointer."""
    yield from strings
    pending: list[tuple[Any, str]] = [(value, "")]
    while pending:
        item, pointer = pending.pop()
        if isinstance(item, dict):
            # A name that is no identifier must not get into a pointer.
            inside = [
                (member, child(pointer, name) if is_field_name(name) else pointer) for name, member in item.items()
            ]
            holds = _is_medium(item) or any(_is_payload(m) for name, m in item.items() if name not in _OPAQUE)
        elif isinstance(item, list):
            inside = [(element, child(pointer, index)) for index, element in enumerate(item)]
            holds = any(map(_is_payload, item))
        else:
            continue
        pending += inside
        if holds:
            yield Segment("", origin, pointer, editable=False, kind=Kind.OTHER)


def _is_medium(members: Mapping[str, Any]) -> bool:
    kind = members.get("type")
    typed = isinstance(kind, str) and kind in _MEDIA_TYPES and not _MEDIA_MEMBERS.isdisjoint(members)
    return typed or any(isinstance(members.get(inline), dict) for inline in _INLINE)


def _is_payload(value: Any) -> bool:
    return isinstance(value, str) and (_DATA_URL.match(value) is not None or _BASE64.fullmatch(value) is not None)
