"""Decision records: the durable trace of one verdict. Evidence and pointers, no text.

A record is built from what checks and the decision left, field by field. The texts of an inspection and the
replacements of a verdict are never touched, so they cannot get in.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from guardrails.domain.asked import Asked
from guardrails.domain.check import CheckReport
from guardrails.domain.content import Span, Stage
from guardrails.domain.dropped import Dropped
from guardrails.domain.finding import Finding
from guardrails.domain.forwarded import Early, Forwarded, Streamed
from guardrails.domain.shadow import ShadowVerdict
from guardrails.domain.verdict import Action, Coverage, Reason, Verdict
from guardrails.telemetry.log_fields import word
from guardrails.telemetry.places import places
from guardrails.telemetry.pointers import Pointers

SCHEMA_VERSION: Final = 2
"""2: what the checks were asked, and of each string what a decision depends on. With 1 nothing can be judged again."""
MAX_UNGIVEN: Final = 1_000
"""The most receipts of one record for strings that no check was given. Those of segments are all there: evidence."""


def decision_record(
    *,
    decision_id: str,
    moment: datetime,
    request_id: str,
    caller: str,
    door: str,
    stage: Stage,
    verdict: Verdict,
    reports: Sequence[CheckReport],
    coverage: Sequence[Coverage],
    duration_ms: float,
    model: str | None = None,
    forwarded: Forwarded | None = None,
    early: Early | None = None,
    streamed: Streamed | None = None,
    dropped: Dropped | None = None,
    shadows: Sequence[ShadowVerdict] = (),
    asked: Asked | None = None,
    language: str | None = None,
    sample_rate: float = 1.0,
    subject: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Build the record of one verdict (docs/operations.md has every field; `record_schema` is its JSON Schema).

    Args:
        decision_id: The `x-guardrails-id` the caller was told.
        moment: When it was decided, with a time zone.
        request_id: The `x-request-id` of the request; a caller may have chosen it, so it is kept only if it is an id.
        caller: The caller's name in the settings.
        door: The route's name.
        stage: What was judged, the way to the model or back.
        verdict: What was decided.
        reports: What every check reported.
        coverage: The receipt for every string.
        duration_ms: From the first check's start to the decision.
        model: The model's name in the settings, when a chat was guarded.
        forwarded: How that model was reached and what its own filter did, once it has answered.
        early: What asking the model beside the checks came to, where a policy wants that.
        streamed: The answer's stream in numbers.
        dropped: Which earlier messages were left out of what was judged, and why.
        shadows: What the policies in the shadow of this one would have decided.
        asked: What the checks were asked; without it the record cannot be judged again.
        language: What the caller told of the texts' language; kept only if it is a word.
        sample_rate: The share of verdicts like this one that are recorded.
        subject: For whom a gateway asked, as `guardrails.telemetry.subjects` tells it.
    """
    pointers = Pointers()
    segments = [receipt for receipt in coverage if receipt.kind is not None]
    ungiven = [receipt for receipt in coverage if receipt.kind is None]
    place = places(segments, reports, verdict.reasons)
    return {
        "schema_version": SCHEMA_VERSION,
        "id": decision_id,
        "time": moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "request_id": word(request_id),
        "caller": caller,
        "door": door,
        "subject": None if subject is None else dict(subject),
        "model": model,
        "stage": stage.value,
        "language": word(language),
        "sample_rate": sample_rate,
        **_verdict(verdict, asked),
        "duration_ms": round(duration_ms, 3),
        "reasons": [_reason(reason, pointers, place) for reason in verdict.reasons],
        "checks": [_report(report, pointers, place, asked) for report in reports],
        "coverage": [_coverage(receipt, pointers) for receipt in (*segments, *ungiven[:MAX_UNGIVEN])],
        "coverage_omitted": max(0, len(ungiven) - MAX_UNGIVEN),
        "upstream": None if forwarded is None else _forwarded(forwarded),
        "early": None if early is None else _early(early),
        "stream": None if streamed is None else _streamed(streamed, asked),
        "dropped": None if dropped is None else _dropped(dropped, pointers),
        "shadow": [_shadow(one) for one in shadows],
    }


def refusal_record(
    *,
    decision_id: str,
    moment: datetime,
    request_id: str,
    caller: str,
    door: str,
    verdict: Verdict,
    model: str | None,
    forwarded: Forwarded,
) -> dict[str, object]:
    """Build the record of a prompt that passed our checks and that the model's own filter refused.

    It has all the fields of a decision record. `verdict` is null: no answer came back that could have been judged.

    Args:
        decision_id: As in `decision_record`; the verdict on the input is recorded under the same id.
        moment: When the refusal came.
        request_id: As in `decision_record`.
        caller: As in `decision_record`.
        door: As in `decision_record`.
        verdict: What was decided about the input; names the policy.
        model: As in `decision_record`.
        forwarded: Which deployment refused, and for which of Azure's categories.
    """
    nothing = Verdict(Action.ALLOW, verdict.policy, verdict.mode)
    record = decision_record(
        decision_id=decision_id,
        moment=moment,
        request_id=request_id,
        caller=caller,
        door=door,
        stage=Stage.OUTPUT,
        verdict=nothing,
        reports=(),
        coverage=(),
        duration_ms=0.0,
        model=model,
        forwarded=forwarded,
    )
    return record | {"verdict": None, "duration_ms": None}


