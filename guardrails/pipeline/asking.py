"""Asking the model: after the verdict on the input, or beside its checks and with nothing released before it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import structlog

from guardrails.domain.content import Inspection
from guardrails.domain.errors import UpstreamError, UpstreamUnreachable
from guardrails.domain.forwarded import Early, EarlyStart
from guardrails.pipeline.aside import aside, weight
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.forwarding import FilterNotices
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.pipeline.old_turns import judge_input, sendable
from guardrails.policy.policy import Policy, StartModel
from guardrails.telemetry.metrics import Metrics

Answer = TypeVar("Answer")
Body = Mapping[str, Any]

_log = structlog.get_logger(__name__)

_CHARACTERS_OF_A_TOKEN = 4
"""OpenAI's own rule of thumb for English. It only sizes what was wasted when the model has not told."""


@dataclass(frozen=True, slots=True)
class Call(Generic[Answer]):
    """How a model is asked.

    Attributes:
        ask: Sends a body, gives the answer.
        drop: Throws away an answer that nobody gets; gives the tokens it says it took, 0 where it does not say.
    """

    ask: Callable[[Body], Coroutine[Any, Any, Answer]]
    drop: Callable[[Answer], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Asked(Generic[Answer]):
    """The verdict on the input, and the model's answer to what was let through.

    `exchange` is that of the request, with what an early start came to.
    """

    assessment: Assessment
    answer: Answer = field(repr=False)
    exchange: Exchange


class Asking:
    """Judges inputs and asks models."""

    def __init__(self, guard: Guard, metrics: Metrics, notices: FilterNotices) -> None:
        self._guard = guard
        self._metrics = metrics
        self._notices = notices

    async def ask(
        self, body: Body, inspection: Inspection, policy: Policy, exchange: Exchange, call: Call[Answer]
    ) -> Asked[Answer]:
        """Judge the input of a chat, and send what may travel to the model.

        Raises:
            Refused: the input is blocked.
            GuardrailUnavailable: a check could not run, and the policy blocks on that.
            UpstreamError: the model endpoint answered with an error, and the input is not blocked.
            UpstreamUnreachable: it gave no usable answer, and the input is not blocked.
        """
        if policy.chat.start_model is StartModel.WITH_CHECKS:
            return await self._beside(body, inspection, policy, exchange, call)
        asked = await judge_input(self._guard, body, inspection, policy, exchange)
        await self._guard.record(asked, policy, exchange)
        asked.raise_if_blocked(policy.refusal)
        return Asked(asked, await self._sent(body, asked, exchange, call), exchange)

    async def _sent(self, body: Body, asked: Assessment, exchange: Exchange, call: Call[Answer]) -> Answer:
        changed = await aside(weight(asked.inspection), sendable, body, asked) if asked.changes else body
        try:
            return await call.ask(changed)
        except (UpstreamError, UpstreamUnreachable) as error:
            self._tell(error, asked, exchange)
            raise

    def _tell(self, error: UpstreamError | UpstreamUnreachable, asked: Assessment, exchange: Exchange) -> None:
        if isinstance(error, UpstreamError):
            self._notices.refused(error, asked, exchange)
        error.verdict, error.verdict_id = asked.verdict, asked.id

    async def _beside(
        self, body: Body, inspection: Inspection, policy: Policy, exchange: Exchange, call: Call[Answer]
    ) -> Asked[Answer]:
        early = _EarlyCall(call, body, inspection)
        try:
            asked = await judge_input(self._guard, body, inspection, policy, exchange)
            if asked.verdict.blocked or asked.changes:
                exchange = self._noted(exchange, await early.thrown_away(asked))
                await self._guard.record(asked, policy, exchange)
                asked.raise_if_blocked(policy.refusal)
                return Asked(asked, await self._sent(body, asked, exchange, call), exchange)
            await self._guard.record(asked, policy, exchange)
            try:
                answer = await early.answer()
            except (UpstreamError, UpstreamUnreachable) as error:
                self._tell(error, asked, exchange)
                raise
            return Asked(asked, answer, self._noted(exchange, early.used(asked)))
        finally:
            await early.discard()

    def _noted(self, exchange: Exchange, early: Early) -> Exchange:
        self._metrics.early_started(exchange.model or "", early)
        return replace(exchange, early=early)


class _EarlyCall(Generic[Answer]):
    """A call to the model that was started before anybody knew whether it may be made."""

    def __init__(self, call: Call[Answer], body: Body, inspection: Inspection) -> None:
        self._call = call
        self._prompt_tokens = sum(len(segment.text) for segment in inspection.segments) // _CHARACTERS_OF_A_TOKEN
        self._started = time.perf_counter()
        self._task = asyncio.create_task(call.ask(body))
        self._is_over = False

    async def answer(self) -> Answer:
        """Wait for what the call gives, or raise what it raises."""
        await asyncio.wait([self._task])
        self._is_over = True
        return self._task.result()

    def used(self, asked: Assessment) -> Early:
        """What it was good for: the model worked while the checks did."""
        took_ms = (time.perf_counter() - self._started) * 1000
        return Early(EarlyStart.USED, saved_ms=min(asked.duration_ms, took_ms))

    async def thrown_away(self, asked: Assessment) -> Early:
        """Make an end of a call whose answer must not be used, and tell what it cost."""
        outcome = EarlyStart.CANCELLED if asked.verdict.blocked else EarlyStart.REPEATED
        told = await self.discard()
        if told is None:
            return Early(outcome)
        return Early(outcome, tokens_wasted=told or self._prompt_tokens, estimated=not told)

    async def discard(self) -> int | None:
        """End the call and wait for its end; the tokens it told of, None where it cannot have cost any."""
        if self._is_over:
            return None
        self._is_over = True
        self._task.cancel()
        interrupted = await _ended(self._task)
        told = await self._dropped()
        if interrupted:
            raise asyncio.CancelledError
        return told

    async def _dropped(self) -> int | None:
        if self._task.cancelled():
            return 0
        error = self._task.exception()
        if error is None:
            return await self._call.drop(self._task.result())
        if not isinstance(error, UpstreamError | UpstreamUnreachable):
            _log.error("early_call_broke", error=error)
        return None


async def _ended(task: asyncio.Task[Any]) -> bool:
    """Wait until a cancelled task has ended, come what may; whether somebody tried to stop the waiting."""
    interrupted = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            interrupted = True
    return interrupted
