"""Reading a chat completions body: what the emulated model needs of it, or the refusal OpenAI's API gives.

Fields it does not know travel by unread, as Azure lets unknown sampling options of newer models do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

_ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
_PARTS: Final = ("text", "image_url", "input_audio", "file", "refusal")
_MAX_CHOICES: Final = 128
_MAX_TOOLS: Final = 128


class BadRequestError(Exception):
    """The body is wrong: a sentence, the parameter and OpenAI's error code."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One validated body. `tools` maps a function's name to the JSON schema of its parameters."""

    messages: tuple[Mapping[str, Any], ...] = field(repr=False)
    model: str | None = None
    stream: bool = False
    include_usage: bool = False
    choices: int = 1
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tool_choice: object = "auto"
    parallel_tool_calls: bool = True
    response_format: Mapping[str, Any] = field(default_factory=dict)
    logprobs: bool = False
    top_logprobs: int = 0

    @property
    def texts(self) -> list[str]:
        """Every text of every message."""
        return [text_of(message) for message in self.messages]

    @property
    def last_user_text(self) -> str:
        """The text of the last user message, empty when there is none."""
        users = [message for message in self.messages if message.get("role") == "user"]
        return text_of(users[-1]) if users else ""


def text_of(message: Mapping[str, Any]) -> str:
    """Return a message's text; the text parts of a list joined by line ends."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(part["text"] for part in parts if part.get("type") == "text")


def read_chat_request(body: bytes) -> ChatRequest:
    """Parse and validate a body.

    Raises:
        BadRequestError: when the API would answer 400.
    """
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequestError("We could not parse the JSON body of your request.") from error
    if not isinstance(payload, dict):
        raise BadRequestError("The body of your request must be a JSON object.")
    stream = _boolean(payload, "stream")
    options = _object(payload, "stream_options")
    if options and not stream:
        raise BadRequestError(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
        )
    tools = _tools(payload)
    return ChatRequest(
        messages=_messages(payload),
        model=_string(payload, "model"),
        stream=stream,
        include_usage=options.get("include_usage") is True,
        choices=_integer(payload, "n", 1, _MAX_CHOICES) or 1,
        max_tokens=_integer(payload, "max_completion_tokens", 1) or _integer(payload, "max_tokens", 1),
        stop=_stop(payload),
        tools=tools,
        tool_choice=_tool_choice(payload, tools),
        parallel_tool_calls=payload.get("parallel_tool_calls") is not False,
        response_format=_response_format(payload),
        logprobs=_boolean(payload, "logprobs"),
        top_logprobs=_integer(payload, "top_logprobs", 0, 20) or 0,
    )


