"""Token buckets: how many calls a service or deployment still takes."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from guardrails.emulator.config import EmulatorConfig, RateLimit

CALL_WINDOW_SECONDS: Final = 10.0


def calls_of(deployment: str) -> str:
    """Return the name under which a deployment's calls are counted."""
    return f"chat:{deployment}:calls"


def tokens_of(deployment: str) -> str:
    """Return the name under which a deployment's tokens are counted."""
    return f"chat:{deployment}:tokens"


@dataclass(slots=True)
class Bucket:
    """A bucket that holds `limit.calls` and refills evenly over `limit.seconds`."""

    limit: RateLimit
    level: float
    filled_at: float

    def fill(self, now: float) -> None:
        """Add what has flowed in since the last look."""
        rate = self.limit.calls / self.limit.seconds
        self.level = min(float(self.limit.calls), self.level + (now - self.filled_at) * rate)
        self.filled_at = now

    def take(self, cost: float, now: float) -> float:
        """Take `cost`; return 0, or the seconds until that much is there (nothing is taken then)."""
        self.fill(now)
        cost = min(cost, float(self.limit.calls))
        if self.level >= cost:
            self.level -= cost
            return 0.0
        return (cost - self.level) * self.limit.seconds / max(1, self.limit.calls)


@dataclass(slots=True)
class RateLimiter:
    """One bucket per name. A name without a limit is never throttled. `clock` is seconds, monotonic."""

    limits: dict[str, RateLimit]
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, Bucket] = field(default_factory=dict)

    def take(self, name: str, cost: float = 1.0) -> float:
        """Return 0 when the call may pass, else the seconds to wait."""
        bucket = self._bucket(name)
        return bucket.take(cost, self.clock()) if bucket else 0.0

    def remaining(self, name: str) -> int:
        """Return what is left in a bucket, 0 for an unlimited name."""
        bucket = self._bucket(name)
        if bucket is None:
            return 0
        bucket.fill(self.clock())
        return math.floor(bucket.level)

    @classmethod
    def of(cls, config: EmulatorConfig) -> Self:
        """Build the limits a configuration describes: one for each service, two for each deployment."""
        limits = {str(name): limit for name, limit in config.rate_limits.items()}
        for deployment in config.deployments if config.limit_chat else ():
            per_window = max(1, round(deployment.call_limit * CALL_WINDOW_SECONDS / 60))
            limits[calls_of(deployment.name)] = RateLimit(per_window, CALL_WINDOW_SECONDS)
            limits[tokens_of(deployment.name)] = RateLimit(deployment.token_limit, 60)
        return cls(limits)

    def set_limit(self, name: str, limit: RateLimit | None) -> None:
        """Give a name another limit and a full bucket; None lifts the limit."""
        self._buckets.pop(name, None)
        self.limits.pop(name, None)
        if limit is not None:
            self.limits[name] = limit

    def _bucket(self, name: str) -> Bucket | None:
        limit = self.limits.get(name)
        if limit is None:
            return None
        if name not in self._buckets:
            self._buckets[name] = Bucket(limit, float(limit.calls), self.clock())
        return self._buckets[name]
