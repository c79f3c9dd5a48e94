"""An assessment -> the JSON answer of a /check door (contract, `POST /check`)."""

from collections.abc import Mapping
from typing import Any

from guardrails.chat.edit import apply
from guardrails.domain.check import CheckReport
from guardrails.domain.content import Kind, Span
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Coverage, Reason
from guardrails.pipeline.assessment import Assessment
from guardrails.policy.words import message

EDITABLE_FIELDS = ("messages", "text", "choices", "documents")


def render_check(assessment: Assessment, body: Mapping[str, Any]) -> dict[str, Any]:
    """The whole answer. What was sent comes back, edited and complete, only when something changed."""
    verdict = assessment.verdict
    answer: dict[str, Any] = {
        "id": assessment.id,
        "verdict": verdict.action.word,
        "blocked": verdict.blocked,
        "degraded": verdict.degraded,
        "message": message(verdict),
        "policy": {"name": verdict.policy.name, "revision": verdict.policy.revision},
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "checks": [_report(report) for report in assessment.reports],
        "coverage": [_coverage(receipt) for receipt in assessment.coverage],
    }
    if assessment.edits:
        edited = apply(body, assessment.edits)
        answer |= {name: edited[name] for name in EDITABLE_FIELDS if edited.get(name) != body.get(name)}
    return answer


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule,
        "action": reason.action.word,
        "check": reason.check,
        "category": reason.category,
        "measure": reason.measure,
        "at_least": reason.at_least,
        "pointer": reason.pointer,
        "span": _span(reason.span),
    } | _detail(reason.detail)


def _report(report: CheckReport) -> dict[str, Any]:
    failed = {"reason": report.reason.value} if report.reason is not None else {}
    return {
        "check": report.check,
        "status": report.status.value,
        **failed,
        "calls": report.calls,
        "cached": report.cached,
        "duration_ms": round(report.duration_ms, 1),
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "category": finding.category,
        "measure": finding.measure,
        "pointer": finding.pointer,
        "span": _span(finding.span),
    } | _detail(finding.detail)


def _coverage(receipt: Coverage) -> dict[str, Any]:
    told: dict[str, Any] = {
        "pointer": receipt.pointer,
        "origin": receipt.origin.value,
        "characters": receipt.characters,
        "checks": list(receipt.checks),
    }
    if receipt.kind is not Kind.TEXT and receipt.kind is not None:
        told["kind"] = receipt.kind.value
    if receipt.not_read:
        told["not_read"] = [{"check": check, "why": why} for check, why in receipt.not_read.items()]
    return told


def _span(span: Span | None) -> list[int] | None:
    return list(span) if span is not None else None


def _detail(detail: str | None) -> dict[str, str]:
    return {"detail": detail} if detail is not None else {}
