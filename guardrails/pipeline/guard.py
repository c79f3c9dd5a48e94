"""The judge every door shares: inspect with every check of a policy, decide, and leave a record behind."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from guardrails.domain.check import Check, CheckReport, FailureReason
from guardrails.domain.content import Inspection
from guardrails.domain.deadline import Deadline
from guardrails.domain.forwarded import Early, Forwarded, Streamed
from guardrails.domain.shadow import ShadowVerdict
from guardrails.pipeline.aside import aside, weight
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.reports import about, all_together
from guardrails.pipeline.run_checks import none_ran, run_checks
from guardrails.pipeline.trying import Trying
from guardrails.pipeline.verdict_cache import VerdictCache
from guardrails.policy.coverage import coverage
from guardrails.policy.decide import decide
from guardrails.policy.placeholders import PlaceholderKeys
from guardrails.policy.policy import Policy
from guardrails.policy.shadow import shadow_verdicts
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.metrics import Metrics
from guardrails.telemetry.records import decision_record, refusal_record
from guardrails.telemetry.sampling import ALL

_log = structlog.get_logger(__name__)

WAIT_SHARE = 0.7
"""The share of a deadline that may be spent waiting. Checks that begin too late end in nothing but closed connections,
and opening them again is what makes an overload last."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as its decision records name it: the id callers quote, the request's id, the door and the model.

    `forwarded` is there once the model has answered, `early` where it was asked beside the checks, `streamed` when its
    answer was a stream. `trying` is there while the request's policy takes part in a trial. `subject` is for whom a
    gateway asked, as records keep it.
    """

    id: str
    request_id: str
    door: str
    model: str | None = None
    forwarded: Forwarded | None = None
    early: Early | None = None
    streamed: Streamed | None = None
    trying: Trying | None = None
    subject: Mapping[str, object] | None = None


class Guard:
    """Judges inspections under a policy, and leaves a decision record and metrics behind for each verdict.

    `at_once` bounds the texts that are judged at once. `keys` make placeholders and hashes, for the policies that need
    them. `cache` remembers what checks saw, for the policies that ask about new texts only.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        metrics: Metrics,
        decisions: DecisionLog,
        *,
        at_once: int = 128,
        keys: PlaceholderKeys | None = None,
        cache: VerdictCache | None = None,
    ) -> None:
        self._checks = checks
        self._turns = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._metrics = metrics
        self._decisions = decisions
        self._keys = keys
        self._cache = cache

    async def assess(self, inspection: Inspection, policy: Policy, exchange: Exchange) -> Assessment:
        """Inspect with every check of the policy, decide and record.

        Changes nothing and never raises for service trouble.
        """
        assessment = await self.judge(inspection, policy, exchange)
        await self.record(assessment, policy, exchange)
        return assessment

    async def judge(
        self, inspection: Inspection, policy: Policy, exchange: Exchange, deadline: Deadline | None = None
    ) -> Assessment:
        """Assess without leaving a trace: whoever asks must `record` what came of it."""
        started = time.perf_counter()
        reports = await self._reports(policy, inspection, deadline or Deadline.after(policy.deadline_s))
        return await self._decide(inspection, policy, exchange, reports, started)

    async def judge_rest(
        self, whole: Assessment, rest: Inspection, policy: Policy, exchange: Exchange, deadline: Deadline
    ) -> Assessment:
        """Judge what was left of an inspection, without a trace. Only segments that were not in it are inspected."""
        started = time.perf_counter()
        read = frozenset(whole.inspection.segments)
        new = tuple(segment for segment in rest.segments if segment not in read)
        pointers = {segment.pointer for segment in rest.segments if segment in read}
        reports = tuple(about(report, pointers) for report in whole.reports)
        if new:
            fresh = await self._reports(policy, replace(rest, segments=new), deadline)
            reports = all_together(reports, fresh, rest.segments)
        return await self._decide(rest, policy, exchange, reports, started)

    async def record(self, assessment: Assessment, policy: Policy, exchange: Exchange) -> None:
        """Count a verdict and hand its decision record over, off the event loop where it is heavy.

        Args:
            assessment: What was decided.
            policy: What decided it.
            exchange: The ids under which it is recorded.
        """
        self._count(assessment)
        rate = self._rate(assessment, exchange)
        if rate is not None:
            heaviness = weight(assessment.inspection, assessment.reports)
            self._decisions.record(await aside(heaviness, _recorded, assessment, policy, exchange, rate))

    def record_at_once(self, assessment: Assessment, policy: Policy, exchange: Exchange) -> None:
        """The same without waiting for anything, so that it is done also by who is being cancelled."""
        self._count(assessment)
        rate = self._rate(assessment, exchange)
        if rate is not None:
            self._decisions.record(_recorded(assessment, policy, exchange, rate))

    @property
    def has_keys(self) -> bool:
        """Whether there are keys to make placeholders and hashes with."""
        return self._keys is not None

    def equip(self, keys: PlaceholderKeys) -> None:
        """Give it keys where it has none, before the first policy that needs them takes effect."""
        self._keys = self._keys or keys

    @property
    def can_record(self) -> bool:
        """Whether a verdict that is decided now will leave its record, or may go without one."""
        return self._decisions.takes

    @property
    def waiting(self) -> int:
        """Inspections that wait for their turn."""
        return self._waiting

    async def _reports(self, policy: Policy, inspection: Inspection, deadline: Deadline) -> tuple[CheckReport, ...]:
        if not await self._turn(deadline):
            return none_ran(policy, inspection, FailureReason.OVERLOADED)
        try:
            return await run_checks(policy, inspection, self._checks, deadline, self._cache)
        finally:
            self._turns.release()

    async def _decide(
        self,
        inspection: Inspection,
        policy: Policy,
        exchange: Exchange,
        reports: tuple[CheckReport, ...],
        started: float,
    ) -> Assessment:
        heaviness = weight(inspection, reports)
        assessment = await aside(heaviness, _decided, policy, inspection, reports, exchange, self._keys)
        if exchange.trying is not None:
            await exchange.trying.judged(assessment)
        return replace(assessment, duration_ms=(time.perf_counter() - started) * 1000)

    async def _turn(self, deadline: Deadline) -> bool:
        """Wait for one of the turns, as long as enough of the deadline is left to judge in."""
        if not self._turns.locked():
            return await self._turns.acquire()
        self._waiting += 1
        try:
            async with asyncio.timeout(deadline.remaining() * WAIT_SHARE):
                return await self._turns.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1

    def record_refusal_of_model(self, asked: Assessment, exchange: Exchange, forwarded: Forwarded) -> None:
        """Record that the model's own filter refused what this guard let pass: there is no answer to judge."""
        record = refusal_record(
            decision_id=exchange.id,
            moment=datetime.now(UTC),
            request_id=exchange.request_id,
            caller=asked.inspection.caller,
            door=exchange.door,
            verdict=asked.verdict,
            model=exchange.model,
            forwarded=forwarded,
        )
        self._decisions.record(record)

    def _rate(self, assessment: Assessment, exchange: Exchange) -> float | None:
        # A conversation of which something was left out is no plain allow.
        return ALL if assessment.dropped is not None else self._decisions.rate(exchange.id, assessment.verdict)

    def _count(self, assessment: Assessment) -> None:
        self._metrics.verdict_reached(assessment.inspection.caller, assessment.inspection.stage, assessment.verdict)
        for report in assessment.reports:
            self._metrics.check_finished(report)
        for shadow in assessment.shadows:
            self._metrics.shadow_decided(assessment.verdict, assessment.inspection.stage, shadow)
        if assessment.dropped is not None and not assessment.verdict.blocked:
            self._metrics.messages_dropped(assessment.verdict.policy.name, len(assessment.dropped.messages))


