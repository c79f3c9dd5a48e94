"""The other side: an application that asks OpenAI's SDK for a moderation, and stops what is flagged."""

from typing import Any, Final

from guardrails.gateways.peer import Answer, Effect, Outcome, Play
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, HARM, MAIL

_DOOR: Final = "/v1/moderations"
_AZURE: Final = "/openai/v1/moderations"
_MODEL: Final = "omni-moderation-latest"
_RAISED: Final = "an exception of the SDK, before any result"
_STOPPED: Final = "what the application shows for a flagged text; our sentence under results[].guardrails"


def _asked(*texts: str) -> dict[str, Any]:
    return {"model": _MODEL, "input": texts[0] if len(texts) == 1 else [*texts]}


def _parts(text: str) -> dict[str, Any]:
    return {"model": _MODEL, "input": [{"type": "text", "text": text}]}


class ModerationsPeer:
    """What the SDK and an application do that lets nothing flagged on, and no exception pass for an answer."""

    name = "moderations"
    patience_s = 600.0
    plays = (
        Play("pass", "a clean text", _DOOR, _asked(CLEAN), Outcome.PASS),
        Play("pass", "clean texts, by the path of Azure's v1 API", _AZURE, _asked(CLEAN, CLEAN), Outcome.PASS),
        Play("block", "an attack", _DOOR, _asked(ATTACK), Outcome.BLOCK),
        Play("block", "harm after a clean text", _AZURE, _asked(CLEAN, HARM), Outcome.BLOCK),
        Play("block", "harm in a part", "/openai/moderations", _parts(HARM), Outcome.BLOCK),
        Play("mutate", "a mail address, which nothing could change here", _DOOR, _asked(MAIL), Outcome.BLOCK),
        Play(
            "output",
            "a card number in an answer, which nothing could change here",
            _DOOR,
            _asked(CARD) | {"stage": "output"},
            Outcome.BLOCK,
        ),
    )

    def reads(self, play: Play, answer: Answer | None) -> tuple[Effect, ...]:  # noqa: ARG002 - the answer says all
        """`flagged` of every result of a 2xx; everything else is an exception."""
        body = answer.body if answer is not None and isinstance(answer.body, dict) else {}
        results = body.get("results")
        if answer is None or not 200 <= answer.status < 300 or not isinstance(results, list) or not results:  # noqa: PLR2004
            return (Effect(Outcome.BLOCK, _RAISED),)
        if any(isinstance(result, dict) and result.get("flagged") for result in results):
            return (Effect(Outcome.BLOCK, _STOPPED),)
        return (Effect(Outcome.PASS, "what the application does with a clean text"),)
