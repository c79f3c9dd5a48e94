"""What a chat message must look like, so that what we read is what the model reads."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from guardrails.chat.address import child, field_path
from guardrails.domain.content import Origin
from guardrails.domain.errors import InvalidRequest

ORIGINS: Mapping[str, Origin] = MappingProxyType(
    {
        "system": Origin.SYSTEM,
        "developer": Origin.SYSTEM,
        "user": Origin.USER,
        "assistant": Origin.ASSISTANT,
        "tool": Origin.TOOL,
        "function": Origin.TOOL,
    }
)
"""Role of a message -> who wrote it."""

TEXT_PARTS: Mapping[str, str] = MappingProxyType(
    {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}
)
"""Type of a content part -> the member that holds its text."""

_CALL_BODIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"function": ("name", "arguments"), "custom": ("name", "input")}
)
_MAY_BE_SILENT = frozenset({"assistant", "function"})


def wrong(detail: str, pointer: str) -> InvalidRequest:
    """The error for the field at a pointer."""
    return InvalidRequest(detail, field=field_path(pointer) or None)


def require_message(message: Any, pointer: str) -> Origin:
    """Check one message of a request; return who wrote it.

    Raises:
        InvalidRequest: it names the field.
    """
    if not isinstance(message, dict):
        raise wrong("must be an object", pointer)
    role = message.get("role")
    origin = ORIGINS.get(role) if isinstance(role, str) else None
    if origin is None:
        raise wrong(f"must be one of {', '.join(ORIGINS)}", child(pointer, "role"))
    if message.get("content") is None and role not in _MAY_BE_SILENT:
        raise wrong("is required", child(pointer, "content"))
    require_fields(message, pointer)
    content = message.get("content")
    for index, part in enumerate(content if isinstance(content, list) else ()):
        _require_part(part, child(child(pointer, "content"), index))
    return origin


def require_fields(message: Mapping[str, Any], pointer: str) -> None:
    """Check the types of the fields that messages of requests and of answers share.

    Raises:
        InvalidRequest: it names the field.
    """
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        raise wrong("must be a string or a list of parts", child(pointer, "content"))
    for index, part in enumerate(content if isinstance(content, list) else ()):
        _require_text(part, child(child(pointer, "content"), index))
    for name in ("name", "refusal", "tool_call_id", "reasoning_content"):
        if not isinstance(message.get(name), str | None):
            raise wrong("must be a string", child(pointer, name))
    if message.get("function_call") is not None:
        _require_call_body(message["function_call"], child(pointer, "function_call"), _CALL_BODIES["function"])
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        raise wrong("must be a list", child(pointer, "tool_calls"))
    for index, call in enumerate(calls or ()):
        _require_call(call, child(child(pointer, "tool_calls"), index))


def _require_text(part: Any, pointer: str) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    name = TEXT_PARTS.get(kind) if isinstance(kind, str) else None
    if name is not None and not isinstance(part.get(name), str):
        raise wrong("must be a string", child(pointer, name))


def _require_call(call: Any, pointer: str) -> None:
    if not isinstance(call, dict):
        raise wrong("must be an object", pointer)
    kind = call.get("type", "function")
    if not isinstance(kind, str) or kind not in _CALL_BODIES:
        raise wrong(f"must be one of {', '.join(_CALL_BODIES)}", child(pointer, "type"))
    _require_call_body(call.get(kind), child(pointer, kind), _CALL_BODIES[kind])


def _require_call_body(body: Any, pointer: str, names: tuple[str, ...]) -> None:
    if not isinstance(body, dict):
        raise wrong("must be an object", pointer)
    for name in names:
        if not isinstance(body.get(name), str):
            raise wrong("must be a string", child(pointer, name))


def _require_part(part: Any, pointer: str) -> None:
    if not isinstance(part, dict):
        raise wrong("must be an object", pointer)
    if not isinstance(part.get("type"), str):
        raise wrong("is required" if part.get("type") is None else "must be a string", child(pointer, "type"))
