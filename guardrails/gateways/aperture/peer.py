"""Aperture's side: what its hooks send, and what it does with an answer (docs/protocol-reference.md)."""

from typing import Any, Final

from guardrails.gateways.peer import Answer, Effect, Outcome, Play
from guardrails.gateways.samples import ATTACK, CLEAN, MAIL, request

_DOOR: Final = "/gateways/aperture"
_OPEN: Final = "fail_policy: fail_open (Aperture's default)"
_CLOSED: Final = "fail_policy: fail_closed"


def _hook(url: str, provider: str, model: str, **sent: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    about = {
        "login_name": "ann@contoso.com",
        "user_agent": "claude-code/1.0",
        "url": f"https://aperture.tail1234.ts.net{url}",
        "model": model,
        "provider": provider,
        "tailnet_name": "contoso.ts.net",
        "stable_node_id": "nSTABLE123",
        "request_id": "req_abc123",
        "session_id": "sess_xyz789",
    }
    return {"metadata": about, **sent}


def _chat(text: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return _hook("/v1/chat/completions", "openai", "gpt-4o", request_body=request(text) | more, user_message=text)


def _messages(text: str) -> dict[str, Any]:
    model = "claude-sonnet-4-20250514"
    body = {
        "model": model,
        "max_tokens": 4096,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
    }
    return _hook("/v1/messages", "anthropic", model, request_body=body, user_message=text)


def _contents(text: str) -> dict[str, Any]:
    model = "gemini-2.5-pro"
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": {"temperature": 0.2}}
    return _hook(f"/v1beta/models/{model}:generateContent", "gemini", model, request_body=body, user_message=text)


def _is_after(body: dict[str, Any]) -> bool:
    """Whether a call is of an event after the response, by what only such have: an answer, its events, tools used."""
    calls = body.get("tool_calls")
    used = isinstance(calls, list) and any(
        isinstance(call, dict) and {"name", "params"} <= call.keys() for call in calls
    )
    return used or isinstance(body.get("response_body"), dict) or isinstance(body.get("raw_responses"), list)


class AperturePeer:
    """What Aperture does."""

    name = "aperture"
    patience_s = 5.0
    plays = (
        Play("pass", "a clean request to Anthropic", _DOOR, _messages(CLEAN), Outcome.PASS),
        Play("block", "an attack by chat completions", _DOOR, _chat(ATTACK), Outcome.BLOCK),
        Play("block", "an attack by Gemini's contents", _DOOR, _contents(ATTACK), Outcome.BLOCK),
        Play(
            "block",
            "a mail address where only user_message is sent, which cannot be changed",
            _DOOR,
            _hook("/v1/messages", "anthropic", "claude-sonnet-4", user_message=MAIL),
            Outcome.BLOCK,
        ),
        Play("mutate", "a mail address in a request to Anthropic", _DOOR, _messages(MAIL), Outcome.MUTATE),
        Play("mutate", "a mail address by chat completions", _DOOR, _chat(MAIL), Outcome.MUTATE),
        Play("stream", "an attack, to be answered as a stream", _DOOR, _chat(ATTACK, stream=True), Outcome.BLOCK),
    )

    def reads(self, play: Play, answer: Answer | None) -> tuple[Effect, ...]:
        """`action` of a 2xx; anything else is a failed hook, and `fail_policy` decides. After a response, nothing."""
        if isinstance(play.body, dict) and _is_after(play.body):
            return (Effect(Outcome.PASS, "the model's answer, sent before the hook is called"),)
        body = answer.body if answer is not None and answer.status // 100 == 2 else None  # noqa: PLR2004 - any 2xx
        action = body.get("action") if isinstance(body, dict) else None
        if action == "allow":
            return (Effect(Outcome.PASS, "the model's answer"),)
        if action == "block":
            return (Effect(Outcome.BLOCK, "our status and message in the provider's own error shape"),)
        if action == "modify" and body is not None and body.get("request_body") is not None:
            return (Effect(Outcome.MUTATE, "the model's answer"),)
        return (
            Effect(Outcome.PASS, "the model's answer, unread", _OPEN),
            Effect(Outcome.BLOCK, "HTTP 503", _CLOSED),
        )
