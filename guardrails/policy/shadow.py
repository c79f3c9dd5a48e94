"""Shadow policies: the one decision again, on the evidence that another policy asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection
from guardrails.domain.shadow import ShadowVerdict
from guardrails.policy.decide import decide
from guardrails.policy.policy import CheckPlan, Policy
from guardrails.policy.select import narrow


def shadow_verdicts(
    policy: Policy, inspection: Inspection, reports: Sequence[CheckReport]
) -> tuple[ShadowVerdict, ...]:
    """What each shadow of a policy would have decided. Asks nothing and changes nothing.

    A shadow that plans a check which did not run, where it would have had something to read, has no verdict: a check
    without a report is never taken for clean.
    """
    return tuple(_verdict(shadow, policy, inspection, reports) for shadow in policy.shadows)


def _verdict(shadow: Policy, policy: Policy, inspection: Inspection, reports: Sequence[CheckReport]) -> ShadowVerdict:
    ran = {report.check for report in reports if report.status is not CheckStatus.SKIPPED}
    wanted = {name: _pointers(plan, inspection) for name, plan in shadow.checks.items()}
    not_run = tuple(sorted(name for name, pointers in wanted.items() if pointers and name not in ran))
    if not_run:
        return ShadowVerdict(shadow.ref, None, not_run=not_run)
    everywhere = frozenset(segment.pointer for segment in inspection.segments)
    # A check that only the shadow plans, and that would have had nothing to read, is one that was skipped.
    missing = (CheckReport(name, CheckStatus.SKIPPED) for name in wanted if name not in policy.checks)
    seen = [_seen(report, everywhere - wanted.get(report.check, everywhere)) for report in (*reports, *missing)]
    verdict = decide(shadow, inspection, seen)
    rules = tuple(sorted({reason.rule for reason in verdict.reasons}))
    return ShadowVerdict(
        shadow.ref, verdict.action, rules, asked_otherwise=tuple(_asked_otherwise(shadow, policy, inspection))
    )


def _pointers(plan: CheckPlan, inspection: Inspection) -> frozenset[str]:
    return frozenset(segment.pointer for segment in narrow(plan, inspection).segments)


def _seen(report: CheckReport, not_read: frozenset[str]) -> CheckReport:
    """A report without what was found in texts that the shadow lets the check not read."""
    kept = tuple(finding for finding in report.findings if finding.pointer not in not_read)
    return replace(report, findings=kept)


def _asked_otherwise(shadow: Policy, policy: Policy, inspection: Inspection) -> Iterator[str]:
    for name, plan in sorted(shadow.checks.items()):
        asked = policy.checks.get(name)
        wanted = _pointers(plan, inspection)
        if wanted and (asked is None or asked.options != plan.options or wanted - _pointers(asked, inspection)):
            yield name
