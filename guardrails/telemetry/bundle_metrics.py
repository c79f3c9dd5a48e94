"""Metrics of the policy bundle: which is in force, what came of reloads, what a trial shows (docs/operations.md)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from guardrails.telemetry.labels import Labels, Series

RESULTS: Final = ("activated", "unchanged", "refused", "trying", "rolled_back", "withdrawn")
"""What can come of an attempt; each is there from the start, so that its first increase is seen."""

NOT_COMPARED: Final = "not_compared"
_SHOWN: Final = len("sha256:") + 12


@dataclass(frozen=True, slots=True)
class BundleState:
    """What gauges tell: revisions, seconds since the active one took effect, problems of the last attempt."""

    active: str
    candidate: str | None
    active_s: float
    problems: int


class BundleMetrics:
    """What is counted of bundles."""

    def __init__(self, registry: CollectorRegistry, labels: Labels) -> None:
        self._registry = registry
        reloads = Counter(
            "guardrails_bundle_reloads", "Attempts to put policies in force.", ("result",), registry=registry
        )
        self._reloads = Series(reloads, ("result",), labels)
        for result in RESULTS:
            self._reloads.of(result)
        names = ("arm", "action", "degraded")
        trials = Counter("guardrails_bundle_canary_verdicts", "Verdicts of trials.", names, registry=registry)
        self._trials = Series(trials, names, labels)

    def attempted(self, result: str) -> None:
        """An attempt to put other policies in force came to something (`RESULTS`)."""
        self._reloads.of(result).inc()

    def judged(self, arm: str, action: str, *, degraded: bool) -> None:
        """A verdict was counted in a trial."""
        self._trials.of(arm, action, "true" if degraded else "false").inc()

    def not_compared(self) -> None:
        """A verdict was not, because the candidate would have asked for other evidence."""
        self._trials.of("candidate", NOT_COMPARED, "false").inc()

    def watch(self, state: Callable[[], BundleState], read_s: Callable[[], float]) -> None:
        """Ask for the state, and for the seconds since the folder was read, whenever metrics are read."""
        self._registry.register(_BundleGauges(state, read_s))


class _BundleGauges(Collector):
    def __init__(self, state: Callable[[], BundleState], read_s: Callable[[], float]) -> None:
        self._state = state
        self._read_s = read_s

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families without asking anybody."""
        yield from _families()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield what there is now. A revision that is no longer in force leaves no series behind."""
        state = self._state()
        info, active, problems, read = _families()
        info.add_metric((state.active[:_SHOWN], "active"), 1)
        if state.candidate is not None:
            info.add_metric((state.candidate[:_SHOWN], "candidate"), 1)
        active.add_metric((), state.active_s)
        problems.add_metric((), state.problems)
        read.add_metric((), self._read_s())
        yield from (info, active, problems, read)


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily("guardrails_bundle_info", "Always 1.", labels=("revision", "state")),
        GaugeMetricFamily("guardrails_bundle_active_seconds", "Since the active bundle took effect.", labels=()),
        GaugeMetricFamily("guardrails_bundle_problems", "Problems of the last attempt.", labels=()),
        GaugeMetricFamily("guardrails_bundle_read_seconds", "Since the folder was last read.", labels=()),
    )
