"""One inspection's account: calls, failures, what was not read, and the report they make."""

import time
from collections.abc import Iterable
from itertools import islice
from typing import Final

import structlog

from guardrails.checks.passages import BLANK, LONE_SURROGATE, Passages
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection
from guardrails.domain.errors import ServiceError
from guardrails.domain.finding import Finding

GRAVEST_FIRST: Final = (
    FailureReason.INTERNAL,
    FailureReason.NOT_CONFIGURED,
    FailureReason.TOKEN,
    FailureReason.UNAUTHORIZED,
    FailureReason.FORBIDDEN,
    FailureReason.REJECTED,
    FailureReason.BAD_RESPONSE,
    FailureReason.DOCUMENT_ERROR,
    FailureReason.TOO_MANY_FINDINGS,
    FailureReason.UNAVAILABLE,
    FailureReason.NETWORK,
    FailureReason.OVERLOADED,
    FailureReason.THROTTLED,
    FailureReason.DEADLINE,
)
"""Of several failures the report names the one that needs a person most; those that pass by themselves come last."""

MAX_FINDINGS: Final = 50_000
"""The most findings of one report. Deciding and telling cost memory and time for each, and four megabytes of short
addresses would be half a million. Ten thousand strings with four severities each stay below."""

_LOG = structlog.get_logger(__name__)


class Tally:
    """Collects one check's outcome over all its calls. A report with any failure in it is `failed`."""

    def __init__(self, check: str, inspection: Inspection) -> None:
        self._check = check
        self._segments = inspection.segments
        self._started = time.perf_counter()
        self._failures: list[ServiceError] = []
        self._read = False
        self._unread: dict[str, str] = {}
        self._lost: dict[str, str] = {}
        self._admitted = 0
        self.calls = 0

    def left_out(self, passages: Passages) -> None:
        """Account for the segments that need no call or can have none."""
        for pointer in passages.blank:
            self.not_read((pointer,), BLANK)
        if passages.unreadable:
            error = ServiceError(FailureReason.REJECTED, "a text has a lone surrogate, which no JSON can carry")
            self.failed(error, passages.unreadable, LONE_SURROGATE)

    def answered(self, calls: int) -> None:
        """A call had its answer, after `calls` HTTP calls."""
        self._read = True
        self.calls += calls

    def not_read(self, pointers: Iterable[str], why: str) -> None:
        """These segments were not read to their end, which is no failure by itself."""
        for pointer in pointers:
            self._unread.setdefault(pointer, why)

    def failed(self, error: ServiceError, pointers: Iterable[str], why: str | None = None) -> None:
        """A call, or the judgement of these segments in it, failed."""
        self._failures.append(error)
        self.calls += error.calls
        for pointer in pointers:
            self._lost.setdefault(pointer, why or error.reason.value)

    def admits(self, count: int, pointers: Iterable[str]) -> bool:
        """Whether findings seen in these segments still fit into a report. If they do not, that is a failure."""
        if self._admitted + count > MAX_FINDINGS:
            detail = f"there are more than {MAX_FINDINGS} findings"
            self.failed(ServiceError(FailureReason.TOO_MANY_FINDINGS, detail), pointers)
            return False
        self._admitted += count
        return True

    def report(self, findings: Iterable[Finding]) -> CheckReport:
        """The report: `failed` if anything failed, `skipped` if nothing was there to read, else `completed`.

        Findings come in the order of their segments; within one, as they are given.
        """
        found = self._first(findings)
        status, reason = (CheckStatus.COMPLETED if self._read else CheckStatus.SKIPPED), None
        if self._failures:
            gravest = min(self._failures, key=lambda error: GRAVEST_FIRST.index(error.reason))
            status, reason = CheckStatus.FAILED, gravest.reason
            _LOG.warning("check_failed", check=self._check, count=len(self._failures), error=gravest)
        return CheckReport(
            check=self._check,
            status=status,
            findings=self._in_order(found),
            reason=reason,
            calls=self.calls,
            duration_ms=(time.perf_counter() - self._started) * 1000,
            unread=self._unread | self._lost,
        )

    def _first(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """As many findings as a report may have; where there are more, it has failed."""
        remaining = iter(findings)
        found = tuple(islice(remaining, MAX_FINDINGS))
        self._admitted = len(found)
        one_more = next(remaining, None)
        if one_more is not None:
            self.admits(1, (finding.pointer for finding in (one_more, *remaining)))
        return found

    def _in_order(self, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        if len(found) < 2 or len(self._segments) == 1:  # noqa: PLR2004 - nothing to order
            return found
        order = {segment.pointer: place for place, segment in enumerate(self._segments)}
        return tuple(sorted(found, key=lambda finding: order[finding.pointer]))
