"""What can be counted, and that it stays bounded and free of text."""

from prometheus_client.parser import text_string_to_metric_families

from guardrails.azure.observer import Observer
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Stage
from guardrails.domain.forwarded import FilterResult
from guardrails.domain.verdict import Action, Mode, PolicyRef, Verdict
from guardrails.telemetry.metrics import Metrics
from guardrails.upstreams.observer import Attempts

POLICY = PolicyRef("default", "sha256:" + "0" * 64)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"guardrails_{name}", labels)


def test_a_request_is_counted_by_door_and_status_class():
    metrics = Metrics()
    metrics.request_started()
    metrics.request_started()
    metrics.request_finished("/check", 404, 0.2)
    assert value(metrics, "requests_total", door="/check", status="4xx") == 1
    assert value(metrics, "request_duration_seconds_count", door="/check") == 1
    assert value(metrics, "requests_in_flight") == 1


def test_a_verdict_is_counted_with_its_policy_and_whether_it_was_degraded():
    metrics = Metrics()
    metrics.verdict_reached("orders", Stage.INPUT, Verdict(Action.FLAG, POLICY, Mode.MONITOR, degraded=True))
    labels = {"policy": "default", "stage": "input", "action": "flag", "mode": "monitor", "degraded": "true"}
    assert value(metrics, "verdicts_total", **labels) == 1
    assert value(metrics, "caller_verdicts_total", caller="orders", action="flag") == 1


def test_a_check_is_counted_with_its_time_calls_and_failure():
    metrics = Metrics()
    metrics.check_finished(CheckReport("pii", CheckStatus.COMPLETED, calls=3, duration_ms=40))
    metrics.check_finished(
        CheckReport("pii", CheckStatus.FAILED, reason=FailureReason.THROTTLED, calls=2, duration_ms=900)
    )
    assert value(metrics, "check_duration_seconds_sum", check="pii", status="completed") == 0.04
    assert value(metrics, "check_failures_total", check="pii", reason="throttled") == 1
    assert value(metrics, "check_calls_total", check="pii") == 5


def test_metrics_are_an_observer_of_azure():
    metrics = Metrics()
    observer: Observer = metrics
    observer.call_finished("language", "ok", 0.05)
    observer.token_fetched("corp", "token", 1.5)
    assert value(metrics, "azure_calls_total", service="language", outcome="ok") == 1
    assert value(metrics, "token_fetches_total", credential="corp", outcome="token") == 1


def test_a_try_at_a_deployment_is_counted_by_model_and_outcome():
    metrics = Metrics()
    attempts: Attempts = metrics
    attempts.upstream_attempted("gpt-4o", "west/gpt-4o", "throttled")
    labels = {"model": "gpt-4o", "deployment": "west/gpt-4o", "outcome": "throttled"}
    assert value(metrics, "upstream_attempts_total", **labels) == 1


def test_what_a_models_own_filter_did_is_counted_by_model():
    metrics = Metrics()
    metrics.model_filtered("gpt-4o", FilterResult.NOT_FILTERED)
    assert value(metrics, "model_filter_total", model="gpt-4o", result="not_filtered") == 1


def test_token_ages_are_asked_for_when_metrics_are_read():
    metrics = Metrics()
    ages = {"corp": 10.0}
    metrics.watch_tokens(lambda: ages, lambda: {"corp": 3589.0})
    ages["corp"] = 20.0
    assert value(metrics, "token_age_seconds", credential="corp") == 20
    assert value(metrics, "token_expires_in_seconds", credential="corp") == 3589


def test_a_watched_gauge_shows_the_value_of_the_moment():
    metrics = Metrics()
    seen = [1.0]
    metrics.watch_waiting(lambda: seen[0])
    seen[0] = 0.0
    assert value(metrics, "inspections_waiting") == 0


def test_labels_stay_bounded_whatever_arrives():
    metrics = Metrics()
    for number in range(1000):
        metrics.request_finished(f"door{number}", 200, 0.1)
    doors = {
        sample.labels["door"]
        for family in text_string_to_metric_families(metrics.render().decode())
        if family.name == "guardrails_requests"
        for sample in family.samples
    }
    assert len(doors) <= 201
    assert "other" in doors


def test_a_text_never_becomes_a_label():
    metrics = Metrics()
    metrics.request_finished("my secret is Sesame", 200, 0.1)
    metrics.call_finished("x" * 65, "ok", 0.1)
    metrics.request_finished("/check", 999, 0.1)
    page = metrics.render().decode()
    assert "Sesame" not in page
    assert "xxxxx" not in page
    assert value(metrics, "requests_total", door="/check", status="other") == 1


def test_two_services_in_one_process_count_apart():
    first, second = Metrics(), Metrics()
    first.records_finished("written", 3)
    assert value(first, "decision_records_total", result="written") == 3
    assert value(second, "decision_records_total", result="written") == 0


def test_the_page_parses_and_names_the_build():
    families = {family.name for family in text_string_to_metric_families(Metrics().render().decode())}
    assert "guardrails_build_info" in families
    assert all(name.startswith("guardrails_") for name in families)