def _decided(
    policy: Policy,
    inspection: Inspection,
    reports: tuple[CheckReport, ...],
    exchange: Exchange,
    keys: PlaceholderKeys | None,
) -> Assessment:
    verdict = decide(policy, inspection, reports, keys)
    return Assessment(
        exchange.id,
        inspection,
        verdict,
        reports,
        coverage(policy, inspection, reports),
        shadows=_shadows(policy, inspection, reports),
    )


def _shadows(policy: Policy, inspection: Inspection, reports: tuple[CheckReport, ...]) -> tuple[ShadowVerdict, ...]:
    try:
        return shadow_verdicts(policy, inspection, reports)
    except Exception:  # noqa: BLE001 - whatever breaks in a policy that only looks on, the request goes on
        _log.exception("shadow_broke", policy=policy.ref.name)
        return tuple(ShadowVerdict(shadow.ref, None) for shadow in policy.shadows)


def _recorded(assessment: Assessment, policy: Policy, exchange: Exchange, sample_rate: float) -> dict[str, object]:
    return decision_record(
        decision_id=exchange.id,
        moment=datetime.now(UTC),
        request_id=exchange.request_id,
        caller=assessment.inspection.caller,
        door=exchange.door,
        stage=assessment.inspection.stage,
        verdict=assessment.verdict,
        reports=assessment.reports,
        coverage=assessment.coverage,
        duration_ms=assessment.duration_ms,
        model=exchange.model,
        forwarded=exchange.forwarded,
        early=exchange.early,
        streamed=exchange.streamed,
        dropped=assessment.dropped,
        shadows=assessment.shadows,
        asked=policy.asked,
        language=assessment.inspection.language,
        sample_rate=sample_rate,
        subject=exchange.subject,
    )
