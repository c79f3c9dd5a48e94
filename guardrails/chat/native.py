"""Chats in a provider's own shape: Anthropic's Messages, Gemini's contents, OpenAI's Responses, Bedrock's Converse.

Who wrote a text is told by the role of the message it stands in, and by nothing below: what a tool answered, or a user
pasted, may hold a `role` as well. Below a message a type can only make a text a tool's or a document's, which are read
no less than a user's.
"""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from guardrails.chat.address import child
from guardrails.chat.extract import not_given
from guardrails.chat.leaves import has_text, joined_parts, leaves, named_oddly, whole
from guardrails.chat.message import ORIGINS
from guardrails.chat.native_fields import (
    FORMATS,
    MEDIA_TYPE,
    MEDIA_TYPES,
    OPAQUE,
    PROMPTS,
    SETTINGS,
    SIGNATURES,
    TIES,
    TOOL_RESULTS,
    TURNS,
    is_media_type,
)
from guardrails.chat.native_media import media_in
from guardrails.chat.protocol import BOOKKEEPING, MARKS, is_word, only_words
from guardrails.chat.tree import is_field_name
from guardrails.chat.trusted import untrusted
from guardrails.chat.turns import aged, joined_turns, last_turn
from guardrails.domain.content import Origin, Segment, Unread

_ROLES: Final[Mapping[str, Origin]] = MappingProxyType({**ORIGINS, "model": Origin.ASSISTANT})
_BY_TOOLS: Final = frozenset({"output", "outputs", "results", "tools"})
"""Members of what a model called in which the tool's own words stand."""
_RESULT_MEMBERS: Final = frozenset(
    {"toolResult", "functionResponse", "function_response", "codeExecutionResult", "code_execution_result"}
)
_JSON_MEMBERS: Final = frozenset({"input", "args", "response", "arguments", "json", "input_schema", "parameters"})
"""Members that hold a tool's JSON where they are objects: no part of it is a medium."""


def native_strings(body: Mapping[str, Any], trusted: Collection[str]) -> Iterator[Segment | Unread]:
    """Every string of a chat in a provider's own shape; what several parts or turns say together as one text as well.

    Raises:
        InvalidRequest: an image is a data URL that is none.
    """
    yield from named_oddly(body, "", Origin.USER)
    for name, member in body.items():
        if is_field_name(name):
            yield from _field(name, member, child("", name), trusted)


def _field(name: str, member: Any, pointer: str, trusted: Collection[str]) -> Iterator[Segment | Unread]:
    if name in TURNS and isinstance(member, dict | list):
        yield from _turns(member, pointer, trusted)
    elif name in BOOKKEEPING:
        yield from not_given(member, pointer, BOOKKEEPING[name], Origin.SYSTEM)
    elif name in SETTINGS and only_words(member):
        yield from not_given(member, pointer, SETTINGS[name], Origin.SYSTEM)
    elif name in SETTINGS or name in FORMATS or (name == "text" and isinstance(member, dict)):
        yield from _setting(member, pointer)
    elif isinstance(member, str):
        yield from leaves({name: member}, "", PROMPTS.get(name, Origin.USER))
    else:
        yield from _value(member, pointer, PROMPTS.get(name, Origin.USER), trusted)


def _setting(member: Any, pointer: str) -> Iterator[Segment | Unread]:
    """What the application set: tools, schemas, formats; names and all, for models read these, too."""
    if isinstance(member, list):
        for index, element in enumerate(member):
            if has_text(element):
                yield whole(element, child(pointer, index), Origin.SYSTEM)
    elif has_text(member):
        yield whole(member, pointer, Origin.SYSTEM)


def _turns(member: Any, pointer: str, trusted: Collection[str]) -> Iterator[Segment | Unread]:
    """The messages of a conversation, or the one that stands there alone."""
    messages = member if isinstance(member, list) else [member]
    rows = [_row(message) for message in messages]
    newest = last_turn(rows)
    for index, message in enumerate(messages):
        here = child(pointer, index) if isinstance(member, list) else pointer
        yield from aged(_value(message, here, _author(message), trusted), old=index < newest)
    yield from joined_turns(rows, trusted, pointer)


