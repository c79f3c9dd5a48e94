"""The messages of a chat completions body: what the API refuses, and what the emulated model reads."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

from guardrails.emulator.services.chat_fields import BadRequestError, name_of, wrong_type

_ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
_PARTS: Final = ("text", "image_url", "input_audio", "file", "refusal")
_DATA_URL: Final = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,(.+)", re.DOTALL)


def text_of(message: Mapping[str, Any]) -> str:
    """Return a message's text; the text parts of a list joined by line ends."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(part["text"] for part in parts if part.get("type") == "text")


def images_of(message: Mapping[str, Any]) -> int:
    """Count a message's images."""
    content = message.get("content")
    return sum(part.get("type") == "image_url" for part in content) if isinstance(content, list) else 0


def read_messages(payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Validate the messages of a body.

    Raises:
        BadRequestError: when the API would answer 400.
    """
    if "messages" not in payload:
        raise BadRequestError("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
    messages = payload["messages"]
    if not isinstance(messages, list):
        raise wrong_type("messages", "an array of objects", messages)
    if not messages:
        raise BadRequestError(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "messages",
            "empty_array",
        )
    called: set[str] = set()
    for index, message in enumerate(messages):
        _check_message(f"messages[{index}]", message, called)
    return tuple(messages)


def _check_message(where: str, message: object, called: set[str]) -> None:
    if not isinstance(message, dict):
        raise wrong_type(where, "an object", message)
    role = message.get("role")
    if role not in _ROLES:
        known = ", ".join(f"'{name}'" for name in _ROLES)
        raise BadRequestError(
            f"Invalid value: '{role}'. Supported values are: {known}.", f"{where}.role", "invalid_value"
        )
    calls = message.get("tool_calls")
    if calls is not None:
        called.update(_call_ids(f"{where}.tool_calls", calls))
    _check_content(f"{where}.content", message.get("content"), optional=role == "assistant" and _calls(message))
    answered = message.get("tool_call_id")
    if role == "tool" and not (isinstance(answered, str) and answered in called):
        raise BadRequestError(
            "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
            f"{where}.role",
        )


def _calls(message: Mapping[str, Any]) -> bool:
    return bool(message.get("tool_calls") or message.get("function_call") or message.get("refusal"))


def _call_ids(where: str, calls: object) -> list[str]:
    if not isinstance(calls, list):
        raise wrong_type(where, "an array of objects", calls)
    for index, call in enumerate(calls):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(call.get("id"), str):
            raise wrong_type(f"{where}[{index}]", "a function call with an id", call)
        if not isinstance(function.get("name"), str) or not isinstance(function.get("arguments"), str):
            raise wrong_type(f"{where}[{index}].function", "a name and arguments, both strings", function)
    return [call["id"] for call in calls]


def _check_content(where: str, content: object, *, optional: bool) -> None:
    if isinstance(content, str) or (content is None and optional):
        return
    if not isinstance(content, list) or not content:
        raise BadRequestError(
            f"Invalid value for '{where}': expected a string or an array of content parts, got {name_of(content)}.",
            where,
        )
    for index, part in enumerate(content):
        if not isinstance(part, dict):
            raise wrong_type(f"{where}[{index}]", "an object", part)
        if part.get("type") not in _PARTS:
            raise BadRequestError(f"Invalid value: '{part.get('type')}'.", f"{where}[{index}].type", "invalid_value")
        if part["type"] == "text" and not isinstance(part.get("text"), str):
            raise wrong_type(f"{where}[{index}].text", "a string", part.get("text"))
        if part["type"] == "image_url":
            _check_image(f"{where}[{index}].image_url", part.get("image_url"))


def _check_image(where: str, image: object) -> None:
    if not isinstance(image, dict):
        raise wrong_type(where, "an object", image)
    url = image.get("url")
    if not isinstance(url, str):
        raise wrong_type(f"{where}.url", "a string", url)
    if url.startswith(("https://", "http://")):
        return
    data = _DATA_URL.fullmatch(url)
    try:
        base64.b64decode(data.group(1) if data else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequestError(
            f"Invalid '{where}.url': expected a web address or a base64-encoded data URL of an image.",
            f"{where}.url",
            "invalid_value",
        ) from error
