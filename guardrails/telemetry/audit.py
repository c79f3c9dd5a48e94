"""The decision log: one JSON line for each decision record, written without holding up a request."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

import orjson
import structlog

from guardrails.domain.verdict import Verdict
from guardrails.telemetry.recent import Recent
from guardrails.telemetry.rotation import Rotation
from guardrails.telemetry.sampling import ALL, is_drawn, rate_of
from guardrails.telemetry.sink import Outcome, WriterThread, open_sink

OFF: Final = "off"
_MOST_RECORDS: Final = 10_000
_MOST_BYTES: Final = 64 * 1024 * 1024
_BATCH_BYTES: Final = 1024 * 1024
_RETRY_S: Final = 1.0
_GATHER_S: Final = 0.02
"""How long a batch's first record waits for others: waking the writer's thread for each costs more than writing."""
_COMPLAIN_S: Final = 10.0
_CLOSE_S: Final = 5.0

log = structlog.get_logger()


def _count_nothing(_result: str, _count: int) -> None:
    """Nobody counts."""


class DecisionLog:
    """Takes decision records and writes them in order, in the background.

    What waits to be written is bounded in records and bytes. A record that finds it full is lost, and that is counted
    and logged; so is a write that fails, which is tried again. Neither ever reaches the request. All methods belong to
    the event loop's thread.

    Args:
        target: `stdout`, `off`, or a file (the setting `telemetry.decisions`).
        count: Told `written`, `dropped`, `failed` or `sampled` with a number of records (`Metrics.records_finished`).
        most_records: How many may wait.
        most_bytes: How many bytes may wait.
        retry_s: Seconds between a failed write and the next try.
        recent: Keeps the last records in memory, whether or not they could be written.
        rotation: When the file is full, and what is kept of those before it; None where others see to that.
        sample_allowed: The share of plain allows that are recorded (`rate`).
        refuse: Whether nothing is to be judged while records cannot be written (`takes`).
    """

    def __init__(
        self,
        target: str,
        count: Callable[[str, int], None] = _count_nothing,
        *,
        most_records: int = _MOST_RECORDS,
        most_bytes: int = _MOST_BYTES,
        retry_s: float = _RETRY_S,
        recent: Recent | None = None,
        rotation: Rotation | None = None,
        sample_allowed: float = ALL,
        refuse: bool = False,
    ) -> None:
        self._target = target
        self._count = count
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._retry_s = retry_s
        self._recent = recent
        self._rotation = rotation
        self._sample_allowed = sample_allowed
        self._refuse = refuse
        self._stuck = False
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._in_hand = 0
        self._in_hand_bytes = 0
        self._writer: WriterThread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._gathering: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False
        self._complained = float("-inf")
        self._lost_unsaid = 0

    @property
    def pending(self) -> int:
        """Records taken and not yet written."""
        return len(self._waiting) + self._in_hand

    @property
    def takes(self) -> bool:
        """Whether a verdict may be decided now.

        False only where the setting is to refuse: the last write failed and has not been made good, or as much waits
        as may. What was taken until then is kept, so that nothing is lost meanwhile.
        """
        return not self._refuse or self._target == OFF or (not self._stuck and self._has_room(0))

    def rate(self, decision_id: str, verdict: Verdict) -> float | None:
        """The share of verdicts like this one that are recorded; None where this one is not to be.

        Only plain allows are ever left out, by `sample_allowed`, and each one is counted as `sampled`.
        """
        if self._target == OFF:
            return None
        rate = rate_of(verdict, self._sample_allowed)
        if is_drawn(decision_id, rate):
            return rate
        self._count("sampled", 1)
        return None

    def reopen(self) -> None:
        """Open the file anew under its name, in the background: somebody has moved it."""
        if self._writer is not None:
            self._writer.reopen()

    async def start(self) -> None:
        """Open the target and begin to write.

        Raises:
            ConfigurationError: the target cannot be written to; a service that must leave a trace does not start.
        """
        if self._target == OFF:
            return
        sink = await asyncio.to_thread(open_sink, self._target, self._rotation)
        self._loop = asyncio.get_running_loop()
        self._writer = WriterThread(sink, self._tell_loop)
        self._writer.start()
        self._hand_over()

    def record(self, record: Mapping[str, object]) -> None:
        """Take one record, at once. Never raises."""
        if self._target == OFF:
            return
        line = _line(record)
        if line is not None and self._recent is not None:
            self._recent.add(str(record.get("id", "")), line)
        if line is None or self._closed or not self._has_room(len(line)):
            self._lose(1)
            return
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        self._idle.clear()
        if self._loop is not None and self._gathering is None and not self._in_hand:
            self._gathering = self._loop.call_later(_GATHER_S, self._hand_over)

    async def flush(self, within: float = _CLOSE_S) -> bool:
        """Wait until everything taken is written, at most `within` seconds; tell whether it is."""
        self._hand_over()
        try:
            await asyncio.wait_for(self._idle.wait(), within)
        except TimeoutError:
            return False
        return True

    async def aclose(self, within: float = _CLOSE_S) -> None:
        """Write what waits, for at most `within` seconds, and end. What is left then is lost, counted and logged."""
        self._closed = True
        if self._writer is not None:
            await self.flush(within)
            self._writer.stop()
        if self._retry is not None:
            self._retry.cancel()
        self._loop = None
        lost, self._in_hand = self.pending, 0
        self._waiting.clear()
        if lost:
            self._complained = float("-inf")
            self._lose(lost)

    def _has_room(self, size: int) -> bool:
        return self.pending < self._most_records and self._waiting_bytes + size <= self._most_bytes

    def _hand_over(self) -> None:
        """Give the writer the next batch if it has nothing in hand."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        if self._writer is None or self._in_hand or not self._waiting:
            return
        batch: list[bytes] = []
        size = 0
        while self._waiting and (not batch or size + len(self._waiting[0]) <= _BATCH_BYTES):
            size += len(self._waiting[0])
            batch.append(self._waiting.popleft())
        self._in_hand, self._in_hand_bytes = len(batch), size
        self._writer.write(b"".join(batch), 0)

    def _tell_loop(self, outcome: Outcome) -> None:
        """Bring the writer's news to the loop; after `aclose` nobody waits for it any more."""
        loop = self._loop
        if loop is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(self._tried, outcome)

    def _tried(self, outcome: Outcome) -> None:
        if self._loop is None:
            return
        if outcome.written:
            self._count("written", outcome.written)
        self._in_hand -= outcome.written
        self._stuck = outcome.error is not None
        if outcome.error is not None:
            self._count("failed", self._in_hand)
            self._complain("decision_log_write_failed", error=outcome.error)
            self._retry = self._loop.call_later(self._retry_s, self._try_again, outcome)
            return
        self._waiting_bytes -= self._in_hand_bytes
        self._hand_over()
        if not self._in_hand:
            self._idle.set()

    def _try_again(self, outcome: Outcome) -> None:
        if self._writer is not None:
            self._writer.write(outcome.left, outcome.resume)

    def _lose(self, count: int) -> None:
        self._count("dropped", count)
        self._lost_unsaid += count
        self._complain("decision_records_dropped")

    def _complain(self, event: str, error: OSError | None = None) -> None:
        """Log a trouble, at most once in ten seconds."""
        now = time.monotonic()
        if now - self._complained < _COMPLAIN_S:
            return
        self._complained = now
        lost, self._lost_unsaid = self._lost_unsaid, 0
        log.error(event, dropped=lost, pending=self.pending, **({} if error is None else {"error": error}))


def _line(record: Mapping[str, object]) -> bytes | None:
    """One line of JSON; None for what is no JSON at all, a fault of ours that must not reach the request."""
    try:
        return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        pass
    try:
        # A lone surrogate has no UTF-8 form: better a record with `?` in a name than none.
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode("utf-8", "replace") + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        log.exception("decision_record_unreadable", error=error)
        return None
