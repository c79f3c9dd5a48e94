"""docs/operations.md names every metric, every failure reason and every field that really exist."""

import re
from datetime import UTC, datetime
from pathlib import Path

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Origin, Span, Stage
from guardrails.domain.dropped import Dropped
from guardrails.domain.finding import Finding
from guardrails.domain.forwarded import Early, EarlyStart, Ending, FilterResult, Forwarded, Streamed
from guardrails.domain.shadow import ShadowVerdict
from guardrails.domain.verdict import Action, Coverage, Mode, PolicyRef, Reason, Verdict
from guardrails.settings.bundles import Canary, CanaryMode, Undecided
from guardrails.store.store import Trouble
from guardrails.telemetry.bundle_metrics import RESULTS, BundleState
from guardrails.telemetry.metrics import Metrics
from guardrails.telemetry.records import decision_record

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def documented_metrics() -> dict[str, tuple[str, ...]]:
    rows = re.findall(r"^\| `(guardrails_\w+)` \| \w+(?:: ([\w, ]+))? \|", section("Metrics"), re.MULTILINE)
    return {name: tuple(labels.split(", ")) if labels else () for name, labels in rows}


def real_metrics() -> dict[str, tuple[str, ...]]:
    metrics = Metrics()
    metrics.watch_tokens(lambda: {"corp": 1.0}, lambda: {"corp": 1.0})
    metrics.watch_waiting(lambda: 0.0)
    metrics.watch_cache(lambda: 0.0)
    metrics.bundles.watch(lambda: BundleState("sha256:a", None, 1.0, 0), lambda: 1.0)
    metrics.bundles.judged("active", "allow", degraded=False)
    metrics.request_started()
    metrics.request_finished("/check", 200, 0.1)
    metrics.verdict_reached("orders", Stage.INPUT, Verdict(Action.ALLOW, PolicyRef("p", "r"), Mode.ENFORCE))
    metrics.shadow_decided(
        Verdict(Action.ALLOW, PolicyRef("p", "r"), Mode.ENFORCE),
        Stage.INPUT,
        ShadowVerdict(PolicyRef("s", "r"), Action.BLOCK),
    )
    metrics.check_finished(CheckReport("pii", CheckStatus.FAILED, reason=FailureReason.TOKEN))
    metrics.call_finished("language", "ok", 0.1)
    metrics.token_fetched("corp", "ok", 0.1)
    metrics.model_filtered("gpt-4o", FilterResult.NOT_FILTERED)
    metrics.cache_asked("pii", 1, 1)
    metrics.cache_troubled(Trouble.TIMEOUT)
    metrics.gateway_refused("portkey", "too_large")
    metrics.messages_dropped("default", 2)
    metrics.upstream_attempted("gpt-4o", "west/gpt-4o", "ok")
    metrics.early_started("gpt-4o", Early(EarlyStart.USED, 1.0, 1))
    metrics.stream_ended("gpt-4o", Streamed(1, 1, 0, Ending.DONE))
    found: dict[str, tuple[str, ...]] = {}
    for family in metrics.registry.collect():
        sample = family.samples[0]
        labels = tuple(label for label in sample.labels if label != "le")
        found[f"{family.name}_total" if family.type == "counter" else family.name] = labels
    return found


def test_the_page_has_every_metric_with_its_labels_and_no_other():
    assert documented_metrics() == real_metrics()


def test_every_alert_is_about_a_metric_that_exists():
    named = set(re.findall(r"guardrails_[a-z_]+", section("Metrics")))
    assert named <= set(real_metrics())


def test_the_page_has_every_failure_reason():
    told = section("Metrics").split("Failure reasons: ")[1].split(".\n")[0]
    assert set(re.findall(r"`(\w+)`", told)) == {reason.value for reason in FailureReason}


def test_the_page_has_every_result_of_a_reload_and_every_setting_of_a_canary():
    told = section("New policies")
    assert all(f"`{result}`" in told for result in RESULTS)
    assert all(f"`canary.{name}`" in told for name in Canary.model_fields)
    assert all(f"`{word}`" in told for words in (CanaryMode, Undecided) for word in words)


def test_the_page_has_every_word_of_a_models_filter():
    assert all(f"`{result}`" in section("Metrics") for result in FilterResult)


def test_the_page_has_every_word_of_a_store_in_trouble():
    assert all(f"`{reason}`" in section("The verdict cache") for reason in Trouble)


def test_the_page_has_every_field_of_a_decision_record():
    span = Span(0, 1)
    record = decision_record(
        decision_id="chk_1",
        moment=datetime.now(UTC),
        request_id="req_1",
        caller="orders",
        door="/check",
        stage=Stage.INPUT,
        verdict=Verdict(
            Action.BLOCK,
            PolicyRef("p", "r"),
            Mode.ENFORCE,
            (Reason("r", Action.BLOCK, "pii", pointer="/text", span=span),),
        ),
        reports=(
            CheckReport("pii", CheckStatus.COMPLETED, (Finding("Email", 1, "/text", span),), unread={"/text": "x"}),
        ),
        coverage=(Coverage("/text", Origin.USER, 1, (), {"pii": "x"}),),
        duration_ms=1.0,
        forwarded=Forwarded("west/gpt-4o"),
        dropped=Dropped((0,), (), (CheckReport("pii", CheckStatus.COMPLETED),), ()),
        shadows=(ShadowVerdict(PolicyRef("s", "r"), Action.BLOCK),),
    )
    names = set(re.findall(r"`([\w]+)`", section("Decision records")))

    def missing(value: object) -> set[str]:
        if isinstance(value, dict):
            return (set(value) - names).union(*map(missing, value.values()))
        return set().union(*map(missing, value)) if isinstance(value, list) else set()

    assert missing(record) == set()
