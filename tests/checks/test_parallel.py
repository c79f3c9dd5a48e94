import asyncio
import gc
import weakref

import pytest
from passing_time import PassTime

from guardrails.checks.parallel import gather
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError


async def test_results_come_in_the_order_of_the_jobs_and_no_more_run_than_allowed() -> None:
    running = most = 0

    async def call(job: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001 * (job % 3))
        running -= 1
        return job * 10

    assert await gather(range(30), call, Deadline.after(5), at_once=4) == [job * 10 for job in range(30)]
    assert most == 4


async def test_one_failure_does_not_stop_the_others() -> None:
    async def call(job: int) -> int:
        if job == 1:
            raise ServiceError(FailureReason.THROTTLED, "busy", calls=3)
        return job

    first, second, third = await gather(range(3), call, Deadline.after(5))
    assert (first, third) == (0, 2)
    assert isinstance(second, ServiceError)
    assert second.reason is FailureReason.THROTTLED


async def test_what_is_late_is_a_deadline_failure_even_if_the_call_itself_never_ends(pass_time: PassTime) -> None:
    async def call(job: int) -> int:
        if job:
            pass_time(31)
            await asyncio.Event().wait()
        return job

    for jobs in ([0, 1, 2], [1]):
        outcomes = await gather(jobs, call, Deadline.after(30))
        for job, outcome in zip(jobs, outcomes, strict=True):
            if job == 0:
                assert outcome == 0
            else:
                assert isinstance(outcome, ServiceError)
                assert outcome.reason is FailureReason.DEADLINE


async def test_after_the_deadline_no_call_is_begun() -> None:
    async def call(job: int) -> int:
        raise AssertionError("called")

    outcomes = await gather([1, 2], call, Deadline.after(-1))
    assert [outcome.reason for outcome in outcomes if isinstance(outcome, ServiceError)] == ["deadline", "deadline"]


async def test_cancelled_it_leaves_no_task_behind() -> None:
    async def call(job: int) -> int:
        await asyncio.Event().wait()
        return job

    before = asyncio.all_tasks()
    task = asyncio.create_task(gather(range(20), call, Deadline.after(20)))
    await asyncio.sleep(0.01)
    assert len(asyncio.all_tasks()) > len(before) + 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("jobs", [1, 3])
async def test_a_timeout_that_is_not_the_deadlines_is_a_fault_of_ours_and_stays_one(jobs: int) -> None:
    async def call(job: int) -> int:
        raise TimeoutError

    with pytest.raises((TimeoutError, ExceptionGroup)):
        await gather(range(jobs), call, Deadline.after(5))


class _Text:
    """Something whose life can be watched."""


async def test_what_the_deadline_cut_off_leaves_no_text_for_the_garbage_collector() -> None:
    texts = [_Text() for _ in range(20)]
    lives = [weakref.ref(text) for text in texts]

    async def call(_text: _Text) -> None:
        await asyncio.sleep(60)

    gc.disable()
    try:
        await gather(texts, call, Deadline.after(0.05))
        del texts
        await asyncio.sleep(0)
        assert not any(life() for life in lives)
    finally:
        gc.enable()
