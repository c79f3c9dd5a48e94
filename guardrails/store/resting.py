"""A store that may be slow, broken or gone, made harmless: bounded in time, left alone after a failure, no errors."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import islice
from typing import Final, TypeVar

import structlog

from guardrails.store.store import Store, StoreTrouble, Trouble

BATCH: Final = 250
"""Names of one request to the store: few enough that their answer is read in a few milliseconds."""

MOST_TIMES: Final = 5
"""However many batches there are, they take at most this many times the time of one."""

REST_S: Final = 5.0
"""How long a store that failed is left alone. Then one request tries it, while the others still do without."""

LOG_EVERY_S: Final = 60.0
"""A store that is down for a day is told once a minute."""

_log = structlog.get_logger(__name__)

Result = TypeVar("Result")


class RestingStore:
    """What stands between a request and a store that somebody else runs.

    Args:
        store: What is asked.
        timeout_s: How long one batch of names may take.
        troubled: Told of each failure.
        rest_s: How long the store is left alone after one.
        clock: Seconds that only ever grow.
    """

    def __init__(
        self,
        store: Store,
        timeout_s: float,
        troubled: Callable[[Trouble], None],
        *,
        rest_s: float = REST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._timeout_s = timeout_s
        self._troubled = troubled
        self._rest_s = rest_s
        self._clock = clock
        self._failed = False
        self._rests_until = float("-inf")
        self._silent_until = float("-inf")

    async def get_many(self, names: Sequence[bytes]) -> Sequence[bytes | None]:
        """The value of each name, in their order; None where there is none, or the store could not tell."""
        found: list[bytes | None] = []
        until = self._clock() + MOST_TIMES * self._timeout_s
        for start in range(0, len(names), BATCH):
            batch = names[start : start + BATCH]
            values = await self._tried(self._store.get_many(batch)) if self._may_ask(until) else None
            if values is None or len(values) != len(batch):
                break
            found += values
        return found + [None] * (len(names) - len(found))

    async def put_many(self, values: Mapping[bytes, bytes], ttl_s: int) -> None:
        """Keep each value, as far as the store can."""
        items = iter(values.items())
        until = self._clock() + MOST_TIMES * self._timeout_s
        while batch := dict(islice(items, BATCH)):
            if not self._may_ask(until):
                return
            await self._tried(self._kept(batch, ttl_s))

    async def aclose(self) -> None:
        """Let go of the store's connections."""
        await self._store.aclose()

    async def _kept(self, batch: Mapping[bytes, bytes], ttl_s: int) -> bool:
        await self._store.put_many(batch, ttl_s)
        return True

    def _may_ask(self, until: float) -> bool:
        now = self._clock()
        if now >= until or now < self._rests_until:
            return False
        if self._failed:
            # This one tries it; who comes meanwhile does without.
            self._rests_until = now + self._rest_s
        return True

    async def _tried(self, asked: Awaitable[Result]) -> Result | None:
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await asked
        except TimeoutError as error:
            self._rest(Trouble.TIMEOUT, error)
        except StoreTrouble as error:
            self._rest(error.reason, error)
        except Exception as error:  # noqa: BLE001 - whatever broke, no check may break with it
            self._rest(Trouble.INTERNAL, error)
        else:
            self._failed, self._rests_until = False, float("-inf")
            return result
        return None

    def _rest(self, reason: Trouble, error: Exception) -> None:
        now = self._clock()
        self._failed, self._rests_until = True, now + self._rest_s
        self._troubled(reason)
        if now >= self._silent_until:
            self._silent_until = now + LOG_EVERY_S
            _log.warning("store_failed", reason=reason, seconds=self._rest_s, error=error)
