"""Reading a chat completions body: what the emulated model needs of it, or the refusal OpenAI's API gives.

Fields it does not know travel by unread, as Azure lets unknown sampling options of newer models do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from guardrails.emulator.services.chat_fields import BadRequestError, boolean, integer, mapping, string, wrong_type
from guardrails.emulator.services.chat_messages import images_of, read_messages, text_of
from guardrails.emulator.services.chat_tools import read_functions, read_tools

_MAX_CHOICES: Final = 128


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One validated body. `tools` maps a function's name to the JSON schema of its parameters.

    `older_functions`: they came as `functions` and are to be called with `function_call`.
    """

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
    older_functions: bool = False
    response_format: Mapping[str, Any] = field(default_factory=dict)
    logprobs: bool = False
    top_logprobs: int = 0

    @property
    def texts(self) -> list[str]:
        """Every text of every message."""
        return [text_of(message) for message in self.messages]

    @property
    def images(self) -> int:
        """How many images the messages hold."""
        return sum(images_of(message) for message in self.messages)

    @property
    def last_user_text(self) -> str:
        """The text of the last user message, empty when there is none."""
        users = [message for message in self.messages if message.get("role") == "user"]
        return text_of(users[-1]) if users else ""


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
    stream = boolean(payload, "stream")
    options = mapping(payload, "stream_options")
    if options and not stream:
        raise BadRequestError(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
        )
    functions = read_functions(payload)
    tools, tool_choice = functions or read_tools(payload)
    return ChatRequest(
        messages=read_messages(payload),
        model=string(payload, "model"),
        stream=stream,
        include_usage=options.get("include_usage") is True,
        choices=integer(payload, "n", 1, _MAX_CHOICES) or 1,
        max_tokens=integer(payload, "max_completion_tokens", 1) or integer(payload, "max_tokens", 1),
        stop=_stop(payload),
        tools=tools,
        tool_choice=tool_choice,
        parallel_tool_calls=payload.get("parallel_tool_calls") is not False and functions is None,
        older_functions=functions is not None,
        response_format=_response_format(payload),
        logprobs=boolean(payload, "logprobs"),
        top_logprobs=_top_logprobs(payload),
    )


def _top_logprobs(payload: Mapping[str, Any]) -> int:
    wanted = integer(payload, "top_logprobs", 0, 20)
    if wanted is not None and not boolean(payload, "logprobs"):
        raise BadRequestError(
            "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs"
        )
    return wanted or 0


def _response_format(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted = mapping(payload, "response_format")
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
        raise wrong_type("stop", "a string or an array of strings", stop)
    return tuple(stops)