def _row(message: Any) -> Mapping[str, Any]:
    """A message as `guardrails.chat.turns` knows them. One that only brings the results of tools begins no turn."""
    if not isinstance(message, dict):
        return {"role": "user", "content": message if isinstance(message, str) else None}
    content = _content(message)
    answers = isinstance(content, list) and bool(content) and all(map(_is_result, content))
    origin = Origin.TOOL if answers else _author(message)
    return {"role": "user" if origin is Origin.USER else origin.value, "content": content}


def _content(message: Mapping[str, Any]) -> Any:
    for name in ("content", "parts"):
        if name in message:
            return [message[name]] if isinstance(message[name], dict) else message[name]
    return [message]


def _is_result(part: Any) -> bool:
    return isinstance(part, dict) and (_by_type(part) is Origin.TOOL or not _RESULT_MEMBERS.isdisjoint(part))


def _author(message: Any) -> Origin:
    if not isinstance(message, dict):
        return Origin.USER
    role, kind = message.get("role"), message.get("type")
    if (told := _by_type(message)) is not None:
        return told
    if isinstance(role, str) and role in _ROLES:
        return _ROLES[role]
    # Items without a role are steps of the model: its calls and what it thought. Text without one is the user's.
    made = isinstance(kind, str) and (kind.endswith("_call") or kind in {"reasoning", "mcp_approval_request"})
    return Origin.ASSISTANT if made else Origin.USER


def _by_type(value: Mapping[str, Any]) -> Origin | None:
    """Tool or document, where an object says by its type that it is one's."""
    kind = value.get("type")
    if not isinstance(kind, str):
        return None
    if kind in TOOL_RESULTS or kind.endswith(("_tool_result", "_call_output")):
        return Origin.TOOL
    return Origin.DOCUMENT if kind in {"document", "search_result"} else None


def _value(
    value: Any, pointer: str, origin: Origin, trusted: Collection[str], apart: frozenset[str] = frozenset()
) -> Iterator[Segment | Unread]:
    """Every string of a value below a message. `apart` are the pointers of those that are told as media."""
    if isinstance(value, dict):
        yield from _object(value, pointer, _by_type(value) or origin, trusted, apart)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _value(element, child(pointer, index), origin, trusted, apart)
        yield from joined_parts(untrusted(value, trusted), pointer, origin)
    else:
        yield from leaves(value, pointer, origin)


def _object(
    value: Mapping[str, Any], pointer: str, origin: Origin, trusted: Collection[str], apart: frozenset[str]
) -> Iterator[Segment | Unread]:
    media = media_in(value, pointer, origin, OPAQUE, apart)
    yield from media.segments
    yield from named_oddly(value, pointer, origin)
    signed = not SIGNATURES.isdisjoint(value)
    for name, member in value.items():
        here = child(pointer, name)
        if not is_field_name(name) or here in media.payloads:
            continue
        whose = _whose(name, value, origin)
        if isinstance(member, str):
            yield from _string(name, member, here, whose, signed=signed)
        elif isinstance(member, dict) and name in _JSON_MEMBERS:
            yield from leaves(member, here, whose)
        else:
            yield from _value(member, here, whose, trusted, media.payloads)


def _whose(name: str, holder: Mapping[str, Any], origin: Origin) -> Origin:
    """Who wrote a member: what the model called holds the tool's answer in some shapes, and a part may wrap it."""
    if name in _RESULT_MEMBERS:
        return Origin.TOOL
    kind = holder.get("type")
    answered = name in _BY_TOOLS and isinstance(kind, str) and kind.endswith("_call")
    return Origin.TOOL if answered else origin


def _string(name: str, text: str, pointer: str, origin: Origin, *, signed: bool) -> Iterator[Segment | Unread]:
    if name in TIES:
        yield Unread(pointer, len(text), TIES[name], origin) if is_word(text) else whole(text, pointer, origin)
    elif name in MEDIA_TYPES and is_media_type(text):
        yield Unread(pointer, len(text), MEDIA_TYPE, origin)
    elif (signed and name not in MARKS) or name in OPAQUE:
        # Another text would not be the one that was signed, and the provider would refuse it.
        yield whole(text, pointer, origin)
    else:
        yield from leaves({name: text}, pointer.rpartition("/")[0], origin)