def _messages(payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    if "messages" not in payload:
        raise BadRequestError("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
    messages = payload["messages"]
    if not isinstance(messages, list):
        raise _wrong_type("messages", "an array of objects", messages)
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
        raise _wrong_type(where, "an object", message)
    role = message.get("role")
    if role not in _ROLES:
        known = ", ".join(f"'{name}'" for name in _ROLES)
        raise BadRequestError(
            f"Invalid value: '{role}'. Supported values are: {known}.", f"{where}.role", "invalid_value"
        )
    calls = message.get("tool_calls")
    if calls is not None:
        called.update(_call_ids(f"{where}.tool_calls", calls))
    _check_content(f"{where}.content", message.get("content"), optional=role == "assistant" and bool(calls))
    answered = message.get("tool_call_id")
    if role == "tool" and not (isinstance(answered, str) and answered in called):
        raise BadRequestError(
            "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
            f"{where}.role",
        )


def _call_ids(where: str, calls: object) -> list[str]:
    if not isinstance(calls, list):
        raise _wrong_type(where, "an array of objects", calls)
    for index, call in enumerate(calls):
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(call.get("id"), str):
            raise _wrong_type(f"{where}[{index}]", "a function call with an id", call)
        if not isinstance(function.get("name"), str) or not isinstance(function.get("arguments"), str):
            raise _wrong_type(f"{where}[{index}].function", "a name and arguments, both strings", function)
    return [call["id"] for call in calls]


def _check_content(where: str, content: object, *, optional: bool) -> None:
    if isinstance(content, str) or (content is None and optional):
        return
    if not isinstance(content, list) or not content:
        raise BadRequestError(
            f"Invalid value for '{where}': expected a string or an array of content parts, got {_name(content)}.",
            where,
        )
    for index, part in enumerate(content):
        if not isinstance(part, dict):
            raise _wrong_type(f"{where}[{index}]", "an object", part)
        if part.get("type") not in _PARTS:
            raise BadRequestError(f"Invalid value: '{part.get('type')}'.", f"{where}[{index}].type", "invalid_value")
        if part["type"] == "text" and not isinstance(part.get("text"), str):
            raise _wrong_type(f"{where}[{index}].text", "a string", part.get("text"))


def _tools(payload: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    tools = payload.get("tools")
    if tools is None:
        return {}
    if not isinstance(tools, list) or not 0 < len(tools) <= _MAX_TOOLS:
        raise BadRequestError(f"Invalid 'tools': expected an array of 1 to {_MAX_TOOLS} tools.", "tools")
    found: dict[str, Mapping[str, Any]] = {}
    for index, tool in enumerate(tools):
        function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise BadRequestError(
                f"Missing required parameter: 'tools[{index}].function'.",
                f"tools[{index}].function",
                "missing_required_parameter",
            )
        parameters = function.get("parameters")
        found[function["name"]] = parameters if isinstance(parameters, dict) else {}
    return found


def _tool_choice(payload: Mapping[str, Any], tools: Mapping[str, object]) -> object:
    choice = payload.get("tool_choice")
    if choice is None:
        return "auto"
    if not tools:
        raise BadRequestError(
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", "tool_choice"
        )
    if isinstance(choice, str) and choice in {"none", "auto", "required"}:
        return choice
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str) or name not in tools:
        raise BadRequestError("Invalid value for 'tool_choice': no such function in 'tools'.", "tool_choice")
    return {"function": name}


def _response_format(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted = _object(payload, "response_format")
    if not wanted:
        return {}
    if wanted.get("type") not in ("text", "json_object", "json_schema"):
        raise BadRequestError(f"Invalid value: '{wanted.get('type')}'.", "response_format.type", "invalid_value")
    schema = wanted.get("json_schema")
    if wanted["type"] == "json_schema" and not (isinstance(schema, dict) and isinstance(schema.get("schema"), dict)):
        raise BadRequestError(
            "Missing required parameter: 'response_format.json_schema'.",
            "response_format.json_schema",
            "missing_required_parameter",
        )
    return wanted


def _stop(payload: Mapping[str, Any]) -> tuple[str, ...]:
    stop = payload.get("stop")
    if stop is None:
        return ()
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or not all(isinstance(one, str) and one for one in stops):
        raise _wrong_type("stop", "a string or an array of strings", stop)
    return tuple(stops)


def _string(payload: Mapping[str, Any], name: str) -> str | None:
    value = payload.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong_type(name, "a string", value)
    return value


def _boolean(payload: Mapping[str, Any], name: str) -> bool:
    value = payload.get(name)
    if value is not None and not isinstance(value, bool):
        raise _wrong_type(name, "a boolean", value)
    return value is True


def _object(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    if value is not None and not isinstance(value, dict):
        raise _wrong_type(name, "an object", value)
    return value or {}


def _integer(payload: Mapping[str, Any], name: str, least: int, most: int | None = None) -> int | None:
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong_type(name, "an integer", value)
    if value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"between {least} and {most}"
        raise BadRequestError(f"Invalid '{name}': expected a value {bounds}, got {value}.", name, "invalid_value")
    return value


def _wrong_type(where: str, expected: str, value: object) -> BadRequestError:
    return BadRequestError(
        f"Invalid type for '{where}': expected {expected}, but got {_name(value)} instead.", where, "invalid_type"
    )


def _name(value: object) -> str:
    names = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return "null" if value is None else names.get(type(value), "something else")
