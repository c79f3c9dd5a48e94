"""Whatever a check does, there is a report for it, and never one that reads as clean."""

import asyncio
import contextlib
import gc
import weakref

import pytest
from passing_time import PassTime
from structlog.testing import capture_logs

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Stage
from guardrails.domain.deadline import Deadline
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.pipeline.run_checks import run_checks
from guardrails.policy.policy import CheckPlan, Policy

TEXTS = Inspection(
    Stage.INPUT,
    "gateway",
    (Segment("hello", Origin.USER, "/messages/0/content"), Segment("rules", Origin.SYSTEM, "/messages/1/content")),
)


def _policy(*names: str, scan: frozenset[Origin] = frozenset(Origin), deadline_s: float = 5) -> Policy:
    plans = {name: CheckPlan(name, scan, Action.BLOCK, None) for name in names}
    return Policy(PolicyRef("p", "sha256:0"), "", Mode.ENFORCE, deadline_s, plans, (), "No.")


class Good:
    name = "good"

    async def inspect(self, inspection, options, deadline):
        self.read = [segment.pointer for segment in inspection.segments]
        return CheckReport("good", CheckStatus.COMPLETED)


class Broken:
    name = "broken"

    async def inspect(self, inspection, options, deadline):
        raise ZeroDivisionError


class Deaf:
    """Does not look at its deadline."""

    name = "deaf"
    cancelled = False

    async def inspect(self, inspection, options, deadline):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.cancelled = True
            raise


@pytest.fixture
async def soon_over(pass_time: PassTime):
    """A deadline that is over once every check is under way."""

    def deadline() -> Deadline:
        asyncio.get_running_loop().call_later(0.05, pass_time, 31)
        return Deadline.after(30)

    return deadline


async def test_a_check_that_breaks_is_a_failed_report_and_disturbs_no_other():
    broken, good = await run_checks(
        _policy("broken", "good"), TEXTS, {"broken": Broken(), "good": Good()}, Deadline.after(5)
    )
    assert (broken.status, broken.reason) == (CheckStatus.FAILED, FailureReason.INTERNAL)
    assert set(broken.unread) == {"/messages/0/content", "/messages/1/content"}
    assert good.status is CheckStatus.COMPLETED


async def test_a_check_that_ignores_its_deadline_is_cut_off(soon_over):
    deaf = Deaf()
    (report,) = await run_checks(_policy("deaf"), TEXTS, {"deaf": deaf}, soon_over())
    assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.DEADLINE)
    assert deaf.cancelled


async def test_a_check_that_is_not_configured_is_a_failed_report():
    (report,) = await run_checks(_policy("pii"), TEXTS, {}, Deadline.after(5))
    assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.NOT_CONFIGURED)


async def test_a_check_sees_only_the_origins_its_policy_names():
    good = Good()
    await run_checks(_policy("good", scan=frozenset({Origin.USER})), TEXTS, {"good": good}, Deadline.after(5))
    assert good.read == ["/messages/0/content"]


async def test_a_check_with_nothing_to_read_is_skipped_and_not_called():
    policy = _policy("broken", scan=frozenset({Origin.TOOL}))
    (report,) = await run_checks(policy, TEXTS, {"broken": Broken()}, Deadline.after(5))
    assert report.status is CheckStatus.SKIPPED


async def test_a_caller_who_leaves_takes_the_checks_along():
    deaf = Deaf()
    task = asyncio.create_task(run_checks(_policy("deaf"), TEXTS, {"deaf": deaf}, Deadline.after(5)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert deaf.cancelled
    assert {other for other in asyncio.all_tasks() if other is not asyncio.current_task()} == set()


async def test_a_caller_who_leaves_leaves_no_text_for_the_garbage_collector():
    inspection = Inspection(Stage.INPUT, "gateway", (Segment("hello", Origin.USER, "/text"),))
    life = weakref.ref(deaf := Deaf())
    gc.disable()
    try:
        task = asyncio.create_task(
            run_checks(_policy("deaf", "good"), inspection, {"deaf": deaf, "good": Good()}, Deadline.after(5))
        )
        del deaf
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        del task
        await asyncio.sleep(0)
        assert life() is None
    finally:
        gc.enable()


async def test_what_the_deadline_cut_off_leaves_no_text_for_the_garbage_collector(soon_over):
    life = weakref.ref(deaf := Deaf())
    gc.disable()
    try:
        reports = await run_checks(_policy("deaf", "good"), TEXTS, {"deaf": deaf, "good": Good()}, soon_over())
        del deaf
        await asyncio.sleep(0)
        assert [report.status for report in reports] == [CheckStatus.FAILED, CheckStatus.COMPLETED]
        assert life() is None
    finally:
        gc.enable()


async def test_a_check_that_hands_over_while_it_is_cut_off_is_heard(soon_over):
    class Late(Deaf):
        async def inspect(self, inspection, options, deadline):
            with contextlib.suppress(asyncio.CancelledError):
                await super().inspect(inspection, options, deadline)
            return CheckReport("late", CheckStatus.COMPLETED)

    checks = {"late": Late(), "deaf": Deaf()}
    late, deaf = await run_checks(_policy("late", "deaf"), TEXTS, checks, soon_over())
    assert (late.status, deaf.status) == (CheckStatus.COMPLETED, CheckStatus.FAILED)


async def test_checks_that_are_cut_off_are_waited_for(soon_over):
    class Slow(Deaf):
        ended = False

        async def inspect(self, inspection, options, deadline):
            try:
                await super().inspect(inspection, options, deadline)
            finally:
                await asyncio.sleep(0.05)
                self.ended = True

    slow = Slow()
    await run_checks(_policy("deaf", "slow"), TEXTS, {"deaf": Deaf(), "slow": slow}, soon_over())
    assert slow.ended


async def test_a_check_that_is_cancelled_by_something_else_than_its_caller_is_a_failed_report():
    class Lost(Good):
        async def inspect(self, inspection, options, deadline):
            raise asyncio.CancelledError

    with capture_logs() as said:
        lost, good = await run_checks(
            _policy("lost", "good"), TEXTS, {"lost": Lost(), "good": Good()}, Deadline.after(5)
        )
    assert [(line["event"], line["check"]) for line in said] == [("check_broke", "lost")]
    assert (lost.status, lost.reason) == (CheckStatus.FAILED, FailureReason.INTERNAL)
    assert good.status is CheckStatus.COMPLETED
