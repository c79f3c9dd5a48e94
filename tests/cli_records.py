"""Decision records as the service writes them, of evidence that a test makes up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.pipeline.assessment import new_id
from guardrails.policy.compile import compile_policy
from guardrails.policy.coverage import coverage
from guardrails.policy.decide import decide
from guardrails.telemetry.records import decision_record

AT = "/messages/0/content"


def record_of(
    policy_text: str, text: str, found: Mapping[str, Sequence[tuple[str, float | None, Span | None]]]
) -> dict[str, Any]:
    """The record of a user's text in which checks found these (category, measure, span)."""
    policy = compile_policy(policy_text, "policy.yaml", SPECS)
    inspection = Inspection(Stage.INPUT, "app", (Segment(text, Origin.USER, AT),))
    reports = tuple(
        CheckReport(
            name,
            CheckStatus.COMPLETED,
            tuple(Finding(category, measure, AT, span) for category, measure, span in found.get(name, ())),
        )
        for name in policy.checks
    )
    return decision_record(
        decision_id=new_id(),
        moment=datetime(2026, 11, 24, 6, tzinfo=UTC),
        request_id="req-1",
        caller="app",
        door="/check",
        stage=Stage.INPUT,
        verdict=decide(policy, inspection, reports),
        reports=reports,
        coverage=coverage(policy, inspection, reports),
        duration_ms=1.0,
    )
