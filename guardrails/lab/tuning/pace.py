"""Calls at the pace a resource allows: so many a second, and a rest for everybody when it says 429."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from guardrails.azure.client import Reply
from guardrails.azure.target import Target
from guardrails.checks.client import JsonClient
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError

MAX_TRIES: Final = 5
"""Tries of a call that finds no service or a broken one. After a 429 only the deadline counts."""
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 60.0
_PASSING: Final = frozenset({FailureReason.UNAVAILABLE, FailureReason.NETWORK, FailureReason.DEADLINE})


class Pace:
    """When the next call may be made. All calls of a run share one.

    Args:
        rate: Calls a second to each service; 0 for no limit.
    """

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next: dict[str, float] = {}
        self._paused_until = 0.0
        self._throttled_in_a_row = 0
        self.calls = 0
        self.throttled = 0

    async def turn(self, service: str) -> None:
        """Wait until a call to a service may be made."""
        now = time.monotonic()
        slot = max(now, self._next.get(service, now))
        self._next[service] = slot + self._gap
        await asyncio.sleep(slot - now)
        # Asked again after each rest: meanwhile another 429 may have made it longer.
        while self.paused:  # noqa: ASYNC110 - a moment on the clock, no event
            await asyncio.sleep(self.paused)
        self.calls += 1

    def pause_all(self, retry_after: float | None) -> float:
        """A service said 429: nobody calls for as long as it asks, or for a time that doubles. Returns the seconds."""
        self.throttled += 1
        seconds = retry_after
        if seconds is None:
            seconds = min(_FIRST_PAUSE_S * 2.0**self._throttled_in_a_row, _LONGEST_PAUSE_S)
        self._throttled_in_a_row += 1
        seconds += random.uniform(0, min(0.25, seconds / 4))  # noqa: S311 - spread, no secret
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)
        return seconds

    def went_well(self) -> None:
        """A call was answered: the next 429 begins with a short pause again."""
        self._throttled_in_a_row = 0

    @property
    def paused(self) -> float:
        """Seconds everybody still waits."""
        return max(0.0, self._paused_until - time.monotonic())


class PacedClient:
    """A client whose calls keep a pace and are tried again for as long as their deadline lasts."""

    def __init__(self, client: JsonClient, pace: Pace) -> None:
        self._client = client
        self._pace = pace

    async def post_json(
        self, target: Target, path: str, *, params: Mapping[str, str], body: object, deadline: Deadline
    ) -> Reply:
        """POST as `AzureClient.post_json` does, when it is this call's turn.

        Raises:
            ServiceError: it did not come to a usable answer; `calls` counts every try.
        """
        calls = tries = 0
        while True:
            tries += 1
            await self._pace.turn(target.name)
            try:
                reply = await self._client.post_json(target, path, params=params, body=body, deadline=deadline)
            except ServiceError as error:
                calls += error.calls
                error.calls = calls
                pause = self._pause(error, tries)
                if pause is None or pause >= deadline.remaining():
                    raise
            else:
                self._pace.went_well()
                return replace(reply, calls=calls + reply.calls)
            await asyncio.sleep(pause)

    def _pause(self, error: ServiceError, tries: int) -> float | None:
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:
            return self._pace.pause_all(error.retry_after)
        if error.reason in _PASSING and tries < MAX_TRIES:
            return error.retry_after or _FIRST_PAUSE_S * 2.0 ** (tries - 1)
        return None
