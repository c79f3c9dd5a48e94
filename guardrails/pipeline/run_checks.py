"""Runs every check a policy plans, at once, under one deadline; a report for each, whatever happens."""

import asyncio
import contextlib
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from guardrails.domain.check import Check, CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection
from guardrails.domain.deadline import Deadline
from guardrails.pipeline.verdict_cache import Recall, VerdictCache
from guardrails.policy.policy import CheckPlan, History, Policy
from guardrails.policy.select import narrow

_log = structlog.get_logger(__name__)

GRACE_S = 0.25
"""How long after the deadline a check may still hand over what it has seen before it is cut off."""


async def run_checks(
    policy: Policy,
    inspection: Inspection,
    checks: Mapping[str, Check],
    deadline: Deadline,
    cache: VerdictCache | None = None,
) -> tuple[CheckReport, ...]:
    """Inspect with every check of the policy, each on the segments it may read.

    Args:
        policy: Which checks, and which origins each reads.
        inspection: What is to be judged.
        checks: The checks that are configured, by name.
        deadline: What they share.
        cache: What was seen in texts before, for policies that ask about new texts only.

    Returns:
        One report per planned check, in the policy's order. A check that is not configured, does not end in time or
        breaks is a report with status `failed`, never a missing one.
    """
    started = time.perf_counter()
    reports: dict[str, CheckReport] = {}

    recall = await cache.recall(inspection) if cache is not None and policy.history is History.NEW else None

    async def inspect(plan: CheckPlan) -> None:
        reports[plan.name] = await _inspect(plan, checks.get(plan.name), inspection, deadline, recall)

    # One timer for all checks. Told to return exceptions, `gather` waits until each check that was cut off has ended.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, deadline.remaining()) + GRACE_S):
            outcomes = await asyncio.gather(*map(inspect, policy.checks.values()), return_exceptions=True)
            _tell_what_escaped(policy, outcomes)
    duration_ms = (time.perf_counter() - started) * 1000
    missing = FailureReason.DEADLINE if deadline.remaining() < 0 else FailureReason.INTERNAL
    return tuple(
        reports.get(plan.name) or _unreported(plan, inspection, missing, duration_ms) for plan in policy.checks.values()
    )


def _tell_what_escaped(policy: Policy, outcomes: Sequence[BaseException | None]) -> None:
    """Log what got past `_inspect`, such as a cancellation that no caller asked for. Its report is a failed one."""
    for name, outcome in zip(policy.checks, outcomes, strict=True):
        if outcome is not None:
            _log.error("check_broke", check=name, error=outcome)


def none_ran(policy: Policy, inspection: Inspection, reason: FailureReason) -> tuple[CheckReport, ...]:
    """The reports of an inspection that no check came to, for one reason."""
    return tuple(_unreported(plan, inspection, reason, 0.0) for plan in policy.checks.values())


def _unreported(plan: CheckPlan, inspection: Inspection, reason: FailureReason, duration_ms: float) -> CheckReport:
    narrowed = narrow(plan, inspection)
    if not narrowed.segments:
        return CheckReport(plan.name, CheckStatus.SKIPPED)
    return _failed(plan, narrowed, reason, duration_ms)


async def _inspect(
    plan: CheckPlan, check: Check | None, inspection: Inspection, deadline: Deadline, recall: Recall | None
) -> CheckReport:
    narrowed = narrow(plan, inspection)
    if check is None or not narrowed.segments:
        return _unreported(plan, inspection, FailureReason.NOT_CONFIGURED, 0.0)
    if recall is None:
        return await _ask(plan, check, deadline, narrowed)
    return await recall.inspect(plan, narrowed, deadline, partial(_ask, plan, check, deadline))


async def _ask(plan: CheckPlan, check: Check, deadline: Deadline, narrowed: Inspection) -> CheckReport:
    started = time.perf_counter()
    try:
        return await check.inspect(narrowed, plan.options, deadline)
    except asyncio.CancelledError as error:
        # What was cut off in the middle holds its own task, and so itself and every text, until a full collection.
        traceback.clear_frames(error.__traceback__)
        raise
    except TimeoutError:
        reason = FailureReason.DEADLINE
    except Exception:  # noqa: BLE001 - whatever broke, the answer is a failed report
        _log.exception("check_broke", check=plan.name)
        reason = FailureReason.INTERNAL
    return _failed(plan, narrowed, reason, (time.perf_counter() - started) * 1000)


def _failed(plan: CheckPlan, inspection: Inspection, reason: FailureReason, duration_ms: float) -> CheckReport:
    unread = {segment.pointer: f"failed: {reason}" for segment in inspection.segments}
    return CheckReport(plan.name, CheckStatus.FAILED, reason=reason, duration_ms=duration_ms, unread=unread)
