"""One cell of the matrix: a plant in a position, sent through a door, and what the wire showed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonpointer
from running import KEY, Service
from scripted_model import ScriptedModel
from server.leaks.bodies import HELLO, answer_with, body_with, streamed
from server.leaks.maximal import ANSWER, BODY
from server.leaks.plants import FORMS, PLANTS, events, leaks
from server.leaks.row import Outcome, Row

DOORS = (
    "/guarded-chat",
    "/v1/chat/completions",
    "/openai/v1/chat/completions",
    "/openai/deployments/{model}/chat/completions",
)
FINE: Mapping[str, Any] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "All is well."}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back, and what the model was sent: nothing when it was not asked."""

    status: int
    raw: bytes = field(repr=False)
    sent: bytes = field(repr=False)


def value_for(row: Row, whole: Mapping[str, Any], plant: str) -> object:
    """What stands at the row's pointer with this plant in it."""
    text = FORMS[row.form](PLANTS[plant].text)
    if row.named:
        return {**jsonpointer.resolve_pointer(whole, row.pointer), text: "a"}
    if row.form == "a JSON number" and not row.pointer.endswith(("arguments", "content")):
        return int(PLANTS[plant].text.replace(" ", ""))
    return text


def request_of(row: Row, plant: str) -> dict[str, Any]:
    value = value_for(row, BODY, plant)
    if row.pointer:
        return body_with(row.pointer, value)
    names = {name: member for name, member in value.items() if name not in BODY}
    return {"model": BODY["model"], "messages": [HELLO], **names}


def answer_of(row: Row, plant: str) -> dict[str, Any]:
    value = value_for(row, ANSWER, plant)
    if row.pointer:
        return answer_with(row.pointer, value)
    return dict(FINE) | {name: member for name, member in value.items() if name not in ANSWER}


async def ask(service: Service, model: ScriptedModel, body: Mapping[str, Any], door: str, policy: str) -> Seen:
    model.received.clear()
    headers = {"api-key": KEY, "x-guardrails-policy": policy}
    path = door.replace("{model}", str(body["model"]))
    async with service.session.post(service.url + path, json=body, headers=headers) as response:
        raw = await response.read()
        return Seen(response.status, raw, b"\n".join(model.received))


async def send(
    house: tuple[Service, ScriptedModel], row: Row, plant: str, *, door: str = DOORS[0], policy: str | None = None
) -> Seen:
    """An input cell: the plant is in the request, the answer is harmless."""
    service, model = house
    model.answer = FINE
    return await ask(service, model, request_of(row, plant), door, policy or row.policy)


async def answered(
    house: tuple[Service, ScriptedModel], row: Row, plant: str, *, door: str = DOORS[0], policy: str | None = None
) -> Seen:
    """An output cell: the plant is in the answer to a harmless request."""
    service, model = house
    model.answer = answer_of(row, plant)
    return await ask(service, model, {"model": "scripted", "messages": [HELLO]}, door, policy or row.policy)


async def stream(
    house: tuple[Service, ScriptedModel],
    answer: Mapping[str, Any],
    size: int,
    *,
    door: str = DOORS[0],
    policy: str = "default",
) -> Seen:
    """A streamed output cell: the same answer, its texts `size` characters at a time."""
    service, model = house
    model.pieces = streamed(answer, size)
    return await ask(service, model, {"model": "scripted", "messages": [HELLO], "stream": True}, door, policy)


def wrong_with_input(outcome: Outcome, plant: str, seen: Seen) -> str | None:
    """Why what was seen is not this outcome."""
    if outcome is Outcome.TRAVELS:
        return None if seen.status == 200 and leaks(plant, seen.sent) else f"does not travel ({seen.status})"
    if leaks(plant, seen.sent):
        return "LEAKS to the model"
    if leaks(plant, seen.raw):
        return "is told to the caller"
    if outcome in {Outcome.BLOCKED, Outcome.REFUSED}:
        return _not_stopped(outcome, seen)
    return None if seen.status == 200 and seen.sent else f"is stopped ({seen.status}), not {outcome}"


def _not_stopped(outcome: Outcome, seen: Seen) -> str | None:
    if seen.sent:
        return "the model is asked"
    filtered = seen.status == 400 and b"ResponsibleAIPolicyViolation" in seen.raw
    if outcome is Outcome.BLOCKED:
        return None if filtered else f"is {seen.status}, not a block"
    return None if not filtered and 400 <= seen.status < 500 else f"is {seen.status}, not a refusal"


def wrong_with_output(outcome: Outcome, plant: str, seen: Seen) -> str | None:
    """The same for an answer."""
    if outcome is Outcome.TRAVELS:
        return None if seen.status == 200 and leaks(plant, seen.raw) else f"does not travel ({seen.status})"
    if leaks(plant, seen.raw):
        return "LEAKS to the caller"
    withheld = b'"finish_reason":"content_filter"' in seen.raw
    if outcome is Outcome.REFUSED:
        return None if seen.status == 502 else f"is {seen.status}, not a refusal"
    if seen.status != 200:
        return f"is {seen.status}"
    if outcome is Outcome.BLOCKED:
        return None if withheld else "is not withheld"
    return "is withheld, not redacted" if withheld else None


def wrong_with_stream(outcome: Outcome, plant: str, seen: Seen) -> str | None:
    """The same for a stream, which ends whatever is found in it: in `[DONE]`, or in an error event."""
    if outcome is Outcome.TRAVELS:
        return None
    if leaks(plant, seen.raw):
        return "LEAKS to the caller"
    if seen.status != 200:
        return None if seen.status == 502 else f"is {seen.status}"
    told = events(seen.raw)
    broke = any(isinstance(chunk, dict) and "error" in chunk for chunk in told)
    if not broke and not seen.raw.endswith(b"data: [DONE]\n\n"):
        return "does not end"
    cut = b'"content_filter"' in seen.raw
    if outcome is Outcome.REDACTED:
        return "is cut, not redacted" if cut else None
    return None if cut or broke else "is neither cut nor broken off"
