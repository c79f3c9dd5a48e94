"""When the model is asked: after the verdict on the input, or beside its checks and with nothing released before it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.errors import Refused, UpstreamError
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.pipeline.asking import Asked, Asking, Call
from guardrails.pipeline.forwarding import FilterNotices
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.policy.policy import ChatPlan, CheckPlan, Policy, Rule, StartModel
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.metrics import Metrics

EXCHANGE = Exchange("chk_1", "req_1", "/guarded-chat", "gpt-4o")
BODY = {"messages": [{"role": "user", "content": "a@b.example"}]}


class Gate:
    """A check and a model that answer when a test lets them."""

    name = "words"

    def __init__(self, *, start: StartModel = StartModel.WITH_CHECKS, category: str | None = None) -> None:
        self.category = category
        self.checked, self.answered = asyncio.Event(), asyncio.Event()
        self.events: list[str] = []
        self.bodies: list[Mapping[str, Any]] = []
        self.fails: Exception | None = None
        self.usage = 0
        self.metrics = Metrics()
        self.records: list[dict[str, Any]] = []
        decisions = DecisionLog("stdout")
        decisions.record = self.records.append  # type: ignore[method-assign]
        guard = Guard({"words": self}, self.metrics, decisions)
        self.asking = Asking(guard, self.metrics, FilterNotices(guard, self.metrics))
        self.policy = Policy(
            ref=PolicyRef("p", "sha256:0"),
            description="",
            mode=Mode.ENFORCE,
            deadline_s=5.0,
            checks={"words": CheckPlan("words", frozenset(Origin), Action.BLOCK, None)},
            rules=(
                Rule("attack", frozenset(Stage), "words", frozenset({"attack"}), None, Action.BLOCK, None),
                Rule("mail", frozenset(Stage), "words", frozenset({"mail"}), None, Action.REDACT, "label"),
            ),
            refusal="Stopped.",
            chat=ChatPlan(start_model=start),
        )

    async def inspect(self, inspection: Inspection, options: Any, deadline: Any) -> CheckReport:
        self.events.append("check")
        await self.checked.wait()
        self.events.append("checked")
        found = () if self.category is None else (Finding(self.category, None, "/messages/0/content", Span(0, 11)),)
        return CheckReport("words", CheckStatus.COMPLETED, found, calls=1)

    async def _ask(self, body: Mapping[str, Any]) -> str:
        self.events.append("asked")
        self.bodies.append(body)
        try:
            await self.answered.wait()
        except asyncio.CancelledError:
            self.events.append("cancelled")
            raise
        self.events.append("answered")
        if self.fails is not None:
            raise self.fails
        return "the answer"

    async def _drop(self, answer: str) -> int:
        self.events.append("dropped")
        return self.usage

    def start(self) -> "asyncio.Task[Asked[str]]":
        inspection = Inspection(Stage.INPUT, "app", (Segment("a@b.example", Origin.USER, "/messages/0/content"),))
        call = Call(self._ask, self._drop)
        return asyncio.create_task(self.asking.ask(BODY, inspection, self.policy, EXCHANGE, call))


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_after_checks_the_model_hears_nothing_before_the_verdict() -> None:
    gate = Gate(start=StartModel.AFTER_CHECKS)
    task = gate.start()
    await settle()
    assert gate.events == ["check"]
    gate.checked.set()
    gate.answered.set()
    assert (await task).answer == "the answer"
    assert (await task).exchange.early is None
    assert gate.events == ["check", "checked", "asked", "answered"]


async def test_with_checks_the_model_works_while_the_checks_do_and_nothing_is_released_before_the_verdict() -> None:
    gate = Gate()
    gate.answered.set()
    task = gate.start()
    await settle()
    assert set(gate.events) == {"check", "asked", "answered"}
    assert not task.done()
    gate.checked.set()
    asked = await task
    assert asked.answer == "the answer"
    assert asked.exchange.early is not None
    assert asked.exchange.early.outcome == "used"
    assert asked.exchange.early.saved_ms > 0
    assert [record["verdict"] for record in gate.records] == ["allow"]


async def test_a_block_cancels_the_early_call_and_tells_what_it_cost() -> None:
    gate = Gate(category="attack")
    task = gate.start()
    await settle()
    gate.checked.set()
    with pytest.raises(Refused):
        await task
    assert "cancelled" in gate.events
    (record,) = gate.records
    assert record["verdict"] == "block"
    assert record["early"] == {"outcome": "cancelled", "saved_ms": 0.0, "tokens_wasted": 2, "estimated": True}
    assert b'guardrails_early_starts_total{model="gpt-4o",outcome="cancelled"} 1.0' in gate.metrics.render()


async def test_an_answer_that_came_before_the_block_is_dropped_with_the_tokens_it_told() -> None:
    gate = Gate(category="attack")
    gate.usage = 77
    gate.answered.set()
    task = gate.start()
    await settle()
    gate.checked.set()
    with pytest.raises(Refused):
        await task
    assert gate.events[-1] == "dropped"
    assert gate.records[0]["early"] == {
        "outcome": "cancelled",
        "saved_ms": 0.0,
        "tokens_wasted": 77,
        "estimated": False,
    }


async def test_a_changed_input_is_asked_again_and_the_first_answer_is_never_used() -> None:
    gate = Gate(category="mail")
    task = gate.start()
    await settle()
    gate.checked.set()
    gate.answered.set()
    asked = await task
    assert [body["messages"][0]["content"] for body in gate.bodies] == ["a@b.example", "[mail]"]
    assert asked.exchange.early is not None
    assert asked.exchange.early.outcome == "repeated"
    assert gate.records[0]["early"]["outcome"] == "repeated"


async def test_a_block_is_told_though_the_model_failed_first() -> None:
    gate = Gate(category="attack")
    gate.fails = UpstreamError(429, b"{}", {})
    gate.answered.set()
    task = gate.start()
    await settle()
    gate.checked.set()
    with pytest.raises(Refused):
        await task
    assert gate.records[0]["early"]["tokens_wasted"] == 0


async def test_an_error_of_the_model_waits_for_the_verdict_and_carries_it() -> None:
    gate = Gate()
    gate.fails = UpstreamError(429, b"{}", {})
    gate.answered.set()
    task = gate.start()
    await settle()
    assert not task.done()
    gate.checked.set()
    with pytest.raises(UpstreamError) as raised:
        await task
    assert raised.value.verdict is not None
    assert raised.value.verdict.action is Action.ALLOW


async def test_a_caller_who_leaves_stops_both() -> None:
    for also_answered in (False, True):
        gate = Gate()
        if also_answered:
            gate.answered.set()
        task = gate.start()
        await settle()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert gate.events[-1] == ("dropped" if also_answered else "cancelled")
        assert [other for other in asyncio.all_tasks() if other is not asyncio.current_task()] == []
