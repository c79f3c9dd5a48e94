"""Named scenarios: the troubles every client of Azure meets, ready to be put in force."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from guardrails.emulator.scenarios import (
    Effect,
    EntraFault,
    Malformed,
    Refusal,
    Scenario,
    Service,
    Truncation,
)

_ALL_EVENTS: Final = 3_600_000

_EFFECTS: Final[Mapping[str, tuple[str, Effect]]] = {
    "latency": ("*", Effect(latency_ms=1000)),
    "throttled": ("*", Effect(status=429, retry_after=1)),
    "throttled_without_retry_after": ("*", Effect(status=429)),
    "server_error": ("*", Effect(status=500)),
    "server_error_with_retry_after": ("*", Effect(status=500, retry_after=1)),
    "unavailable": ("*", Effect(status=503)),
    "unavailable_with_retry_after": ("*", Effect(status=503, retry_after=1)),
    "reset": ("*", Effect(reset=True)),
    "hang": ("*", Effect(hang=True)),
    "truncated": ("*", Effect(truncate=Truncation.LENGTH)),
    "truncated_chunked": ("*", Effect(truncate=Truncation.CHUNKED)),
    "not_json": ("*", Effect(malformed=Malformed.NOT_JSON)),
    "wrong_shape": ("*", Effect(malformed=Malformed.WRONG_SHAPE)),
    "empty_body": ("*", Effect(malformed=Malformed.EMPTY)),
    "slow_stream": (Service.CHAT, Effect(slow_stream_ms=200)),
    "cut_stream": (Service.CHAT, Effect(cut_stream_after=3)),
    "cut_before_first_event": (Service.CHAT, Effect(cut_stream_after=0)),
    "reset_stream": (Service.CHAT, Effect(reset_stream_after=3)),
    "reset_before_first_event": (Service.CHAT, Effect(reset_stream_after=0)),
    "silent_stream": (Service.CHAT, Effect(hang_stream_after=3)),
    "silent_before_first_event": (Service.CHAT, Effect(hang_stream_after=0)),
    "stream_without_done": (Service.CHAT, Effect(end_stream_after=_ALL_EVENTS)),
    "stream_ends_early": (Service.CHAT, Effect(end_stream_after=3)),
    "empty_stream": (Service.CHAT, Effect(end_stream_after=0)),
    "error_event": (Service.CHAT, Effect(error_event_after=3)),
    "malformed_event": (Service.CHAT, Effect(malformed_event_after=3)),
    "unknown_deployment": (Service.CHAT, Effect(refusal=Refusal.UNKNOWN_DEPLOYMENT)),
    "filter_error": (Service.CHAT, Effect(filter_error=True)),
    "document_error": (Service.LANGUAGE, Effect(document_error="InvalidDocument")),
    "token_outage": (Service.ENTRA, Effect(entra=EntraFault.OUTAGE)),
    "token_hang": (Service.ENTRA, Effect(hang=True)),
    "slow_token": (Service.ENTRA, Effect(latency_ms=3000)),
    "token_throttled": (Service.ENTRA, Effect(status=429, retry_after=1)),
    "secret_expired": (Service.ENTRA, Effect(entra=EntraFault.SECRET_EXPIRED)),
    "wrong_secret": (Service.ENTRA, Effect(entra=EntraFault.WRONG_SECRET)),
    "unknown_tenant": (Service.ENTRA, Effect(entra=EntraFault.UNKNOWN_TENANT)),
    "unknown_app": (Service.ENTRA, Effect(entra=EntraFault.UNKNOWN_APP)),
    "unknown_resource": (Service.ENTRA, Effect(entra=EntraFault.UNKNOWN_RESOURCE)),
    "federation_mismatch": (Service.ENTRA, Effect(entra=EntraFault.FEDERATION_MISMATCH)),
    "wrong_audience": (Service.ENTRA, Effect(entra=EntraFault.WRONG_AUDIENCE)),
    "token_rejected": ("*", Effect(refusal=Refusal.UNAUTHORIZED)),
    "role_missing": ("*", Effect(refusal=Refusal.ROLE_MISSING)),
    "role_propagation": ("*", Effect(refusal=Refusal.ROLE_MISSING)),
    "invalid_key": ("*", Effect(refusal=Refusal.INVALID_KEY)),
    "keys_disabled": ("*", Effect(refusal=Refusal.KEYS_DISABLED)),
    "regional_endpoint": ("*", Effect(refusal=Refusal.REGIONAL_ENDPOINT)),
    "network_rules": ("*", Effect(refusal=Refusal.NETWORK_RULES)),
}

# A role assignment takes a while to be seen: the first calls are refused, then they pass.
_TIMES: Final = {"role_propagation": 3}

# Discovery documents are left alone, or they would use up the calls meant for tokens.
_OPERATIONS: Final[Mapping[str, str]] = {Service.ENTRA: "token"}

PRESETS: Final[Mapping[str, Scenario]] = {
    name: Scenario(effect, service=service, operation=_OPERATIONS.get(service), times=_TIMES.get(name), name=name)
    for name, (service, effect) in _EFFECTS.items()
}


def preset(
    name: str,
    *,
    service: str | None = None,
    operation: str | None = None,
    deployment: str | None = None,
    after: int = 0,
    times: int | None = None,
) -> Scenario:
    """Return a named scenario, narrowed: for one service, for `times` calls, after the first `after`.

    Raises:
        KeyError: when there is no preset of that name.
        ValueError: when the effect means nothing for the service.
    """
    known = PRESETS[name]
    return replace(
        known,
        service=known.service if service is None else service,
        operation=operation or known.operation,
        deployment=deployment,
        after=after,
        times=known.times if times is None else times,
    )
