"""Reports of one check, cut to some segments and put together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from guardrails.checks.tally import GRAVEST_FIRST, MAX_FINDINGS
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Segment


def about(report: CheckReport, pointers: Collection[str]) -> CheckReport:
    """The report without what it says of other segments. What happened to the check stays: a failure is one."""
    return replace(
        report,
        findings=tuple(finding for finding in report.findings if finding.pointer in pointers),
        unread={pointer: why for pointer, why in report.unread.items() if pointer in pointers},
    )


def together(first: CheckReport, second: CheckReport, segments: Sequence[Segment]) -> CheckReport:
    """What two reports of a check about different segments say as one, findings in the order of the segments.

    It failed if one of them did, or if there are more findings than one report may have; it was skipped if both were.
    """
    findings = (*first.findings, *second.findings)
    reasons = [report.reason or FailureReason.INTERNAL for report in (first, second) if _failed(report)]
    if len(findings) > MAX_FINDINGS:
        findings = findings[:MAX_FINDINGS]
        reasons.append(FailureReason.TOO_MANY_FINDINGS)
    skipped = first.status is second.status is CheckStatus.SKIPPED
    done = CheckStatus.SKIPPED if skipped else CheckStatus.COMPLETED
    order = {segment.pointer: place for place, segment in enumerate(segments)}
    return CheckReport(
        check=first.check,
        status=CheckStatus.FAILED if reasons else done,
        findings=tuple(sorted(findings, key=lambda finding: order.get(finding.pointer, len(order)))),
        reason=min(reasons, key=GRAVEST_FIRST.index) if reasons else None,
        calls=first.calls + second.calls,
        cached=first.cached + second.cached,
        duration_ms=first.duration_ms + second.duration_ms,
        unread={**first.unread, **second.unread},
    )


def all_together(
    first: Sequence[CheckReport], second: Sequence[CheckReport], segments: Sequence[Segment]
) -> tuple[CheckReport, ...]:
    """The same for the reports of several checks, in the order of the first."""
    others: Mapping[str, CheckReport] = {report.check: report for report in second}
    return tuple(
        together(report, others[report.check], segments) if report.check in others else report for report in first
    )


def _failed(report: CheckReport) -> bool:
    return report.status is CheckStatus.FAILED
