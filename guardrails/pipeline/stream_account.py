"""What all windows of a stream came to: one verdict with its evidence, for one decision record."""

from collections.abc import Mapping
from dataclasses import replace

from guardrails.chat.held_window import Window
from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Edit, Inspection, Origin, Segment, Span, Stage, Unread
from guardrails.domain.finding import Finding
from guardrails.domain.shadow import ShadowVerdict
from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Coverage, PolicyRef, Reason, Verdict
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.output import NO_RULE
from guardrails.policy import media
from guardrails.policy.coverage import coverage
from guardrails.policy.decide import decide
from guardrails.policy.policy import Policy

STREAM = "stream"
"""What a reason names in the place of a check when the stream itself could not be read."""

NOT_JUDGED = "the stream ended before it was judged"

MOST_FINDINGS = 10_000
"""The most findings that are kept of one stream; what they led to is kept whatever their number."""

_Place = tuple[str, Span | None]
_Sort = tuple[str, Action, str, str | None, str | None, Span | None, str | None]


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
        self._reasons: dict[_Sort, Reason] = {}
        self._edits: dict[_Place, Edit] = {}
        self._coverage: dict[str, Coverage] = {}
        self._shadows: dict[PolicyRef, ShadowVerdict] = {}
        self._action = Action.ALLOW
        self._degraded = False
        self._is_whole = True
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
        for reason in map(shift.reason, verdict.reasons):
            self._add_reason(reason)
        self._edits |= {(edit.pointer, shift.span(edit.pointer, edit.span)): edit for edit in verdict.edits}
        for report in assessment.reports:
            self._add_report(report, shift)
        for shadow in assessment.shadows:
            decided = self._shadows.get(shadow.policy)
            self._shadows[shadow.policy] = shadow if decided is None else decided.and_then(shadow)
        for receipt in assessment.coverage:
            before = self._coverage.get(receipt.pointer)
            self._is_whole &= before is None or _is_alike(before, receipt)
            self._coverage[receipt.pointer] = _both(before, receipt)

    def could_not_be_read(self, why: str) -> None:
        """The stream broke its own form: that counts as a check that failed, and blocks under every policy."""
        self._action = Action.BLOCK
        self._degraded = True
        self._add_reason(Reason(rule=ON_FAILURE_RULE, action=Action.BLOCK, check=STREAM, detail=why))

    @property
    def verdict(self) -> Verdict:
        """The strongest of all so far."""
        ranked = sorted(
            self._reasons.values(), key=lambda reason: (-reason.action, reason.pointer or "", reason.span or ())
        )
        return Verdict(
            action=self._action,
            policy=self._policy.ref,
            mode=self._policy.mode,
            reasons=tuple(ranked),
            degraded=self._degraded,
            edits=tuple(self._edits.values()),
        )

    def assessment(self, lengths: Mapping[str, int]) -> tuple[Assessment, bool]:
        """Everything, as one assessment; and whether it adds up.

        It does where the evidence of all windows together gives the verdict that they came to one by one. Replay
        judges what a record holds: where it does not, the record is no evidence for its verdict.

        Args:
            lengths: Pointer -> characters of that text that came from the model.
        """
        as_one = self._decided_as_one(lengths)
        is_same = self._is_same(as_one)
        verdict = replace(self.verdict, reasons=as_one.reasons) if is_same else self.verdict
        read = [
            replace(receipt, characters=lengths.get(pointer, receipt.characters))
            for pointer, receipt in self._coverage.items()
        ]
        why = NOT_JUDGED if self._policy.judges(Stage.OUTPUT) else NO_RULE
        never = tuple(
            Unread(pointer, length, why, Origin.ASSISTANT)
            for pointer, length in lengths.items()
            if pointer not in self._coverage
        )
        inspection = Inspection(Stage.OUTPUT, self._caller, (), unread=never)
        receipts = (*read, *coverage(self._policy, inspection, ()))
        reports, shadows = self._all_reports(), tuple(self._shadows.values())
        told = Assessment(self._id, inspection, verdict, reports, receipts, self._duration_ms, shadows=shadows)
        return told, is_same and self._is_whole

    def _is_same(self, as_one: Verdict) -> bool:
        alike = (as_one.action, as_one.degraded) == (self._action, self._degraded)
        return alike and set(as_one.reasons) == set(self._reasons.values())

    def _decided_as_one(self, lengths: Mapping[str, int]) -> Verdict:
        """What the policy says of all evidence. Texts are stood in for: a verdict depends on no more of them."""
        segments = tuple(
            Segment(
                (" " if receipt.blank else "x") * lengths.get(pointer, receipt.characters),
                receipt.origin,
                pointer,
                editable=receipt.editable,
                kind=receipt.kind,
                old=receipt.old,
                trusted=receipt.trusted,
            )
            for pointer, receipt in self._coverage.items()
            if receipt.kind is not None
        )
        inspection = Inspection(Stage.OUTPUT, self._caller, segments)
        nothing = [CheckReport(name, CheckStatus.SKIPPED) for name in self._policy.checks if name not in self._reports]
        return decide(self._policy, inspection, [*self._all_reports(), *nothing])

    def _all_reports(self) -> tuple[CheckReport, ...]:
        return tuple(
            replace(report, findings=tuple(self._findings[name].values())) for name, report in self._reports.items()
        )

    def _add_reason(self, reason: Reason) -> None:
        sort = (reason.rule, reason.action, reason.check, reason.category, reason.pointer, reason.span, reason.detail)
        known = self._reasons.get(sort)
        if known is None or (reason.measure or 0) > (known.measure or 0):
            self._reasons[sort] = reason

    def _add_report(self, report: CheckReport, shift: "_Shift") -> None:
        before = self._reports.get(report.check)
        self._reports[report.check] = replace(report, findings=()) if before is None else _sum(before, report)
        known = self._findings.setdefault(report.check, {})
        for finding in map(shift.finding, report.findings):
            key = (finding.category, finding.pointer, finding.span, finding.detail)
            if key in known or len(known) < MOST_FINDINGS:
                known[key] = _higher(known.get(key), finding)
            else:
                self._is_whole = False


