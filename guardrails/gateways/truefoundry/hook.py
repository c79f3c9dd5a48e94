"""Which of TrueFoundry's hooks a body comes from, and what of it is judged.

The wire does not name the hook. Those around a model send `requestBody`, and `responseBody` once there is an answer.
That a model was called is believed of the request: a tool's result could be made to look like a model's answer. All the
rest is taken for the hooks around MCP tools, whose bodies are published nowhere, and read leaf by leaf.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from guardrails.chat.anything import extract_anything, extract_chat_or_anything, extract_native
from guardrails.chat.extract import Extract, collected, not_given
from guardrails.chat.leaves import whole
from guardrails.chat.protocol import only_words
from guardrails.domain.content import Origin, Segment, Stage, Unread
from guardrails.gateways.adapter import Read
from guardrails.gateways.reading import extract_completion_or_anything, extract_something

REQUEST: Final = "requestBody"
ANSWER: Final = "responseBody"
_BODIES: Final = frozenset({REQUEST, ANSWER})
_ABOUT: Final = frozenset({"context", "config"})
_ASKED: Final = frozenset({"prompt", "input", "contents"})
"""Where requests to models have their texts when they have no `messages`."""
_SAID: Final = frozenset({"choices", "output", "candidates"})
_TOOL_RESULT: Final = frozenset({"content", "structuredContent", "isError"})

BESIDE: Final = "/(other members)"
_AROUND: Final = "/(context and config)"
"""Pointers of what stands outside of the body that is judged: no identifiers, so that nothing inside it has them."""
_WORDS: Final = "single words beside the two bodies"
_NEVER_SENT: Final = "for whom the gateway asks, and what its operator set; sent to no tool"


@dataclass(frozen=True, slots=True)
class Hook:
    """What is judged, as `guardrails.gateways.adapter.Submission` has it.

    `editable` says whether TrueFoundry takes `content` back.
    """

    stage: Stage
    content: Any = field(repr=False)
    read: Read = field(repr=False)
    editable: bool = True


def hook_of(body: Mapping[str, Any]) -> Hook:
    """What of a call is judged: the answer where there is one, since its request was judged before it was sent."""
    request, answer = body.get(REQUEST), body.get(ANSWER)
    tool = isinstance(request, dict) and not _asks_a_model(request)
    if isinstance(answer, dict):
        read, stage = _reading(request, answer)
        # A request that is no object was in no shape to be judged before.
        known = _BODIES if isinstance(request, dict) else {ANSWER}
        return Hook(stage, answer, _with(read, body, known, tool=tool))
    if answer is None and isinstance(request, dict):
        read = partial(extract_native if _has_input(request) else extract_chat_or_anything, request)
        return Hook(Stage.INPUT, request, _with(read, body, _BODIES, tool=tool and bool(request)))
    rest = {name: member for name, member in body.items() if name not in _ABOUT}
    return Hook(Stage.INPUT, rest, partial(extract_something, rest), editable=False)


def _reading(request: object, answer: dict[str, Any]) -> tuple[Read, Stage]:
    is_said = answer.get("role") == "assistant" or not _SAID.isdisjoint(answer)
    if is_said and (request is None or (isinstance(request, dict) and _asks_a_model(request))):
        return partial(extract_completion_or_anything, answer), Stage.OUTPUT
    # What a tool found goes on to the model; so may what nobody knows.
    origin = Origin.TOOL if _is_tool_result(answer) else Origin.USER
    return partial(extract_anything, answer, origin=origin), Stage.INPUT


def _asks_a_model(request: Mapping[str, Any]) -> bool:
    return "messages" in request or ("model" in request and not _ASKED.isdisjoint(request))


def _has_input(request: Mapping[str, Any]) -> bool:
    """Whether it is of the Responses API, or for embeddings: roles may be believed as in a chat."""
    return isinstance(request.get("model"), str) and "input" in request and "messages" not in request


def _is_tool_result(answer: Mapping[str, Any]) -> bool:
    """Whether it is what MCP calls the result of a tool, alone or in its JSON-RPC envelope."""
    inner = answer.get("result")
    return not _TOOL_RESULT.isdisjoint(inner if isinstance(inner, dict) else answer)


def _with(read: Read, body: Mapping[str, Any], known: Collection[str], *, tool: bool) -> Read:
    """`read`, and what stands beside it."""

    def reading(trusted: Collection[str]) -> Extract:
        return read(trusted) + collected(_outside(body, known, tool=tool))

    return reading


def _outside(body: Mapping[str, Any], known: Collection[str], *, tool: bool) -> Iterator[Segment | Unread]:
    rest = {name: member for name, member in body.items() if name not in known and name not in _ABOUT}
    if only_words(rest):
        yield from not_given(rest, BESIDE, _WORDS, Origin.USER)
    else:
        yield whole(rest, BESIDE, Origin.USER)
    if tool:
        # Calls and results of tools may well hold no text at all; with this receipt that is nothing to be refused.
        about = {name: body[name] for name in _ABOUT if name in body}
        yield from not_given(about, _AROUND, _NEVER_SENT, Origin.SYSTEM)
