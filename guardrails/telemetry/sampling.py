"""Which verdicts leave a record where not all of them are to."""

import hashlib
from typing import Final

from guardrails.domain.verdict import Action, Verdict

ALL: Final = 1.0
_RANGE: Final = 2**64


def rate_of(verdict: Verdict, sample_allowed: float) -> float:
    """The share of verdicts like this one that are recorded: 1 for all but those that allow with every check done."""
    return sample_allowed if verdict.action is Action.ALLOW and not verdict.degraded else ALL


def is_drawn(decision_id: str, rate: float) -> bool:
    """Whether the verdicts of this id are among the sampled. They are or are not together: both ways of one chat."""
    if rate >= ALL:
        return True
    drawn = int.from_bytes(hashlib.blake2b(decision_id.encode(), digest_size=8).digest(), "big")
    return drawn < rate * _RANGE
