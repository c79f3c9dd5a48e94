"""TrueFoundry's side: what its custom guardrail sends, and how it reads an answer.

Contract: docs/gateway-contract.md of truefoundry/integrations-custom-guardrails. Bodies of MCP hooks are published
nowhere; those played here are what they may be like.
"""

from collections.abc import Mapping
from typing import Any, Final

from guardrails.gateways.peer import Answer, Effect, Outcome, Play
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, MAIL, completion, request

_DOOR: Final = "/gateways/truefoundry"
_LEGACY: Final = {"reply": "legacy"}
_VALIDATE: Final = {"operation": "validate"}
_DENIED: Final = "HTTP 400, guardrail_checks_failed; our message under guardrail_checks ... data.explanation"
_FAILED: Final = "HTTP 400, guardrail_checks_failed, without a reason of ours"
_GOES_ON: Final = "the answer of the model or tool"
_OLD: Final = "TrueFoundry before May 2026"


def _hook(body: Mapping[str, Any], answer: Mapping[str, Any] | None = None) -> dict[str, Any]:
    user = {"subjectId": "u-1", "subjectType": "user", "subjectSlug": "ann@corp.example", "subjectDisplayName": "Ann"}
    context = {"user": user, "metadata": {"request_id": "r-1", "environment": "production"}}
    bodies = {"requestBody": body} if answer is None else {"requestBody": body, "responseBody": answer}
    return {**bodies, "context": context, "config": {}}


def _tool(name: str, **arguments: str) -> dict[str, Any]:
    return {"method": "tools/call", "params": {"name": name, "arguments": arguments}}


def _result(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": False}


class TrueFoundryPeer:
    """What TrueFoundry does."""

    name = "truefoundry"
    patience_s = 5.0
    plays = (
        Play("pass", "a clean request", _DOOR, _hook(request(CLEAN)), Outcome.PASS),
        Play("block", "an attack", _DOOR, _hook(request(ATTACK)), Outcome.BLOCK),
        Play("mutate", "a mail address in a request", _DOOR, _hook(request(MAIL)), Outcome.MUTATE),
        Play("output", "a card number in an answer", _DOOR, _hook(request(CLEAN), completion()), Outcome.MUTATE),
        Play(
            "block",
            "a mail address, for a guardrail that validates",
            _DOOR,
            _hook(request(MAIL)),
            Outcome.BLOCK,
            query=_VALIDATE,
        ),
        Play(
            "output",
            "a card number, for a guardrail that validates",
            _DOOR,
            _hook(request(CLEAN), completion()),
            Outcome.BLOCK,
            query=_VALIDATE,
        ),
        Play("pass", "the older contract: a clean request", _DOOR, _hook(request(CLEAN)), Outcome.PASS, query=_LEGACY),
        Play("block", "the older contract: an attack", _DOOR, _hook(request(ATTACK)), Outcome.BLOCK, query=_LEGACY),
        Play(
            "mutate", "the older contract: a mail address", _DOOR, _hook(request(MAIL)), Outcome.MUTATE, query=_LEGACY
        ),
        Play("mutate", "a card number in a tool's arguments", _DOOR, _hook(_tool("pay", card=CARD)), Outcome.MUTATE),
        Play(
            "block",
            "an attack in a tool's result",
            _DOOR,
            _hook(_tool("search", query="weather"), _result(ATTACK)),
            Outcome.BLOCK,
        ),
        Play(
            "stream",
            "an attack, to be answered as a stream",
            _DOOR,
            _hook({**request(ATTACK), "stream": True}),
            Outcome.BLOCK,
        ),
    )

    def reads(self, play: Play, answer: Answer | None) -> tuple[Effect, ...]:
        """The JSON of any 2xx; everything else is a guardrail that failed. The older contract reads the status."""
        if play.query.get("reply") == "legacy":
            return _read_before_may_2026(play, answer)
        if answer is None or not _is_2xx(answer):
            return (
                Effect(Outcome.BLOCK, _FAILED, "enforcing_strategy: enforce"),
                Effect(Outcome.PASS, _GOES_ON, "enforcing_strategy: enforce_but_ignore_on_error, or audit"),
            )
        told = answer.body if isinstance(answer.body, dict) else {}
        if _validates(play):
            return (_decided(allowed=_allowed_by_validate(told), changed=False),)
        return (_decided(allowed=told.get("verdict") is not False, changed=told.get("transformed") is True),)


def _decided(*, allowed: bool, changed: bool) -> Effect:
    if not allowed:
        return Effect(Outcome.BLOCK, _DENIED)
    return Effect(Outcome.MUTATE if changed else Outcome.PASS, _GOES_ON)


def _allowed_by_validate(told: Mapping[str, Any]) -> bool:
    verdict = told.get("verdict")
    return verdict if isinstance(verdict, bool) else told.get("result") is not False


def _validates(play: Play) -> bool:
    """Whether the guardrail that makes this call is of the operation `validate`: its URL or config says so to us."""
    body = play.body if isinstance(play.body, dict) else {}
    config = body.get("config")
    told = config.get("operation") if isinstance(config, dict) else None
    return "validate" in (play.query.get("operation"), told)


def _read_before_may_2026(play: Play, answer: Answer | None) -> tuple[Effect, ...]:
    blocks = Effect(Outcome.BLOCK, "HTTP 400, guardrail_checks_failed", f"{_OLD}, Fail on error: true")
    if answer is not None and answer.status == 400:  # noqa: PLR2004 - the older contract's word for no
        return (blocks,)
    if answer is None or not _is_2xx(answer):
        return (blocks, Effect(Outcome.PASS, _GOES_ON, f"{_OLD}, Fail on error: false"))
    changed = isinstance(answer.body, dict) and not _validates(play)
    return (Effect(Outcome.MUTATE if changed else Outcome.PASS, _GOES_ON, _OLD),)


def _is_2xx(answer: Answer) -> bool:
    return 200 <= answer.status < 300  # noqa: PLR2004 - HTTP's own borders
