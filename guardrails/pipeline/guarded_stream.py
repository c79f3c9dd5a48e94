"""A streamed answer on its way to the caller: nothing of it goes on before it was judged."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Final

from guardrails.chat.filter_results import choice_results
from guardrails.chat.held import HeldStream
from guardrails.chat.held_window import Shape, Window
from guardrails.chat.restore import restorer_for
from guardrails.domain.content import Inspection, Stage
from guardrails.domain.errors import UpstreamUnreachable
from guardrails.domain.forwarded import Ending, Streamed
from guardrails.domain.verdict import Verdict
from guardrails.pipeline.asking import Asked
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.forwarding import FilterNotices
from guardrails.pipeline.guard import Guard
from guardrails.pipeline.stream_account import StreamAccount
from guardrails.policy.policy import History, Policy, Release, StreamPlan
from guardrails.telemetry.metrics import Metrics
from guardrails.upstreams.upstream import OpenStream

MOST_HELD_BYTES: Final = 64 * 1024
"""While so much waits to be judged or to be taken, nothing more is read: the model's endpoint has to wait as well."""

PIECE_BYTES: Final = 16 * 1024
"""How much is taken in at a time. Bytes may come in far larger pieces, and an event weighs ten times its bytes."""


class GuardedStream:
    """An answer in pieces, each of whole events. Whoever has one must `begin` it, take its pieces and `aclose` it.

    Three things happen side by side: the model's endpoint is read, one window is judged, and what was judged is handed
    over. A caller that reads slowly stops the reading, and so the endpoint, and nobody else.
    """

    def __init__(
        self,
        guard: Guard,
        metrics: Metrics,
        notices: FilterNotices,
        policy: Policy,
        asked: Asked[OpenStream],
        *,
        judged: bool,
    ) -> None:
        self._guard = guard
        self._metrics = metrics
        self._notices = notices
        self._policy = policy
        # A window never comes again: it is of no use in the verdict cache.
        self._windows_policy = replace(policy, history=History.ALL)
        self._asked = asked
        self._opened = asked.answer
        self._caller = asked.assessment.inspection.caller
        self._account = StreamAccount(policy, self._caller, asked.assessment.id)
        self._held = HeldStream(
            _shape(policy, judged=judged), restorer_for(asked.assessment.edits, asked.assessment.inspection.segments)
        )
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._pace = _Pace(policy.chat.stream, self._wake)
        self._reading = asyncio.create_task(self._read())
        self._reading.add_done_callback(lambda _: self._wake.set())
        self._judging: asyncio.Task[None] | None = None
        self._broke_off: UpstreamUnreachable | None = None
        self._stopped_by: Assessment | None = None
        self._ending: Ending | None = None
        self._first = b""
        self._is_judged = judged
        self._has_begun = False

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the model's answer worth passing on."""
        return self._opened.headers

    @property
    def dropped(self) -> int:
        """How many earlier messages were left out of what the model got."""
        return self._asked.assessment.dropped_messages

    @property
    def verdict(self) -> Verdict:
        """The stronger one of the input's and the answer's so far."""
        return max(self._asked.assessment.verdict, self._account.verdict, key=lambda verdict: verdict.action)

    async def begin(self, patience_s: float) -> None:
        """Wait for the first verdict, while there is patience: what goes wrong until then can still be a status code.

        Raises:
            GuardrailUnavailable: a check could not run, and the policy blocks on that.
            UpstreamUnreachable: the endpoint's answer broke off before anything of it could go on, or is no stream of
                chat completions.
        """
        try:
            until = asyncio.get_running_loop().time() + patience_s
            while piece := await self._next(until):
                self._first += piece
                if self._account.windows or not self._is_judged:
                    break
        except UpstreamUnreachable as error:
            error.verdict, error.verdict_id = self.verdict, self._asked.assessment.id
            raise
        self._has_begun = True

    async def pieces(self, patience_s: float) -> AsyncGenerator[bytes, None]:
        """Everything the caller gets; an empty piece each time that patience ran out without one.

        Raises:
            UpstreamUnreachable: the endpoint's answer broke off. Everything that had come was handed over before.
        """
        clock = asyncio.get_running_loop().time
        piece = self._first
        while piece or self._ending is None:
            yield piece
            piece = await self._next(clock() + patience_s)

    async def aclose(self) -> None:
        """Make an end: stop what is under way, close the endpoint's answer, and leave the decision record behind."""
        tasks = [task for task in (self._reading, self._judging) if task is not None]
        try:
            self._record()
        finally:
            for task in tasks:
                task.cancel()
            await self._opened.aclose()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _next(self, until: float) -> bytes:
        """The next piece; empty when it did not come until that moment of the loop's clock, and at the end."""
        while self._ending is None:
            self._wake.clear()
            self._look_after_judging()
            if self._stopped_by is not None or self._held.broken is not None:
                return self._cut()
            if piece := self._held.release():
                self._room.set()
                return piece
            if self._held.drained:
                self._end()
            elif not await self._woken(until):
                break
        return b""

    async def _woken(self, until: float) -> bool:
        if self._judging is None:
            # Nothing that waits can go on by itself: only what is still to be read can move it.
            self._room.set()
        try:
            async with asyncio.timeout_at(until):
                await self._wake.wait()
        except TimeoutError:
            return False
        return True

    async def _read(self) -> None:
        try:
            async for data in self._opened.chunks():
                for at in range(0, len(data), PIECE_BYTES):
                    self._held.feed(data[at : at + PIECE_BYTES])
                    self._wake.set()
                    if self._held.broken is not None:
                        return
                    if self._held.held_bytes > MOST_HELD_BYTES:
                        self._room.clear()
                        await self._room.wait()
        except UpstreamUnreachable as error:
            self._broke_off = error
        self._held.end(broke_off=self._broke_off is not None)
        self._wake.set()

    def _look_after_judging(self) -> None:
        """Start on the next window when one is due and none is being judged. A fault of ours comes up here."""
        for task in (self._judging, self._reading):
            if task is not None and task.done():
                task.result()
        if self._judging is not None and self._judging.done():
            self._judging = None
        if self._judging is None and self._pace.is_due(self._held):
            window = self._held.window()
            if window is not None:
                self._pace.restart()
                self._judging = asyncio.create_task(self._judge(window))
                self._judging.add_done_callback(lambda _: self._wake.set())

    async def _judge(self, window: Window) -> None:
        inspection = Inspection(Stage.OUTPUT, self._caller, window.segments)
        assessment = await self._guard.judge(inspection, self._windows_policy, self._asked.exchange)
        self._account.add(window, assessment)
        if assessment.verdict.blocked:
            self._stopped_by = assessment
        else:
            self._held.settle(window, assessment.edits)

    def _cut(self) -> bytes:
        """The end of an answer that may not go on.

        Raises:
            GuardrailUnavailable: only because a check could not run, and nothing has begun.
            UpstreamUnreachable: it cannot be read, and nothing has begun.
        """
        self._ending = Ending.CUT
        why = self._held.broken
        if why is not None:
            self._account.could_not_be_read(why)
            if not self._has_begun:
                raise UpstreamUnreachable(f"the model's answer cannot be judged: {why}")
        stopped_by = self._stopped_by
        if not self._has_begun and stopped_by is not None and stopped_by.blocked_by_failure_only:
            stopped_by.raise_if_blocked(self._policy.refusal)
        verdict = self._account.verdict
        return self._held.cut(choice_results(verdict, verdict.reasons), self._policy.refusal)

    def _end(self) -> None:
        if self._broke_off is None and not self._held.complete:
            self._broke_off = UpstreamUnreachable("the model's answer broke off in the middle")
        if self._broke_off is not None:
            self._ending = Ending.BROKE
            raise self._broke_off
        self._ending = Ending.DONE

    def _record(self) -> None:
        released, withheld = self._held.released, self._held.withheld
        lengths = {pointer: released.get(pointer, 0) + withheld.get(pointer, 0) for pointer in {**released, **withheld}}
        assessment, adds_up = self._account.assessment(lengths)
        streamed = Streamed(
            windows=self._account.windows,
            released=sum(released.values()),
            withheld=sum(withheld.values()),
            ending=self._ending or Ending.CALLER_LEFT,
            adds_up=adds_up,
        )
        exchange = self._asked.exchange
        self._metrics.stream_ended(exchange.model or "", streamed)
        forwarded = self._notices.streamed(self._opened, self._held.filter_said, exchange)
        self._guard.record_at_once(assessment, self._policy, replace(exchange, forwarded=forwarded, streamed=streamed))