def _shadow(shadow: ShadowVerdict) -> dict[str, object]:
    return {
        "policy": shadow.policy.name,
        "revision": shadow.policy.revision,
        "verdict": shadow.word,
        "rules": list(shadow.rules),
        "not_run": list(shadow.not_run),
        "asked_otherwise": list(shadow.asked_otherwise),
    }


def _forwarded(forwarded: Forwarded) -> dict[str, object]:
    return {
        "deployment": forwarded.deployment,
        "attempts": forwarded.attempts,
        "filter": [result.value for result in forwarded.filter_results],
        "filter_categories": list(forwarded.filter_categories),
    }


def _early(early: Early) -> dict[str, object]:
    return {
        "outcome": early.outcome.value,
        "saved_ms": round(early.saved_ms, 3),
        "tokens_wasted": early.tokens_wasted,
        "estimated": early.estimated,
    }


def _streamed(streamed: Streamed, asked: Asked | None) -> dict[str, object]:
    return {
        "windows": streamed.windows,
        "released": streamed.released,
        "withheld": streamed.withheld,
        "ending": streamed.ending.value,
        "plan": None if asked is None or asked.stream is None else dict(asked.stream),
        "adds_up": streamed.adds_up,
    }


def _dropped(dropped: Dropped, pointers: Mapping[str, str]) -> dict[str, object]:
    segments = [receipt for receipt in dropped.coverage if receipt.kind is not None]
    ungiven = [receipt for receipt in dropped.coverage if receipt.kind is None]
    place = places(segments, dropped.reports, dropped.reasons)
    return {
        "messages": list(dropped.messages),
        "reasons": [_reason(reason, pointers, place) for reason in dropped.reasons],
        "checks": [
            {"check": report.check, "findings": [_finding(finding, pointers, place) for finding in report.findings]}
            for report in dropped.reports
        ],
        "coverage": [_coverage(receipt, pointers) for receipt in (*segments, *ungiven[:MAX_UNGIVEN])],
    }


def _verdict(verdict: Verdict, asked: Asked | None) -> dict[str, object]:
    policy = verdict.policy
    return {
        "policy": {
            "name": policy.name,
            "revision": policy.revision,
            "mode": verdict.mode.value,
            "only": None if asked is None else asked.only,
            "trusted": None if asked is None else asked.trusted,
        },
        "verdict": verdict.action.word,
        "blocked": verdict.blocked,
        "degraded": verdict.degraded,
        "edits": len(verdict.edits),
    }


def _reason(reason: Reason, pointers: Mapping[str, str], place: Mapping[str, int]) -> dict[str, object]:
    return {
        "rule": reason.rule,
        "action": reason.action.word,
        "check": reason.check,
        "category": reason.category,
        "measure": reason.measure,
        "at_least": reason.at_least,
        "pointer": None if reason.pointer is None else pointers[reason.pointer],
        "segment": None if reason.pointer is None else place[reason.pointer],
        "span": _span(reason.span),
        "detail": reason.detail,
    }


def _report(
    report: CheckReport, pointers: Mapping[str, str], place: Mapping[str, int], asked: Asked | None
) -> dict[str, object]:
    return {
        "check": report.check,
        "status": report.status.value,
        "reason": None if report.reason is None else report.reason.value,
        "calls": report.calls,
        "cached": report.cached,
        "duration_ms": round(report.duration_ms, 3),
        "asked": None if asked is None else asked.checks.get(report.check),
        "findings": [_finding(finding, pointers, place) for finding in report.findings],
        "unread": [
            {"pointer": pointers[pointer], "segment": place.get(pointer), "why": why}
            for pointer, why in report.unread.items()
        ],
    }


def _finding(finding: Finding, pointers: Mapping[str, str], place: Mapping[str, int]) -> dict[str, object]:
    return {
        "category": finding.category,
        "measure": finding.measure,
        "pointer": pointers[finding.pointer],
        "segment": place[finding.pointer],
        "span": _span(finding.span),
        "detail": finding.detail,
    }


def _coverage(receipt: Coverage, pointers: Mapping[str, str]) -> dict[str, object]:
    return {
        "pointer": pointers[receipt.pointer],
        "origin": receipt.origin.value,
        "kind": None if receipt.kind is None else receipt.kind.value,
        "characters": receipt.characters,
        "blank": receipt.blank,
        "editable": receipt.editable,
        "old": receipt.old,
        "trusted": receipt.trusted,
        "checks": list(receipt.checks),
        "not_read": [{"check": check, "why": why} for check, why in receipt.not_read.items()],
    }


def _span(span: Span | None) -> list[int] | None:
    return None if span is None else list(span)
