"""Metrics for Prometheus: what came in, what was decided, how Azure and the checks behaved (docs/operations.md)."""

import platform
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from guardrails.domain.check import CheckReport
from guardrails.domain.content import Stage
from guardrails.domain.forwarded import Early, FilterResult, Streamed
from guardrails.domain.shadow import ShadowVerdict
from guardrails.domain.verdict import Verdict
from guardrails.telemetry.bundle_metrics import BundleMetrics
from guardrails.telemetry.labels import OTHER, Labels, Series

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
Gauges = Callable[[], Mapping[str, float]]
_CHECK_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0)
_CALL_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)

_SHADOW: Final = ("policy", "shadow", "stage", "verdict", "enforced")


def _installed_version() -> str:
    try:
        return version("azure-guardrails")
    except PackageNotFoundError:
        return "unknown"


VERSION: Final = _installed_version()
"""The installed version of this package, `unknown` where it runs without being installed."""


class Metrics:
    """Everything the service counts, in a registry of its own.

    No label carries text a caller chose: values are names from settings, policies and code, and go through `Labels`.
    By its shape it is also the observer that calls to Azure and token fetches report to. Its methods never raise, do
    no I/O and may be called from any thread. `bundles` has those of the policy bundle.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._labels = Labels()
        self.bundles = BundleMetrics(self.registry, self._labels)
        self._requests = self._counter("requests", "Requests answered.", "door", "status")
        self._request_seconds = self._histogram("request_duration_seconds", "Whole requests.", _CALL_SECONDS, "door")
        self._in_flight = Gauge(
            "guardrails_requests_in_flight", "Requests being worked on now.", registry=self.registry
        )
        self._verdicts = self._counter("verdicts", "Verdicts.", "policy", "stage", "action", "mode", "degraded")
        self._caller_verdicts = self._counter("caller_verdicts", "Verdicts of each caller.", "caller", "action")
        self._check_seconds = self._histogram(
            "check_duration_seconds", "One check over one inspection.", _CHECK_SECONDS, "check", "status"
        )
        self._check_failures = self._counter("check_failures", "Checks that failed.", "check", "reason")
        self._check_calls = self._counter("check_calls", "Calls to Azure a check made.", "check")
        self._azure_calls = self._counter("azure_calls", "Calls to Azure.", "service", "outcome")
        self._azure_seconds = self._histogram("azure_call_duration_seconds", "One call.", _CALL_SECONDS, "service")
        self._upstream_attempts = self._counter(
            "upstream_attempts", "Tries at deployments.", "model", "deployment", "outcome"
        )
        self._model_filters = self._counter("model_filter", "What models' own filters did.", "model", "result")
        self._early_starts = self._counter("early_starts", "Models asked beside the checks.", "model", "outcome")
        self._early_saved = self._counter("early_saved_seconds", "Time that asking beside the checks saved.", "model")
        self._early_wasted = self._counter("early_wasted_tokens", "Tokens of answers nobody got.", "model")
        self._streams = self._counter("streams", "Streamed answers by how they ended.", "model", "ending")
        self._shadows = self._counter("shadow_verdicts", "What shadow policies would have decided.", *_SHADOW)
        self._windows = self._counter("stream_windows", "Windows of streamed answers that were judged.", "model")
        self._dropped_messages = self._counter("dropped_messages", "Earlier messages left out of chats.", "policy")
        self._cache_texts = self._counter("cache_texts", "Texts looked for in the cache.", "check", "result")
        self._gateway_refusals = self._counter("gateway_refusals", "Answers without a verdict.", "gateway", "reason")
        self._cache_trouble = self._counter("cache_trouble", "Times that the cache's store was of no use.", "reason")
        self._token_fetches = self._counter("token_fetches", "Token requests to Entra.", "credential", "outcome")
        self._token_seconds = self._histogram(
            "token_fetch_duration_seconds", "One token request.", _CALL_SECONDS, "credential"
        )
        self._records = self._counter("decision_records", "Decision records by what became of them.", "result")
        self._begin()

    def _begin(self) -> None:
        for result in ("written", "dropped", "failed", "sampled"):
            self._records.of(result)
        build = Gauge("guardrails_build_info", "Always 1.", ("version", "python"), registry=self.registry)
        build.labels(VERSION, platform.python_version()).set(1)

    def _counter(self, name: str, meaning: str, *labels: str) -> Series[Counter]:
        counter = Counter(f"guardrails_{name}", meaning, labels, registry=self.registry)
        return Series(counter, labels, self._labels)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Series[Histogram]:
        histogram = Histogram(f"guardrails_{name}", meaning, labels, buckets=buckets, registry=self.registry)
        return Series(histogram, labels, self._labels)

    def request_started(self) -> None:
        """A request came in. Each has exactly one `request_finished`."""
        self._in_flight.inc()

    def request_finished(self, door: str, status: int, seconds: float) -> None:
        """A request was answered at `door` (a route's template, never a path) with an HTTP status."""
        self._in_flight.dec()
        self._requests.of(door, f"{status // 100}xx" if 100 <= status < 600 else OTHER).inc()  # noqa: PLR2004 - HTTP
        self._request_seconds.of(door).observe(seconds)

    def verdict_reached(self, caller: str, stage: Stage, verdict: Verdict) -> None:
        """A verdict was decided. `degraded` on an action below block is text that passed without a full check."""
        action, degraded = verdict.action.word, "true" if verdict.degraded else "false"
        self._verdicts.of(verdict.policy.name, stage.value, action, verdict.mode.value, degraded).inc()
        self._caller_verdicts.of(caller, action).inc()

    def shadow_decided(self, verdict: Verdict, stage: Stage, shadow: ShadowVerdict) -> None:
        """A shadow policy decided beside a verdict; `enforced` is what that one came to."""
        told = shadow.word.replace(" ", "_")
        self._shadows.of(verdict.policy.name, shadow.policy.name, stage.value, told, verdict.action.word).inc()

    def check_finished(self, report: CheckReport) -> None:
        """A check reported."""
        self._check_seconds.of(report.check, report.status.value).observe(report.duration_ms / 1000)
        self._check_calls.of(report.check).inc(report.calls)
        if report.reason is not None:
            self._check_failures.of(report.check, report.reason.value).inc()

    def call_finished(self, service: str, outcome: str, seconds: float) -> None:
        """One call to an Azure service ended; `outcome` is `ok`, a failure reason or a status class."""
        self._azure_calls.of(service, outcome).inc()
        self._azure_seconds.of(service).observe(seconds)

    def upstream_attempted(self, model: str, deployment: str, outcome: str) -> None:
        """One try at a model's deployment ended; `outcome` is `ok`, a failure reason or `not_found`."""
        self._upstream_attempts.of(model, deployment, outcome).inc()

    def model_filtered(self, model: str, result: FilterResult) -> None:
        """A model's own filter refused a prompt, cut an answer, or could not run."""
        self._model_filters.of(model, result.value).inc()

    def early_started(self, model: str, early: Early) -> None:
        """A model was asked beside the checks of its input, and the verdict on that is known."""
        self._early_starts.of(model, early.outcome.value).inc()
        self._early_saved.of(model).inc(early.saved_ms / 1000)
        self._early_wasted.of(model).inc(early.tokens_wasted)

    def stream_ended(self, model: str, streamed: Streamed) -> None:
        """A streamed answer ended, whoever ended it."""
        self._streams.of(model, streamed.ending.value).inc()
        self._windows.of(model).inc(streamed.windows)

    def messages_dropped(self, policy: str, count: int) -> None:
        """Earlier messages of a chat were left out of what went to the model."""
        self._dropped_messages.of(policy).inc(count)

    def cache_asked(self, check: str, hits: int, misses: int) -> None:
        """So many texts of a check were found in the cache, and so many were not."""
        self._cache_texts.of(check, "hit").inc(hits)
        self._cache_texts.of(check, "miss").inc(misses)

    def cache_troubled(self, reason: str) -> None:
        """The cache's store could not be used, or held what none of us has written."""
        self._cache_trouble.of(reason).inc()

    def gateway_refused(self, gateway: str, reason: str) -> None:
        """A gateway's call was answered without a verdict; `reason` is the code of a problem."""
        self._gateway_refusals.of(gateway, reason).inc()

    def token_fetched(self, credential: str, outcome: str, seconds: float) -> None:
        """One token request ended; `outcome` is `ok` or a failure reason."""
        self._token_fetches.of(credential, outcome).inc()
        self._token_seconds.of(credential).observe(seconds)

    def records_finished(self, result: str, count: int) -> None:
        """What became of records: `written`, `dropped` (lost), `failed` (tried again), `sampled` (left out)."""
        self._records.of(result).inc(count)

    def watch_tokens(self, ages: Gauges, expires_in: Gauges) -> None:
        """Ask these for seconds per credential whenever metrics are read."""
        self.registry.register(_TokenGauges(ages, expires_in))

    def watch_waiting(self, waiting: Callable[[], float]) -> None:
        """Ask how many texts wait for their turn to be judged, whenever metrics are read."""
        gauge = Gauge("guardrails_inspections_waiting", "Texts that wait for their turn.", registry=self.registry)
        gauge.set_function(waiting)

    def watch_cache(self, used: Callable[[], float]) -> None:
        """Ask how many bytes the cache takes in this process, whenever metrics are read."""
        gauge = Gauge("guardrails_cache_bytes", "Bytes of the cache in this process.", registry=self.registry)
        gauge.set_function(used)

    def render(self) -> bytes:
        """All metrics in the Prometheus text format; `CONTENT_TYPE` goes with it."""
        return generate_latest(self.registry)


class _TokenGauges(Collector):
    """Ages and remaining lives of the tokens in use."""

    def __init__(self, ages: Gauges, expires_in: Gauges) -> None:
        self._gauges = (
            ("guardrails_token_age_seconds", "Seconds since the token in use was fetched.", ages),
            ("guardrails_token_expires_in_seconds", "Seconds until the token in use expires.", expires_in),
        )

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Yield the names alone, so that registering asks nobody."""
        for name, meaning, _ in self._gauges:
            yield GaugeMetricFamily(name, meaning, labels=("credential",))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges, one sample for each credential."""
        for name, meaning, ask in self._gauges:
            family = GaugeMetricFamily(name, meaning, labels=("credential",))
            for credential, seconds in ask().items():
                family.add_metric((credential,), seconds)
            yield family
