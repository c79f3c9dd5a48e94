"""The trial of a new bundle beside the active one: what both came to, and whether that is within the band."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from guardrails.domain.verdict import Verdict
from guardrails.policy.bundle import Bundle
from guardrails.settings.bundles import Canary


class Arm(StrEnum):
    """Which bundle a verdict of a trial is of."""

    ACTIVE = "active"
    CANDIDATE = "candidate"


@dataclass(slots=True)
class Tally:
    """The verdicts of one arm: how many, how many of them block, in how many a check failed."""

    verdicts: int = 0
    blocked: int = 0
    failed: int = 0

    def add(self, *, blocked: bool, failed: bool) -> None:
        """Count one."""
        self.verdicts += 1
        self.blocked += blocked
        self.failed += failed

    @property
    def block_rate(self) -> float:
        """The share that block, 0 of none."""
        return self.blocked / self.verdicts if self.verdicts else 0.0

    @property
    def failure_rate(self) -> float:
        """The share with a failed check, 0 of none."""
        return self.failed / self.verdicts if self.verdicts else 0.0


Tallies = Mapping[Arm, Tally]


class Trial:
    """Counts verdicts of both arms under the policies that differ. It ends nothing by itself: who counts asks `breach`.

    Policies that are the same in both bundles take no part: they would only thin out what the others show.
    """

    def __init__(self, active: Bundle, candidate: Bundle, canary: Canary) -> None:
        self.active = active
        self.candidate = candidate
        self.canary = canary
        self.not_compared = 0
        self.overall: Tallies = _tallies()
        self._by_policy: dict[str, Tallies] = {}

    def is_about(self, name: str) -> bool:
        """Whether a policy is another one in the new bundle."""
        before, after = self.active.policies.get(name), self.candidate.policies.get(name)
        return before is not None and after is not None and before.ref.revision != after.ref.revision

    def count(self, arm: Arm, verdict: Verdict) -> None:
        """Count a verdict of an arm, under the name of its policy."""
        for tallies in (self.overall, self._by_policy.setdefault(verdict.policy.name, _tallies())):
            tallies[arm].add(blocked=verdict.blocked, failed=verdict.degraded)

    @property
    def has_enough(self) -> bool:
        """Whether both arms have verdicts enough to be compared."""
        return self._enough(self.overall)

    def breach(self) -> str | None:
        """How the new bundle leaves the band, in a sentence; None while it does not or nobody can tell.

        All verdicts together are looked at, and those of each policy, as far as there are enough.
        """
        return next(self._breaches(), None)

    def _breaches(self) -> Iterator[str]:
        scopes = {"all policies": self.overall, **{f"policy {name!r}": own for name, own in self._by_policy.items()}}
        for scope, tallies in scopes.items():
            if not self._enough(tallies):
                continue
            was, now = tallies[Arm.ACTIVE], tallies[Arm.CANDIDATE]
            if abs(now.block_rate - was.block_rate) > self.canary.max_block_rate_change:
                yield _told(scope, "block", now.block_rate, was.block_rate, self.canary.max_block_rate_change)
            if now.failure_rate - was.failure_rate > self.canary.max_failure_rate_change:
                allowed = self.canary.max_failure_rate_change
                yield _told(scope, "have a failed check", now.failure_rate, was.failure_rate, allowed)

    def _enough(self, tallies: Tallies) -> bool:
        return all(tally.verdicts >= self.canary.min_verdicts for tally in tallies.values())


def _tallies() -> Tallies:
    return {arm: Tally() for arm in Arm}


def _told(scope: str, what: str, now: float, was: float, allowed: float) -> str:
    return (
        f"{scope}: {now:.1%} of its verdicts {what}, {was:.1%} of the active revision's; "
        f"the change may be {allowed:.1%} at most"
    )
