"""Envoy's side: what its ext_authz filter sends over HTTP, and what it does with an answer (ext_authz_http_impl.cc)."""

from types import MappingProxyType
from typing import Any, Final

from guardrails.gateways.peer import Answer, Effect, Outcome, Play
from guardrails.gateways.samples import ATTACK, CLEAN, MAIL, request

_CHAT: Final = "/gateways/ext_authz/openai/deployments/gpt-4o/chat/completions"
_OK: Final = 200
_BROKEN: Final = 500
_SENT: Final = MappingProxyType({"x-request-id": "3f1c", "x-envoy-auth-partial-body": "false"})


def _play(name: str, what: str, path: str, body: Any, expected: Outcome) -> Play:  # noqa: ANN401 - any JSON
    return Play(name, what, path, body, expected, headers=_SENT)


class ExtAuthzPeer:
    """What Envoy does. It cannot change a body, and does not show us answers."""

    name = "ext_authz"
    patience_s: float | None = None
    plays = (
        _play("pass", "a clean chat", _CHAT, request(CLEAN), Outcome.PASS),
        _play("block", "an attack", _CHAT, request(ATTACK), Outcome.BLOCK),
        _play("mutate", "a mail address, which Envoy cannot take out", _CHAT, request(MAIL), Outcome.BLOCK),
        _play(
            "stream", "an attack, to be answered as a stream", _CHAT, request(ATTACK) | {"stream": True}, Outcome.BLOCK
        ),
        _play(
            "block",
            "an attack by the Responses API",
            "/gateways/ext_authz/openai/v1/responses",
            {"model": "gpt-4o", "input": [{"role": "user", "content": [{"type": "input_text", "text": ATTACK}]}]},
            Outcome.BLOCK,
        ),
    )

    def reads(self, play: Play, answer: Answer | None) -> tuple[Effect, ...]:  # noqa: ARG002 - the status says all
        """The status alone. From 500 on, and without an answer, `failure_mode_allow` decides."""
        if answer is None or answer.status >= _BROKEN:
            return (
                Effect(
                    Outcome.BLOCK, "HTTP 403 without a body, or status_on_error", "failure_mode_allow: false (default)"
                ),
                Effect(Outcome.PASS, "the model's answer, unread", "failure_mode_allow: true"),
            )
        if answer.status == _OK:
            return (Effect(Outcome.PASS, "the model's answer"),)
        return (Effect(Outcome.BLOCK, "our status, headers and body"),)
