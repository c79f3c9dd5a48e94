"""An explanation as plain JSON: what `POST /policies/{name}/explain` answers and `guardrails policy explain` prints."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from guardrails.domain.content import Span
from guardrails.policy.edits import Redaction
from guardrails.policy.explain import Because, Explanation, Look, Seen
from guardrails.policy.lets_pass import Change
from guardrails.policy.policy import Source
from guardrails.policy.words import message

Shown = Callable[[str], str]
"""How a pointer, or a file's name, may be told where the explanation goes."""


def told(explanation: Explanation, pointer: Shown, file: Shown) -> dict[str, Any]:
    """All of it (docs/policies.md, "Explaining a verdict", has every field)."""
    verdict = explanation.verdict
    reasons = tuple(replace(one, pointer=_pointer(one.pointer, pointer)) for one in verdict.reasons)
    passing = explanation.lets_pass
    return {
        "policy": {"name": verdict.policy.name, "revision": verdict.policy.revision, "mode": verdict.mode.value},
        "stage": explanation.stage.value,
        "verdict": verdict.action.word,
        "blocked": verdict.blocked,
        "degraded": verdict.degraded,
        "message": message(replace(verdict, reasons=reasons)),
        "reasons": [_because(one, pointer, file) for one in explanation.because],
        "findings": [_seen(one, pointer, file) for one in explanation.seen],
        "omitted": explanation.omitted,
        "redactions": [_redaction(one, pointer) for one in explanation.redactions],
        "would_pass": None
        if passing is None
        else {"verdict": passing.action.word, "changes": [_change(one, file) for one in passing.changes]},
    }


def _because(one: Because, pointer: Shown, file: Shown) -> dict[str, Any]:
    reason = one.reason
    return {
        "rule": reason.rule,
        **_place(one.source, file),
        "action": reason.action.word,
        "decides": one.decides,
        "check": reason.check,
        "category": reason.category,
        "measure": reason.measure,
        "at_least": reason.at_least,
        "pointer": None if reason.pointer is None else pointer(reason.pointer),
        "span": _span(reason.span),
        "detail": reason.detail,
    }


def _seen(one: Seen, pointer: Shown, file: Shown) -> dict[str, Any]:
    finding = one.finding
    return {
        "check": one.check,
        "category": finding.category,
        "measure": finding.measure,
        "pointer": pointer(finding.pointer),
        "span": _span(finding.span),
        "detail": finding.detail,
        "rules": [_look(look, file) for look in one.looks],
    }


def _look(look: Look, file: Shown) -> dict[str, Any]:
    return {
        "rule": look.rule.id,
        **_place(look.rule.source, file),
        "outcome": look.outcome.value,
        "action": None if look.action is None else look.action.word,
        "at_least": look.rule.at_least,
        "distance": look.distance,
        "next_at_least": look.next_at_least,
        "why": look.why,
    }


def _redaction(one: Redaction, pointer: Shown) -> dict[str, Any]:
    return {
        "pointer": pointer(one.pointer),
        "span": list(one.span),
        "with": one.way,
        "category": one.category,
        "restore": one.restore,
        "rules": list(one.rules),
    }


def _change(one: Change, file: Shown) -> dict[str, Any]:
    return {
        "where": one.where,
        "now": one.now,
        "needed": one.needed,
        **_place(one.source, file),
        "why": one.why,
    }


def _pointer(said: str | None, shown: Shown) -> str | None:
    told = "" if said is None else shown(said)
    return told if told.startswith("/") else None


def _place(source: Source | None, file: Shown) -> dict[str, Any]:
    return {"file": None, "line": None} if source is None else {"file": file(source.file), "line": source.line}


def _span(span: Span | None) -> list[int] | None:
    return None if span is None else list(span)
