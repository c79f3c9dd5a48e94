"""More texts than are judged at once: they wait in line, and never so long that judging would be in vain."""

import asyncio

from azure_calls import until

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Stage
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.policy.policy import CheckPlan, Policy
from guardrails.telemetry.audit import OFF, DecisionLog
from guardrails.telemetry.metrics import Metrics

TEXT = Inspection(Stage.INPUT, "gateway", (Segment("hello", Origin.USER, "/text"),))
EXCHANGE = Exchange("chk_1", "req_1", "/check")


class Slow:
    """Takes its time, and counts how many it judges at once."""

    name = "slow"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = self.most = self.judged = 0

    async def inspect(self, inspection, options, deadline):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        self.judged += 1
        return CheckReport("slow", CheckStatus.COMPLETED, calls=1)


def _policy(deadline_s: float) -> Policy:
    plan = CheckPlan("slow", frozenset(Origin), Action.BLOCK, None)
    return Policy(PolicyRef("p", "sha256:0"), "", Mode.ENFORCE, deadline_s, {"slow": plan}, (), "No.")


def _guard(check: Slow, at_once: int) -> Guard:
    return Guard({"slow": check}, Metrics(), DecisionLog(OFF), at_once=at_once)


async def test_no_more_are_judged_at_once_than_there_are_turns():
    check = Slow(0.02)
    guard = _guard(check, 4)
    assessments = await asyncio.gather(*(guard.assess(TEXT, _policy(10), EXCHANGE) for _ in range(40)))
    assert check.most == 4
    assert {assessment.verdict.action for assessment in assessments} == {Action.ALLOW}
    assert guard.waiting == 0


async def test_who_waits_too_long_is_told_so_and_nothing_is_called_for_it(pass_time):
    check = Slow(60)
    guard = _guard(check, 1)
    both = asyncio.gather(*(guard.assess(TEXT, _policy(80), EXCHANGE) for _ in range(2)))
    await until(lambda: guard.waiting == 1)
    pass_time(57)  # more than the share of the deadline that may be spent waiting
    await until(lambda: guard.waiting == 0)
    pass_time(4)
    first, second = await both
    assert first.verdict.action is Action.ALLOW
    assert (second.verdict.action, second.verdict.degraded) == (Action.BLOCK, True)
    assert [report.reason for report in second.reports] == [FailureReason.OVERLOADED]
    assert check.judged == 1


async def test_a_caller_who_leaves_the_line_gives_its_turn_to_the_next(pass_time):
    check = Slow(50)
    guard = _guard(check, 1)
    first = asyncio.create_task(guard.assess(TEXT, _policy(300), EXCHANGE))
    await asyncio.sleep(0)
    leaving = asyncio.create_task(guard.assess(TEXT, _policy(300), EXCHANGE))
    staying = asyncio.create_task(guard.assess(TEXT, _policy(300), EXCHANGE))
    await until(lambda: guard.waiting == 2)
    leaving.cancel()
    pass_time(51)
    assert (await first).verdict.action is Action.ALLOW
    await until(lambda: check.now == 1)
    pass_time(51)
    assert (await staying).verdict.action is Action.ALLOW
    assert leaving.cancelled()
    assert check.judged == 2