class _Pace:
    """When a window is due: when it is full, when it has waited long enough, or when nothing more comes."""

    def __init__(self, plan: StreamPlan, wake: asyncio.Event) -> None:
        self._plan = plan
        self._wake = wake
        # The first window is small, so that the first words are not late; those after it come with what is held back.
        self._size = min(plan.window, max(2 * plan.overlap, plan.window // 4))
        self._timer: asyncio.TimerHandle | None = None
        self._since: float | None = None

    def is_due(self, held: HeldStream) -> bool:
        """Whether to judge what there is. Sees to it that somebody asks again in time."""
        if held.finished or held.unjudged >= self._size:
            return True
        if held.unjudged == 0 or self._plan.release is Release.WHOLE:
            return False
        loop = asyncio.get_running_loop()
        if self._since is None:
            self._since = loop.time()
            self._timer = loop.call_later(self._plan.wait_s, self._wake.set)
        return loop.time() - self._since >= self._plan.wait_s

    def restart(self) -> None:
        """A window has begun to be judged; the next one fills."""
        self._size = self._plan.window - self._plan.overlap
        self._since = None
        if self._timer is not None:
            self._timer.cancel()


def _shape(policy: Policy, *, judged: bool) -> Shape:
    plan = policy.chat.stream
    return Shape(overlap=plan.overlap, whole=plan.release is Release.WHOLE, judged=judged)