class _Shift:
    """Places in a window -> places in the whole text."""

    def __init__(self, window: Window) -> None:
        self._offsets = window.offsets
        self._lengths = {segment.pointer: len(segment.text) for segment in window.segments}

    def span(self, pointer: str, span: Span) -> Span:
        offset = self._offsets.get(pointer, 0)
        return Span(span.start + offset, span.end + offset)

    def finding(self, finding: Finding) -> Finding:
        return replace(finding, span=self._place(finding.pointer, finding.span, finding.measure))

    def reason(self, reason: Reason) -> Reason:
        """The same for what a rule says of a finding: it names the finding's place."""
        if reason.pointer is None or reason.check == media.CHECK:
            return reason
        return replace(reason, span=self._place(reason.pointer, reason.span, reason.measure))

    def _place(self, pointer: str, span: Span | None, measure: float | None) -> Span | None:
        if span is not None:
            return self.span(pointer, span)
        if measure == 0:  # "nothing", said of one window after the other, is one "nothing"
            return None
        return self.span(pointer, Span(0, self._lengths.get(pointer, 0)))


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


def _is_alike(one: Coverage, other: Coverage) -> bool:
    """Whether what a decision depends on in a text, beside its findings, was the same in two windows."""
    return all(getattr(one, name) == getattr(other, name) for name in ("origin", "kind", "editable", "old", "trusted"))


def _both(one: Coverage | None, other: Coverage) -> Coverage:
    """Read is what was read in every window."""
    if one is None:
        return other
    not_read = {**other.not_read, **one.not_read}
    return replace(
        other,
        checks=tuple(name for name in other.checks if name not in not_read),
        not_read=not_read,
        blank=one.blank and other.blank,
    )
