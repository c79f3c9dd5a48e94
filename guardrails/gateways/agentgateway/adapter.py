"""The Guardrail Webhook API of agentgateway, kgateway and Gloo (contract: agentgateway, llm/policy/webhook.rs).

The gateway looks at no status and at no word that names the action: it takes the first of Mask, Reject and Pass that
the JSON fits. A Reject with a `body` that is no string, or a `status_code` that is no integer, is a Pass there. And a
Mask makes every message anew from role and content, so that it would take tool calls and images out of a conversation.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from guardrails.chat.anything import extract_anything
from guardrails.chat.extract import Extract
from guardrails.chat.request import extract_messages
from guardrails.domain.content import Origin, Stage, Unread
from guardrails.domain.errors import InvalidRequest, TooLarge
from guardrails.domain.subject import Subject
from guardrails.domain.unicode import is_unicode
from guardrails.domain.verdict import Action
from guardrails.gateways.adapter import Call, Judged, Reply, Submission, Unjudged
from guardrails.gateways.fields import object_in
from guardrails.policy.decide import NOT_EDITABLE

REJECTED: Final = 403
"""What the gateway's client gets with a block. A client that retries does not retry this one."""

STREAM_QUERY: Final = "stream"
STREAM_HEADER: Final = "x-guardrails-stream"
"""Where the operator says that his guard is called for streams: `enabled`, as the gateway's own setting spells it."""

_MESSAGE: Final = frozenset({"role", "content"})
_ANSWERS_OF_TOOLS: Final = frozenset({"tool", "function"})
_NO_TEXT: Final = "the gateway sends no text: what it has of tool calls and their results it keeps to itself"

_UNKNOWN: Final = "It could not be hidden instead: the body is of a shape that the gateway takes no change of."
_STREAMED: Final = "It could not be hidden instead: the gateway takes no change of what it streams."
_DESTROYED: Final = "It could not be hidden instead: the gateway would drop what is no text here, such as tool calls."


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two doors: the member its texts stand in, and who wrote them where nothing says so."""

    stage: Stage
    member: str
    origin: Origin


_SIDES: Final[Mapping[str, _Side]] = {
    "request": _Side(Stage.INPUT, "messages", Origin.USER),
    "response": _Side(Stage.OUTPUT, "choices", Origin.ASSISTANT),
}


class Agentgateway:
    """The adapter. The last word of the path says which way the text travels."""

    name = "agentgateway"
    doors = (("POST", "/gateways/agentgateway/{path}"),)
    reads_bytes = False

    def parse(self, call: Call) -> Submission:
        """Read all messages, or all choices, and whatever else there may be once the gateway sends more."""
        side, subject = _side(call), _subject(call)
        editable = _obstacle(call, side) is None
        texts = _texts(call, side)
        if texts is None:
            _require_own_door(call, side)
            body = dict(call.body)
            read = partial(extract_anything, body, origin=side.origin)
            return Submission(side.stage, body, read, subject=subject, editable=editable)
        beside = _beside(call, side)
        read_all = partial(_read, side, texts, beside)
        return Submission(side.stage, {**beside, side.member: texts}, read_all, subject=subject, editable=editable)

    def render(self, call: Call, submission: Submission, judged: Judged) -> Reply:  # noqa: ARG002 - the call tells all
        """One of the three actions."""
        reason = f"{judged.message}. Reference: {judged.id}"
        side = _side(call)
        if judged.blocked:
            obstacle = _obstacle(call, side) if _would_be_hidden(judged) else None
            return _reject(call, f"{judged.told}. {obstacle}" if obstacle else judged.told, reason)
        if judged.edited is None:
            return Reply({"action": {"reason": reason}})
        return Reply({"action": {"body": {side.member: judged.edited[side.member]}, "reason": reason}})

    def refuse(self, call: Call, unjudged: Unjudged) -> Reply:
        """A Reject that says why."""
        return _reject(call, unjudged.message, unjudged.code)


def _reject(call: Call, body: str, reason: str) -> Reply:
    answer: dict[str, Any] = {"action": {"body": body, "status_code": REJECTED, "reason": reason}}
    if call.path == "request":
        # A guard with `messageFormat: Raw` reads nothing but this member, and passes where it is missing. Without any
        # messages it is an answer that it cannot use, and its failure mode decides.
        answer["messages"] = []
    return Reply(answer)


def _side(call: Call) -> _Side:
    side = _SIDES.get(call.path)
    if side is None:
        raise InvalidRequest("The path must end in /request or /response.")
    return side


def _require_own_door(call: Call, side: _Side) -> None:
    """Refuse what belongs to the other door: answers are judged by other rules, and nobody would notice."""
    for other in _SIDES.values():
        if other is not side and other.member in object_in(call.body, "body"):
            raise InvalidRequest(f"holds {other.member}, which this door is not for", field=f"body.{other.member}")


def _streams(call: Call) -> bool:
    words = {
        f"query {STREAM_QUERY}": call.query.get(STREAM_QUERY),
        f"header {STREAM_HEADER}": call.headers.get(STREAM_HEADER),
    }
    for place, word in words.items():
        if word is not None and word.casefold() not in {"enabled", "disabled"}:
            raise InvalidRequest("must be enabled or disabled", field=place)
    return any(word is not None and word.casefold() == "enabled" for word in words.values())


def _texts(call: Call, side: _Side) -> list[Any] | None:
    """The messages or choices; None where the body is not of the dialect's shape."""
    texts = object_in(call.body, "body").get(side.member)
    # Beside `body` the member would take the place of the real one.
    return texts if isinstance(texts, list) and side.member not in call.body else None


