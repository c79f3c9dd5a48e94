"""LiteLLM's side: what its generic guardrail sends, and what the proxy does with an answer (version 1.108.7)."""

from typing import Any, Final

from guardrails.gateways.peer import Answer, Effect, Outcome, Play
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, MAIL

_DOOR: Final = "/gateways/litellm/beta/litellm_basic_guardrail_api"
_DENIED: Final = "HTTP 400; error.message is our sentence (in the middle of a stream: an event with it)"
_FAILED: Final = "HTTP 500, Generic Guardrail API failed"
_ANSWERED: Final = "the model's answer"
_AWAY: Final = frozenset({502, 503, 504})


def _call(input_type: str, texts: list[str], messages: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "input_type": input_type,
        "litellm_call_id": "2d9247d7-8d19-4ed7-9563-ff87256d0509",
        "litellm_trace_id": "7960b7c2-e2af-4651-878f-682b7f488208",
        "structured_messages": messages,
        "images": None,
        "tools": None,
        "texts": texts,
        "request_data": {"user_api_key_hash": "0a1b", "user_api_key_user_id": "ann", "user_api_key_team_id": "claims"},
        "request_headers": {"user-agent": "OpenAI/Python", "authorization": "[present]"},
        "litellm_version": "1.108.7",
        "additional_provider_specific_params": {},
        "tool_calls": None,
        "model": "gpt-4o",
    }


def _asks(text: str) -> dict[str, Any]:
    return _call("request", [text], [{"role": "user", "content": text}])


class LiteLLMPeer:
    """What the LiteLLM proxy does."""

    name = "litellm"
    patience_s = 600.0
    plays = (
        Play("pass", "a clean request", _DOOR, _asks(CLEAN), Outcome.PASS),
        Play("block", "an attack", _DOOR, _asks(ATTACK), Outcome.BLOCK),
        Play("mutate", "a mail address in a request", _DOOR, _asks(MAIL), Outcome.MUTATE),
        Play("output", "a card number in an answer", _DOOR, _call("response", [CARD]), Outcome.MUTATE),
        Play("stream", "the first words of a streamed answer", _DOOR, _call("response", ["The card"]), Outcome.PASS),
        Play("stream", "the same answer, ten words later", _DOOR, _call("response", [CARD]), Outcome.MUTATE),
    )

    def reads(self, play: Play, answer: Answer | None) -> tuple[Effect, ...]:
        """`action` of a 200, and the texts where there are any; anything else is an error, and its settings decide."""
        if answer is None or answer.status != 200 or not isinstance(answer.body, dict):  # noqa: PLR2004 - the one that counts
            away = answer is None or answer.status in _AWAY
            passes = [Effect(Outcome.PASS, _ANSWERED, "unreachable_fallback: fail_open")] if away else []
            failed = Effect(Outcome.BLOCK, _FAILED, "fail_on_error: true and fail_closed (LiteLLM's defaults)")
            return (failed, *passes, Effect(Outcome.PASS, _ANSWERED, "fail_on_error: false"))
        if answer.body.get("action") == "BLOCKED":
            return (Effect(Outcome.BLOCK, _DENIED),)
        texts = answer.body.get("texts")
        sent = play.body["texts"] if isinstance(play.body, dict) else None
        if texts and play.body["input_type"] == "request" and len(texts) != len(sent or ()):
            return (Effect(Outcome.BLOCK, "HTTP 500, rewrote the request in a way this endpoint cannot apply"),)
        if answer.body.get("structured_messages") or (texts and texts != sent):
            return (Effect(Outcome.MUTATE, "the model's answer; a streamed one only under incremental_diff changed"),)
        return (Effect(Outcome.PASS, _ANSWERED),)
