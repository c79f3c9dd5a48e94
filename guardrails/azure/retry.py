"""When to try again, and when it is no use."""

import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from guardrails.azure.trouble import CallError, Trouble
from guardrails.domain.deadline import Deadline

MAX_RETRIES = 2
FIRST_PAUSE_S = 0.05
RETRIED = frozenset({Trouble.THROTTLED, Trouble.SERVER, Trouble.RESET, Trouble.REFUSED, Trouble.UNREACHABLE})


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds a service asks to wait, never negative; None when it does not say or says nonsense.

    `retry-after-ms` and `x-ms-retry-after-ms` are finer and win over `retry-after` (seconds or an HTTP date).
    """
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        milliseconds = _number(headers.get(name))
        if milliseconds is not None:
            return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    return seconds if seconds is not None else _seconds_until(value)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _seconds_until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        return max(0.0, moment.timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


@dataclass(slots=True)
class RetryBudget:
    """The tries one call may still have, whatever goes wrong in them."""

    deadline: Deadline
    left: int = MAX_RETRIES
    chance: Callable[[], float] = field(default=random.random, repr=False)
    _pause: float = FIRST_PAUSE_S

    def pause_before_retry(self, failure: CallError) -> float | None:
        """Seconds to wait before the next try, or None when there must be none.

        What the service asks for is never shortened, only spread a little; where it does not say, pauses double and are
        spread over their upper half. A wait that would reach the deadline is not begun: the caller learns at once.
        """
        if failure.trouble not in RETRIED or self.left <= 0:
            return None
        spread = self.chance()
        if failure.retry_after is None:
            pause = self._pause * (0.5 + spread / 2)
            self._pause *= 4
        else:
            pause = failure.retry_after + spread * min(0.1, 0.1 * failure.retry_after)
        if pause >= self.deadline.remaining():
            return None
        self.left -= 1
        return pause
