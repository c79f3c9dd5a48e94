"""What the emulated model says. The same request always gets the same answer; this is the whole grammar.

A scenario's `says` goes before all of it. Otherwise it depends on the last user message:

- `say: <text>` at the start of a line: the answer is exactly what follows the colon and the blanks after it, to
  the end of the message.
  `say[1]: <text>` is the answer of choice 1 alone (up to the next `say[n]:`).
- `call <tool>` with a tool of the request's `tools`: the answer is that call; every tool named after a `call` is
  called. A JSON object after the name is the arguments as they stand (`call get_weather {"city": "Oslo"}`), otherwise
  they are made up from the parameters' schema. `tool_choice` forces or forbids. A function of the older `functions` is
  called the same way, one at most.
- `refuse: <text>` at the start of the message: the model declines, with that text as its `refusal`.
- otherwise `You said: <text>`, and after a tool's result `The tool answered: <result>`.

`response_format` wraps the answer in JSON that fits; `stop`, `max_tokens` and the filter's trigger words cut it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from guardrails.emulator.scripted import ScriptedCall, ScriptedChoice
from guardrails.emulator.services.chat_filter import ANSWER_TRIGGER, ERROR_TRIGGER
from guardrails.emulator.services.chat_messages import text_of
from guardrails.emulator.services.chat_request import ChatRequest
from guardrails.emulator.services.chat_schema import example_of

_SAY: Final = re.compile(r"^[ \t]*say(?:\[(\d{1,4})\])?:[ \t]*", re.MULTILINE | re.IGNORECASE)
_CALL: Final = re.compile(r"\bcall\s+([A-Za-z0-9_-]+)", re.IGNORECASE)
_TOKENS: Final = re.compile(r" ?\w{1,6}|.", re.DOTALL)
_REFUSE: Final = re.compile(r"\s*refuse:[ \t]*", re.IGNORECASE)
_CHARACTERS_PER_TOKEN: Final = 4
_TOKENS_PER_IMAGE: Final = 85
_ARGUMENT_FRAGMENT: Final = 8


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a function. `pieces` are the text of its arguments as a stream sends it, normally JSON."""

    identifier: str
    name: str
    pieces: tuple[str, ...] = field(repr=False)

    @property
    def arguments(self) -> str:
        """The whole text."""
        return "".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice: its text and refusal as tokens, its calls, and why it ended. `filtered` marks a cut by the filter."""

    tokens: tuple[str, ...] = field(default=(), repr=False)
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    filtered: bool = False
    refusal: tuple[str, ...] = field(default=(), repr=False)
    function_call: ToolCall | None = None

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls of either form."""
        return self.tool_calls if self.function_call is None else (self.function_call,)

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.tokens)


