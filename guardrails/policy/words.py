"""A verdict as one flat sentence for people and for gateways that read by template; never matched text."""

from collections.abc import Iterable, Sequence

from guardrails.chat.address import place
from guardrails.domain.finding import BLOCKLIST
from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Mode, Reason, Verdict

_MOST = 5

_ENFORCED = {Action.FLAG: "Flagged", Action.REDACT: "Redacted", Action.BLOCK: "Blocked"}
_MONITORED = {Action.FLAG: "Would flag", Action.REDACT: "Would redact", Action.BLOCK: "Would block"}


def message(verdict: Verdict) -> str:
    """What happened and where: `Redacted: Email in messages[0]`, `Blocked: pii could not run (throttled)`.

    Only the reasons of the strongest action are told, at most five places with at most five categories each.
    """
    if verdict.action is Action.ALLOW:
        return "Allowed"
    words = _MONITORED if verdict.mode is Mode.MONITOR else _ENFORCED
    strongest = [reason for reason in verdict.reasons if reason.action is verdict.action]
    failed = [f"{reason.check} could not run ({reason.detail})" for reason in strongest if _is_failure(reason)]
    seen = [reason for reason in strongest if not _is_failure(reason)]
    return f"{words[verdict.action]}: {'; '.join(_first([*failed, *_places(seen)], 'more'))}"


def _is_failure(reason: Reason) -> bool:
    return reason.rule == ON_FAILURE_RULE


def _places(reasons: Iterable[Reason]) -> list[str]:
    by_place: dict[str, dict[str, None]] = {}
    for reason in reasons:
        by_place.setdefault(place(reason.pointer or ""), {})[_what(reason)] = None
    return [f"{', '.join(_first(list(whats), 'more'))} in {where}" for where, whats in by_place.items()]


def _what(reason: Reason) -> str:
    if reason.category == BLOCKLIST and reason.detail:
        return f"{BLOCKLIST} {reason.detail}"
    return reason.category or reason.check


def _first(things: Sequence[str], rest: str) -> list[str]:
    if len(things) <= _MOST:
        return list(things)
    return [*things[:_MOST], f"{len(things) - _MOST} {rest}"]
