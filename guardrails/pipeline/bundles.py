"""The bundle that is in force, the one that is being tried, and how one takes the other's place: whole, in one step.

Everything here happens on the event loop and waits for nothing, so no request ever sees half of a change.
"""

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import structlog

from guardrails.domain.errors import ConfigurationError
from guardrails.pipeline.trying import Trying
from guardrails.policy.bundle import Bundle
from guardrails.policy.policy import Policy
from guardrails.policy.trial import Arm, Trial
from guardrails.settings.bundles import Canary, CanaryMode, Undecided
from guardrails.telemetry.bundle_metrics import BundleMetrics, BundleState

_log = structlog.get_logger(__name__)
_SHARES = 2**64


class Result(StrEnum):
    """What came of looking at the policy folder, or of a trial."""

    ACTIVATED = "activated"
    """It is in force."""
    UNCHANGED = "unchanged"
    """What the folder holds is in force already, or being tried."""
    REFUSED = "refused"
    """It does not hold; the one before stays in force."""
    TRYING = "trying"
    """It is being tried; the one before is in force until that ends."""
    ROLLED_BACK = "rolled_back"
    """It left the band, and is not tried again until the files change."""
    WITHDRAWN = "withdrawn"
    """The files changed again while it was being tried."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last attempt to put something else in force. `problems` are sentences about files, without content."""

    result: Result
    revision: str
    at: datetime
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """The bundle a request is judged under, from its beginning to its end, its stream included."""

    bundle: Bundle
    arm: Arm
    trial: Trial | None
    bundles: "Bundles"

    def policy(self, name: str) -> Policy:
        """The policy of that name."""
        return self.bundle.policies[name]

    def trying(self, name: str) -> Trying | None:
        """How a request under this policy takes part in the trial; None while the policy is not being tried."""
        if self.trial is None or not self.trial.is_about(name):
            return None
        is_shadowed = self.trial.canary.mode is CanaryMode.SHADOW
        shadow = self.trial.candidate.policies[name] if is_shadowed else None
        return Trying(self.trial, self.arm, self.policy(name), shadow, self.bundles.metrics, self.bundles.look)


class Bundles:
    """Which bundle judges.

    Args:
        bundle: The one to begin with; it is active at once, without a trial.
        canary: How later ones are tried.
        callers: The policies callers are bound to: a change of others needs no trial.
        metrics: What is counted.
    """

    def __init__(self, bundle: Bundle, canary: Canary, callers: frozenset[str], metrics: BundleMetrics) -> None:
        self.active = bundle
        self.since = _now()
        self.trial: Trial | None = None
        self.trial_since = self.since
        self.rolled_back: str | None = None
        self.last = Attempt(Result.ACTIVATED, bundle.revision, self.since)
        self.metrics = metrics
        self._canary = canary
        self._callers = callers
        self._active_at = self._trial_at = time.monotonic()
        self._key = b""

    def take(self, caller: str, request_id: str) -> Taken:
        """The bundle for a request. Called once, at its beginning; a request never takes a second one.

        While a bundle is tried on a share of the requests, caller and request id choose by a hash whose key is made
        for each trial: the same request gets the same answer, and nobody can compute which ids get which bundle. An
        id that is sent again gets the same bundle again; both are valid policies.
        """
        trial = self.trial
        if trial is None or trial.canary.mode is not CanaryMode.SHARE or not self._is_in_share(caller, request_id):
            return Taken(self.active, Arm.ACTIVE, trial, self)
        return Taken(trial.candidate, Arm.CANDIDATE, trial, self)

    def offer(self, bundle: Bundle) -> None:
        """Put a bundle that holds in force, or begin its trial where the settings ask for one."""
        self.withdraw()
        if self._canary.mode is CanaryMode.OFF:
            self._activate(bundle)
            return
        trial = Trial(self.active, bundle, self._canary)
        if not any(map(trial.is_about, self._callers)):
            self._activate(bundle)
            return
        self.trial, self._key = trial, secrets.token_bytes(32)
        self.trial_since, self._trial_at = _now(), time.monotonic()
        self._note(Result.TRYING, bundle.revision)
        _log.info("bundle_trial_began", revision=bundle.revision, mode=self._canary.mode)

    def unchanged(self) -> None:
        """The folder was looked at, and holds nothing that is not in force or being tried."""
        self._note(Result.UNCHANGED, self.active.revision)

    def refuse(self, revision: str, problems: Sequence[str]) -> None:
        """What the folder holds does not hold together: what is in force stays, and nothing is tried."""
        self.withdraw()
        is_news = self.last.problems != tuple(problems)
        self._note(Result.REFUSED, revision, problems)
        if is_news:
            _log.error("bundle_refused", revision=revision, error=ConfigurationError(problems))

    def withdraw(self) -> None:
        """End the trial, if there is one, because the folder holds something else by now."""
        if self.trial is not None:
            revision, self.trial = self.trial.candidate.revision, None
            self._note(Result.WITHDRAWN, revision)
            _log.info("bundle_withdrawn", revision=revision)

    def look(self) -> None:
        """End a trial that leaves the band, at once."""
        trial = self.trial
        why = trial.breach() if trial is not None else None
        if trial is not None and why is not None:
            self._roll_back(trial, why)

    def tick(self) -> None:
        """End a trial whose time is over."""
        trial = self.trial
        if trial is None or time.monotonic() - self._trial_at < self._canary.for_s:
            return
        if trial.has_enough or self._canary.undecided is Undecided.ACTIVATE:
            self.trial = None
            self._activate(trial.candidate)
        elif self._canary.undecided is Undecided.ROLL_BACK:
            self._roll_back(trial, "its time was over before there were verdicts enough to tell")

    def state(self) -> BundleState:
        """What metrics tell."""
        trial = self.trial
        return BundleState(
            active=self.active.revision,
            candidate=trial.candidate.revision if trial is not None else None,
            active_s=time.monotonic() - self._active_at,
            problems=len(self.last.problems),
        )

    def _activate(self, bundle: Bundle) -> None:
        self.active = bundle
        self.since, self._active_at = _now(), time.monotonic()
        self._note(Result.ACTIVATED, bundle.revision)
        _log.info("bundle_activated", revision=bundle.revision, policies=sorted(bundle.policies))

    def _roll_back(self, trial: Trial, why: str) -> None:
        self.trial = None
        revision = self.rolled_back = trial.candidate.revision
        self._note(Result.ROLLED_BACK, revision, [why])
        _log.error("bundle_rolled_back", revision=revision, error=ConfigurationError([why]))

    def _note(self, result: Result, revision: str, problems: Sequence[str] = ()) -> None:
        self.last = Attempt(result, revision, _now(), tuple(problems))
        self.metrics.attempted(result.value)

    def _is_in_share(self, caller: str, request_id: str) -> bool:
        named = f"{caller}\0{request_id}".encode("utf-8", "surrogateescape")
        digest = hashlib.blake2b(named, digest_size=8, key=self._key).digest()
        return int.from_bytes(digest) < self._canary.share * _SHARES


def _now() -> datetime:
    return datetime.now(UTC)