def _beside(call: Call, side: _Side) -> dict[str, Any]:
    """What else the body holds. The gateway sends nothing else today."""
    inside = {name: value for name, value in object_in(call.body, "body").items() if name != side.member}
    outside = {name: value for name, value in call.body.items() if name != "body"}
    return {**outside, "body": inside} if inside else outside


def _read(side: _Side, texts: list[Any], beside: Mapping[str, Any], trusted: Collection[str]) -> Extract:
    found = _chat(side, texts, trusted)
    if not beside:
        return found
    more = extract_anything(dict(beside), trusted, side.origin)
    return found + replace(more, segments=tuple(replace(segment, editable=False) for segment in more.segments))


def _chat(side: _Side, texts: list[Any], trusted: Collection[str]) -> Extract:
    if not texts:
        return Extract(unread=(Unread(f"/{side.member}", 0, _NO_TEXT, side.origin),))
    body = {side.member: texts}
    if side.stage is Stage.INPUT:
        try:
            return extract_messages(body, trusted)
        except TooLarge:
            raise
        except InvalidRequest:
            pass
    return extract_anything(body, trusted, side.origin)


def _is_carried(texts: Sequence[Any], side: _Side) -> bool:
    """Whether a Mask can carry these: role and text are all there is to each, as far as can be told.

    Of a tool call and of an image the gateway sends an empty text.
    """
    if side.stage is Stage.OUTPUT:
        whole = all(isinstance(choice, dict) and choice.keys() == {"message"} for choice in texts)
        texts = [choice["message"] for choice in texts] if whole else [None]
    return all(map(_is_plain, texts))


def _is_plain(message: object) -> bool:
    if not isinstance(message, dict) or message.keys() != _MESSAGE:
        return False
    role, content = message["role"], message["content"]
    return isinstance(role, str) and role not in _ANSWERS_OF_TOOLS and isinstance(content, str) and bool(content)


def _would_be_hidden(judged: Judged) -> bool:
    """Whether nothing blocked but redactions that could not be carried out."""
    blocking = [reason for reason in judged.verdict.reasons if reason.action is Action.BLOCK]
    return all(reason.detail == NOT_EDITABLE for reason in blocking)


def _obstacle(call: Call, side: _Side) -> str | None:
    """Why no change can be told to the gateway; None where it can."""
    streams, texts = _streams(call), _texts(call, side)
    if texts is None:
        return _UNKNOWN
    if streams:
        return _STREAMED
    return None if _is_carried(texts, side) else _DESTROYED


def _subject(call: Call) -> Subject:
    """Who asks, by the headers that the operator has the gateway send: the bodies name nobody."""
    user, team, model, request_id = map(partial(_header, call), ("x-user", "x-team", "x-model", "x-request-id"))
    return Subject(user=user, team=team, model=model, request_id=request_id)


def _header(call: Call, name: str) -> str | None:
    value = call.headers.get(name)
    return value if value and is_unicode(value) else None