@dataclass(frozen=True, slots=True)
class Completion:
    """Everything one request is answered with, before it is rendered. `filter_failed`: see `chat_filter`."""

    answers: tuple[Answer, ...]
    prompt_tokens: int
    filter_failed: bool = False

    @property
    def usage(self) -> dict[str, Any]:
        """The token counts in OpenAI's shape."""
        spoken = sum(len(answer.tokens) + len(answer.refusal) for answer in self.answers)
        called = sum(count_tokens(call.arguments) for answer in self.answers for call in answer.calls)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": spoken + called,
            "total_tokens": self.prompt_tokens + spoken + called,
            "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
            "completion_tokens_details": {
                "accepted_prediction_tokens": 0,
                "audio_tokens": 0,
                "reasoning_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }


def complete(request: ChatRequest, *, filter_failed: bool = False, says: Sequence[ScriptedChoice] = ()) -> Completion:
    """Answer a request: as scripted, or as the grammar has it."""
    asked = request.last_user_text
    answers = [_scripted(choice, index) for index, choice in enumerate(says)]
    return Completion(
        answers=tuple(answers or [_answer(request, asked, index) for index in range(request.choices)]),
        prompt_tokens=prompt_tokens(request),
        filter_failed=filter_failed or ERROR_TRIGGER in asked.lower(),
    )


def prompt_tokens(request: ChatRequest) -> int:
    """Estimate the prompt's tokens, four characters each, a few for every message and a fixed sum for an image."""
    return sum(3 + count_tokens(text) for text in request.texts) + 3 + _TOKENS_PER_IMAGE * request.images


def count_tokens(text: str) -> int:
    """Estimate a text's tokens at four characters each."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def _answer(request: ChatRequest, asked: str, index: int) -> Answer:
    calls = tuple(_tool_calls(request, asked, index))
    if calls:
        forced = isinstance(request.tool_choice, dict)
        if request.older_functions:
            return Answer(function_call=calls[0], finish_reason="stop" if forced else "function_call")
        return Answer((), calls, "stop" if forced else "tool_calls")
    if declined := _REFUSE.match(asked):
        return Answer(refusal=tuple(_TOKENS.findall(asked[declined.end() :])))
    text = _formatted(request, _spoken(request, asked, index))
    tokens: list[str] = _TOKENS.findall(_stopped(text, request.stop))
    reason = "stop"
    if request.max_tokens is not None and len(tokens) > request.max_tokens:
        tokens, reason = tokens[: request.max_tokens], "length"
    if ANSWER_TRIGGER in asked.lower():
        return Answer(tuple(tokens[: len(tokens) // 2]), (), "content_filter", filtered=True)
    return Answer(tuple(tokens), (), reason)


def _scripted(choice: ScriptedChoice, index: int) -> Answer:
    calls = tuple(_scripted_call(call, index, order) for order, call in enumerate(choice.tool_calls))
    called = None if choice.function_call is None else _scripted_call(choice.function_call, index, 0)
    reason = "content_filter" if choice.filtered else "tool_calls" if calls else "function_call" if called else "stop"
    return Answer(
        tuple(choice.content),
        calls,
        choice.finish_reason or reason,
        filtered=choice.filtered,
        refusal=tuple(choice.refusal),
        function_call=called,
    )


def _scripted_call(call: ScriptedCall, index: int, order: int) -> ToolCall:
    digest = sha256(f"{call.name}|{index}|{order}".encode("utf-8", "replace")).hexdigest()
    return ToolCall(call.identifier or f"call_{digest[:24]}", call.name, tuple(call.arguments))


def _spoken(request: ChatRequest, asked: str, index: int) -> str:
    last = request.messages[-1]
    if last.get("role") in {"tool", "function"}:
        return f"The tool answered: {text_of(last)}"
    said = scripted_text(asked, index)
    if said is not None:
        return said
    if not asked:
        return "Hello! How can I help you today?"
    return f"You said: {asked}" if index == 0 else f"You said: {asked} ({index + 1})"


def scripted_text(asked: str, index: int = 0) -> str | None:
    """Return what `say:` makes the model say for a choice, None when the message holds no such line."""
    markers = list(_SAY.finditer(asked))
    plain = next((marker for marker in markers if marker.group(1) is None), None)
    numbered = [marker for marker in markers if marker.group(1) is not None]
    for place, marker in enumerate(numbered):
        if plain is not None and plain.start() < marker.start():
            break
        if int(marker.group(1)) == index:
            following = [*numbered[place + 1 : place + 2], *([plain] if plain else [])]
            end = min((later.start() for later in following), default=len(asked))
            return asked[marker.end() : end].removesuffix("\n")
    return asked[plain.end() :] if plain is not None else None


def _formatted(request: ChatRequest, text: str) -> str:
    kind = request.response_format.get("type")
    if kind not in {"json_object", "json_schema"} or _is_json_object(text):
        return text
    if kind == "json_object":
        return json.dumps({"answer": text}, ensure_ascii=False)
    schema = request.response_format["json_schema"]["schema"]
    return json.dumps(example_of(schema, text), ensure_ascii=False)


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _stopped(text: str, stops: tuple[str, ...]) -> str:
    return text[: min((place for stop in stops if (place := text.find(stop)) >= 0), default=len(text))]


def _tool_calls(request: ChatRequest, asked: str, index: int) -> Iterator[ToolCall]:
    for order, (name, arguments) in enumerate(_wanted_calls(request, asked)):
        digest = sha256(f"{asked}|{name}|{index}|{order}".encode("utf-8", "replace")).hexdigest()
        pieces = [arguments[at : at + _ARGUMENT_FRAGMENT] for at in range(0, len(arguments), _ARGUMENT_FRAGMENT)]
        yield ToolCall(f"call_{digest[:24]}", name, tuple(pieces))
        if not request.parallel_tool_calls:
            return


def _wanted_calls(request: ChatRequest, asked: str) -> list[tuple[str, str]]:
    choice = request.tool_choice
    after_tool = request.messages[-1].get("role") in {"tool", "function"}
    if not request.tools or choice == "none" or (after_tool and choice == "auto"):
        return []
    named = _named_calls(request.tools, asked)
    if isinstance(choice, dict):
        forced = choice["function"]
        given = [call for call in named if call[0] == forced]
        return given[:1] or [(forced, _made_up(request.tools[forced], asked))]
    if choice == "required" and not named:
        first = next(iter(request.tools))
        return [(first, _made_up(request.tools[first], asked))]
    return named


def _named_calls(tools: Mapping[str, Mapping[str, Any]], asked: str) -> list[tuple[str, str]]:
    if _SAY.search(asked):
        return []
    return [
        (match.group(1), _given_object(asked[match.end() :]) or _made_up(tools[match.group(1)], asked))
        for match in _CALL.finditer(asked)
        if match.group(1) in tools
    ]


def _given_object(rest: str) -> str | None:
    start = len(rest) - len(rest.lstrip())
    if rest[start : start + 1] != "{":
        return None
    try:
        value, end = json.JSONDecoder().raw_decode(rest, start)
    except (ValueError, RecursionError):
        return None
    return rest[start:end] if isinstance(value, dict) else None


def _made_up(parameters: Mapping[str, Any], asked: str) -> str:
    schema = parameters or {"type": "object", "properties": {}}
    value = example_of(schema, asked.strip()[:40] or "example")
    return json.dumps(value if isinstance(value, dict) else {}, ensure_ascii=False)
