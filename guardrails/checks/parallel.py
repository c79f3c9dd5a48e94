"""The calls of one inspection, side by side and in bounds."""

import asyncio
import traceback
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError

Job = TypeVar("Job")
Result = TypeVar("Result")

CALLS_AT_ONCE: Final = 16
"""Calls one check makes at a time for one inspection: 1 MiB of text takes some rounds, and never all connections."""

_GRACE_S: Final = 0.05
"""The client ends a call at the deadline by itself and tells what it cost; we step in only if it did not."""


async def gather(
    jobs: Sequence[Job],
    call: Callable[[Job], Coroutine[Any, Any, Result]],
    deadline: Deadline,
    *,
    at_once: int = CALLS_AT_ONCE,
) -> list[Result | ServiceError]:
    """Make every call, at most `at_once` together, and return each job's result or its error, in the order of the jobs.

    One job's ServiceError does not stop the others. A job that had no answer by the deadline has a ServiceError with
    reason `deadline`. Cancelled, it cancels its calls and waits for them. Any other exception is a fault and stops all.
    """
    late = ServiceError(FailureReason.DEADLINE, "the deadline passed before the service had answered")
    outcomes: list[Result | ServiceError] = [late] * len(jobs)
    waiting = iter(range(len(jobs)))

    async def work() -> None:
        for index in waiting:
            if deadline.remaining() <= 0:
                return
            try:
                outcomes[index] = await call(jobs[index])
            except ServiceError as error:
                outcomes[index] = error

    limit = asyncio.timeout(max(0.0, deadline.remaining()) + _GRACE_S)
    try:
        async with limit:
            await _run(work, min(at_once, len(jobs)))
    except TimeoutError:
        if not limit.expired():
            raise
    return outcomes


async def _run(work: Callable[[], Coroutine[Any, Any, None]], workers: int) -> None:
    if workers <= 1:
        await work()
        return
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    except asyncio.CancelledError as error:
        # The group's frame and the error that left it hold each other, and with them every text of the inspection.
        traceback.clear_frames(error.__traceback__)
        raise
