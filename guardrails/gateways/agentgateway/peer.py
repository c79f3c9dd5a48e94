"""The side of agentgateway, kgateway and Gloo: their calls, and how their parser reads an answer (webhook.rs).

The parser is serde's for an untagged enum: the first of Mask, Reject and Pass that the JSON fits. Members that it does
not know are ignored, so that whatever fits neither of the first two is a Pass.
"""

from typing import Any, Final

from guardrails.gateways.peer import Answer, Effect, Outcome, Play
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, HARM, MAIL

_REQUEST: Final = "/gateways/agentgateway/request"
_RESPONSE: Final = "/gateways/agentgateway/response"
_LARGEST_U16: Final = 0xFFFF
_STATUSES: Final = range(100, 1000)
"""The status codes that an HTTP response can be built with there."""
_FAILED: Final = "an error of the gateway's own"
_CLOSED: Final = "failureMode: failClosed (the gateway's default)"
_OPEN: Final = "failureMode: failOpen"


def read_action(action: object) -> Outcome | None:
    """What the gateway takes an `action` for; None where it is an error there.

    The three are told apart by their shape alone. A `reason` that is no string makes each of them unfit.
    """
    if not isinstance(action, dict) or not isinstance(action.get("reason"), str | None):
        return None
    body, status = action.get("body"), action.get("status_code")
    if isinstance(body, dict) and (_are_messages(body.get("messages")) or _are_choices(body.get("choices"))):
        return Outcome.MUTATE
    # A boolean is no integer there, though it is one here.
    is_status = isinstance(status, int) and not isinstance(status, bool) and 0 <= status <= _LARGEST_U16
    return Outcome.BLOCK if isinstance(body, str) and is_status else Outcome.PASS


def _are_messages(messages: object) -> bool:
    return isinstance(messages, list) and all(map(_is_message, messages))


def _are_choices(choices: object) -> bool:
    return isinstance(choices, list) and all(
        isinstance(choice, dict) and _is_message(choice.get("message")) for choice in choices
    )


def _is_message(message: object) -> bool:
    return (
        isinstance(message, dict) and isinstance(message.get("role"), str) and isinstance(message.get("content"), str)
    )


def _messages(text: str) -> dict[str, Any]:
    return {
        "body": {
            "messages": [
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": text},
            ]
        }
    }


def _choices(text: str) -> dict[str, Any]:
    return {"body": {"choices": [{"message": {"role": "assistant", "content": text}}]}}


class AgentgatewayPeer:
    """What agentgateway does."""

    name = "agentgateway"
    patience_s = 10.0
    plays = (
        Play("pass", "a clean request", _REQUEST, _messages(CLEAN), Outcome.PASS),
        Play("block", "an attack", _REQUEST, _messages(ATTACK), Outcome.BLOCK),
        Play("mutate", "a mail address in a request", _REQUEST, _messages(MAIL), Outcome.MUTATE),
        Play("output", "a card number in an answer", _RESPONSE, _choices(CARD), Outcome.MUTATE),
        Play("output", "harm in an answer", _RESPONSE, _choices(HARM), Outcome.BLOCK),
        Play(
            "stream",
            "a card number in a window of a stream",
            _RESPONSE,
            _choices(CARD),
            Outcome.BLOCK,
            query={"stream": "enabled"},
        ),
    )

    def reads(self, play: Play, answer: Answer | None) -> tuple[Effect, ...]:
        """The JSON alone; its status is not looked at."""
        streams = play.name.partition("-")[0] == "stream"
        body = answer.body if answer is not None and isinstance(answer.body, dict) else {}
        action = body.get("action")
        taken = read_action(action)
        if taken is None or not isinstance(action, dict):
            return (Effect(Outcome.BLOCK, _FAILED, _CLOSED), Effect(Outcome.PASS, "the model's answer, unread", _OPEN))
        if taken is Outcome.BLOCK:
            return (_rejected(action, streams=streams),)
        if taken is Outcome.PASS:
            return (Effect(Outcome.PASS, "the model's answer"),)
        return (_masked(play, action["body"], streams=streams),)


def _rejected(action: dict[str, Any], *, streams: bool) -> Effect:
    if action["status_code"] not in _STATUSES:
        return Effect(Outcome.BLOCK, _FAILED)
    if streams:
        return Effect(Outcome.BLOCK, "after what was sent: data: {error: {type: guardrail_blocked, message: our text}}")
    return Effect(Outcome.BLOCK, f"HTTP {action['status_code']} with our text as the body")


def _masked(play: Play, body: dict[str, Any], *, streams: bool) -> Effect:
    if streams:
        return Effect(Outcome.PASS, "the text as it was: a Mask is dropped where it streams")
    member = "choices" if play.path == _RESPONSE else "messages"
    # A body that fits both is taken for messages.
    if member == "choices" and _are_messages(body.get("messages")):
        return Effect(Outcome.BLOCK, _FAILED)
    sent = play.body.get("body", {}).get(member) if isinstance(play.body, dict) else None
    changed = body.get(member)
    if not isinstance(changed, list) or (isinstance(sent, list) and len(sent) != len(changed)):
        return Effect(Outcome.BLOCK, _FAILED)
    return Effect(Outcome.MUTATE, "the model's answer")
