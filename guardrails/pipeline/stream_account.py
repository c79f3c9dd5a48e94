"""What all windows of a stream came to: one verdict with its evidence, for one decision record."""

from collections.abc import Mapping
from dataclasses import replace

from guardrails.chat.held_window import Window
from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Edit, Inspection, Origin, Span, Stage, Unread
from guardrails.domain.finding import Finding
from guardrails.domain.shadow import ShadowVerdict
from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Coverage, PolicyRef, Reason, Verdict
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.output import NO_RULE
from guardrails.policy.coverage import coverage
from guardrails.policy.policy import Policy

STREAM = "stream"
"""What a reason names in the place of a check when the stream itself could not be read."""

MOST_FINDINGS = 10_000
"""The most findings that are kept of one stream; what they led to is kept whatever their number."""

_Place = tuple[str, Span | None]


class StreamAccount:
    """Adds window to window. Places are those in the whole answer, as if it had come in one piece.

    A text that was judged twice, because windows overlap, is told of once.
    """

    def __init__(self, policy: Policy, caller: str, decision_id: str) -> None:
        self._policy = policy
        self._caller = caller
        self._id = decision_id
        self._reports: dict[str, CheckReport] = {}
        self._findings: dict[str, dict[tuple[str, str, Span | None, str | None], Finding]] = {}
        self._reasons: dict[Reason, None] = {}
        self._edits: dict[_Place, Edit] = {}
        self._coverage: dict[str, Coverage] = {}
        self._shadows: dict[PolicyRef, ShadowVerdict] = {}
        self._action = Action.ALLOW
        self._degraded = False
        self._duration_ms = 0.0
        self.windows = 0

    def add(self, window: Window, assessment: Assessment) -> None:
        """Count a window that was judged."""
        shift = _Shift(window)
        verdict = assessment.verdict
        self.windows += 1
        self._duration_ms += assessment.duration_ms
        self._action = max(self._action, verdict.action)
        self._degraded |= verdict.degraded
        self._reasons |= dict.fromkeys(map(shift.reason, verdict.reasons))
        self._edits |= {(edit.pointer, shift.span(edit.pointer, edit.span)): edit for edit in verdict.edits}
        for report in assessment.reports:
            self._add_report(report, shift)
        for shadow in assessment.shadows:
            before = self._shadows.get(shadow.policy)
            self._shadows[shadow.policy] = shadow if before is None else before.and_then(shadow)
        for receipt in assessment.coverage:
            self._coverage[receipt.pointer] = _both(self._coverage.get(receipt.pointer), receipt)

    def could_not_be_read(self, why: str) -> None:
        """The stream broke its own form: that counts as a check that failed, and blocks under every policy."""
        self._action = Action.BLOCK
        self._degraded = True
        self._reasons[Reason(rule=ON_FAILURE_RULE, action=Action.BLOCK, check=STREAM, detail=why)] = None

    @property
    def verdict(self) -> Verdict:
        """The strongest of all so far."""
        ranked = sorted(self._reasons, key=lambda reason: (-reason.action, reason.pointer or "", reason.span or ()))
        return Verdict(
            action=self._action,
            policy=self._policy.ref,
            mode=self._policy.mode,
            reasons=tuple(ranked),
            degraded=self._degraded,
            edits=tuple(self._edits.values()),
        )

    def assessment(self, lengths: Mapping[str, int]) -> Assessment:
        """Everything, as one assessment.

        Args:
            lengths: Pointer -> characters of that text that came from the model.
        """
        read = [
            replace(receipt, characters=lengths.get(pointer, receipt.characters))
            for pointer, receipt in self._coverage.items()
        ]
        never = tuple(
            Unread(pointer, length, NO_RULE, Origin.ASSISTANT)
            for pointer, length in lengths.items()
            if pointer not in self._coverage
        )
        inspection = Inspection(Stage.OUTPUT, self._caller, (), unread=never)
        reports = [
            replace(report, findings=tuple(self._findings[name].values())) for name, report in self._reports.items()
        ]
        receipts = (*read, *coverage(self._policy, inspection, ()))
        shadows = tuple(self._shadows.values())
        return Assessment(
            self._id, inspection, self.verdict, tuple(reports), receipts, self._duration_ms, shadows=shadows
        )

    def _add_report(self, report: CheckReport, shift: "_Shift") -> None:
        before = self._reports.get(report.check)
        self._reports[report.check] = replace(report, findings=()) if before is None else _sum(before, report)
        known = self._findings.setdefault(report.check, {})
        for finding in map(shift.finding, report.findings):
            key = (finding.category, finding.pointer, finding.span, finding.detail)
            if key in known or len(known) < MOST_FINDINGS:
                known[key] = _higher(known.get(key), finding)


class _Shift:
    """Places in a window -> places in the whole text."""

    def __init__(self, window: Window) -> None:
        self._offsets = window.offsets
        self._lengths = {segment.pointer: len(segment.text) for segment in window.segments}

    def span(self, pointer: str, span: Span) -> Span:
        offset = self._offsets.get(pointer, 0)
        return Span(span.start + offset, span.end + offset)

    def finding(self, finding: Finding) -> Finding:
        if finding.span is not None:
            return replace(finding, span=self.span(finding.pointer, finding.span))
        if finding.measure == 0:  # "nothing", said of one window after the other, is one "nothing"
            return finding
        return replace(finding, span=self.span(finding.pointer, Span(0, self._lengths.get(finding.pointer, 0))))

    def reason(self, reason: Reason) -> Reason:
        if reason.pointer is None or reason.span is None:
            return reason
        return replace(reason, span=self.span(reason.pointer, reason.span))


def _sum(one: CheckReport, other: CheckReport) -> CheckReport:
    failed = next((report for report in (one, other) if report.status is CheckStatus.FAILED), None)
    completed = next((report for report in (one, other) if report.status is CheckStatus.COMPLETED), one)
    return replace(
        failed or completed,
        findings=(),
        calls=one.calls + other.calls,
        cached=one.cached + other.cached,
        duration_ms=one.duration_ms + other.duration_ms,
        unread={**one.unread, **other.unread},
    )


def _higher(one: Finding | None, other: Finding) -> Finding:
    return other if one is None or (other.measure or 0) > (one.measure or 0) else one


def _both(one: Coverage | None, other: Coverage) -> Coverage:
    """Read is what was read in every window."""
    if one is None:
        return other
    not_read = {**other.not_read, **one.not_read}
    return replace(other, checks=tuple(name for name in other.checks if name not in not_read), not_read=not_read)
