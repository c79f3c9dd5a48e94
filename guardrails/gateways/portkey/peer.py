"""Portkey's side: what its webhook guardrail sends, and what it does with an answer (plugins/default/webhook.ts)."""

from typing import Any, Final

from guardrails.gateways.peer import Answer, Effect, Outcome, Play
from guardrails.gateways.samples import ATTACK, CLEAN, MAIL, completion, request

_DOOR: Final = "/gateways/portkey"
_DENIED: Final = "HTTP 446, hooks_failed; our reasons under hook_results ... checks[].data.responseData"

_UNREAD: Final = "the whole stream, unread: with HTTP 246 in place of 200 where the check failed"


def _before(body: dict[str, Any], *, streams: bool = False) -> dict[str, Any]:
    said = {"json": {**body, "stream": True} if streams else body, "text": "", "isStreamingRequest": streams}
    return _event("beforeRequestHook", {**said, "isTransformed": False}, {"json": {}, "text": "", "statusCode": None})


def _after(body: dict[str, Any], answer: dict[str, Any] | None) -> dict[str, Any]:
    said = {"json": body, "text": "", "isStreamingRequest": answer is None, "isTransformed": False}
    return _event("afterRequestHook", said, {"json": answer, "text": "", "statusCode": 200})


def _event(name: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    return {
        "request": request,
        "response": {**response, "isTransformed": False},
        "provider": "openai",
        "requestType": "chatComplete",
        "metadata": {"_user": "ann"},
        "eventType": name,
    }


def _is_after_a_stream(body: Any) -> bool:  # noqa: ANN401 - any JSON
    after = isinstance(body, dict) and body.get("eventType") == "afterRequestHook"
    return after and body["response"]["json"] is None


class PortkeyPeer:
    """What Portkey does."""

    name = "portkey"
    patience_s = 3.0
    plays = (
        Play("pass", "a clean request", _DOOR, _before(request(CLEAN)), Outcome.PASS),
        Play("block", "an attack", _DOOR, _before(request(ATTACK)), Outcome.BLOCK),
        Play("mutate", "a mail address in a request", _DOOR, _before(request(MAIL)), Outcome.MUTATE),
        Play("output", "a card number in an answer", _DOOR, _after(request(CLEAN), completion()), Outcome.MUTATE),
        Play(
            "stream",
            "an attack, to be answered as a stream",
            _DOOR,
            _before(request(ATTACK), streams=True),
            Outcome.BLOCK,
        ),
    )

    def reads(self, play: Play, answer: Answer | None) -> tuple[Effect, ...]:
        """`verdict` and `transformedData` of a 200; anything else is a failed check, and `failOnError` decides.

        A streamed answer is on its way by then, whatever we say.
        """
        if _is_after_a_stream(play.body):
            return (Effect(Outcome.PASS, _UNREAD),)
        if answer is None or answer.status != 200:  # noqa: PLR2004 - the one that counts
            return (
                Effect(Outcome.PASS, "the model's answer, unread", "failOnError: false (Portkey's default)"),
                Effect(Outcome.BLOCK, _DENIED, "failOnError: true"),
            )
        body = answer.body if isinstance(answer.body, dict) else {}
        if body.get("verdict") is not True:
            return (Effect(Outcome.BLOCK, _DENIED),)
        changed = isinstance(body.get("transformedData"), dict)
        return (Effect(Outcome.MUTATE if changed else Outcome.PASS, "the model's answer"),)
