"""Whether two policies may be decided on the same evidence: what one would have asked for, the other has asked for."""

from collections.abc import Iterator, Sequence
from typing import Any

from guardrails.domain.check import CheckReport, FailureReason
from guardrails.domain.content import Inspection, Stage
from guardrails.policy.policy import CheckPlan, Policy

_OUT_OF_TIME = frozenset({FailureReason.DEADLINE, FailureReason.OVERLOADED})


def comparable(active: Policy, other: Policy, inspection: Inspection, reports: Sequence[CheckReport]) -> bool:
    """Whether what the active policy's checks reported is what the other policy's checks would have reported.

    Where this cannot be known it says no: a verdict on evidence that was never asked for would be a guess.
    """
    if active.deadline_s != other.deadline_s and _time_mattered(active, other, reports):
        return False
    return not any(differences(active, other, inspection.stage))


def differences(active: Policy, other: Policy, stage: Stage) -> Iterator[str]:
    """What of the other policy asks for evidence that the active one does not gather, in the policy file's words."""
    for name, plan in other.checks.items():
        asked = active.checks.get(name)
        if asked is None or _asks(asked) != _asks(plan):
            yield f"checks.{name}"
    if active.trusted != other.trusted:
        yield "trusted"
    if active.history is not other.history:
        yield "history"
    if stage is Stage.OUTPUT and active.judges(stage) != other.judges(stage):
        yield "rules at stage output"
    if stage is Stage.OUTPUT and active.chat.stream != other.chat.stream:
        yield "chat.stream"


def _asks(plan: CheckPlan) -> tuple[Any, ...]:
    """All of a plan that decides what a check reads and reports; what its failure means is not part of it."""
    return plan.scan, plan.scan_output, plan.options, plan.reads, plan.skips_trusted, plan.skips_old


def _time_mattered(active: Policy, other: Policy, reports: Sequence[CheckReport]) -> bool:
    shorter_ms = min(active.deadline_s, other.deadline_s) * 1000
    return any(report.reason in _OUT_OF_TIME or report.duration_ms >= shorter_ms for report in reports)
