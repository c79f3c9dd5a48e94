"""Which bundle judges: one swap, a share that nobody can compute, and trials that end when their time is over."""

import time
from types import MappingProxyType

import pytest

from guardrails.checks.catalogue import SPECS
from guardrails.domain.verdict import Action, Mode, PolicyRef, Verdict
from guardrails.pipeline.bundles import Bundles, Result
from guardrails.policy.bundle import Bundle
from guardrails.policy.compile import compile_policy
from guardrails.policy.trial import Arm
from guardrails.settings.bundles import Canary, CanaryMode, Undecided
from guardrails.telemetry.bundle_metrics import RESULTS
from guardrails.telemetry.metrics import Metrics


def bundle(told):
    text = (
        f"version: 1\npolicy: default\ndescription: {told}\nchecks: {{pii: }}\nrules: [{{id: a, check: pii, "
        "action: flag}]\n"
    )
    return Bundle(MappingProxyType({"default": compile_policy(text, "default.yaml", SPECS)}), f"sha256:{told}")


OLD, NEW = bundle("old"), bundle("new")


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test puts forward."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def bundles(**canary):
    return Bundles(OLD, Canary(**canary), frozenset({"default"}), Metrics().bundles)


def count(trial, number):
    for arm in Arm:
        for _ in range(number):
            trial.count(arm, Verdict(Action.ALLOW, PolicyRef("default", "r"), Mode.ENFORCE))


def test_without_a_canary_the_next_request_has_the_new_bundle_and_this_one_keeps_its_own():
    kept = bundles()
    taken = kept.take("orders", "req_1")
    kept.offer(NEW)
    assert taken.policy("default") is OLD.policies["default"]
    assert taken.trying("default") is None
    assert kept.take("orders", "req_1").policy("default") is NEW.policies["default"]


def test_a_share_is_about_as_large_as_asked_and_another_one_in_each_trial():
    kept = bundles(mode="share", share=0.25)
    chosen = []
    for _ in range(2):
        kept.offer(NEW)
        chosen.append({n for n in range(4000) if kept.take("orders", f"req_{n}").bundle is NEW})
        kept.withdraw()
    assert all(850 < len(ids) < 1150 for ids in chosen)
    assert len(chosen[0] & chosen[1]) < 400
    kept.offer(NEW)
    by_caller = [kept.take(f"caller-{n}", "req_1").bundle is NEW for n in range(400)]
    assert 50 < sum(by_caller) < 150


def test_an_id_of_any_bytes_is_taken():
    kept = bundles(mode="share")
    kept.offer(NEW)
    assert kept.take("orders", "\udcff").bundle in (OLD, NEW)


@pytest.mark.parametrize(
    ("undecided", "verdicts", "result", "active"),
    [
        (Undecided.WAIT, 10, Result.ACTIVATED, NEW),
        (Undecided.WAIT, 9, Result.TRYING, OLD),
        (Undecided.ACTIVATE, 0, Result.ACTIVATED, NEW),
        (Undecided.ROLL_BACK, 9, Result.ROLLED_BACK, OLD),
        (Undecided.ROLL_BACK, 10, Result.ACTIVATED, NEW),
    ],
)
def test_when_the_time_is_over_enough_verdicts_or_the_settings_decide(clock, undecided, verdicts, result, active):
    kept = bundles(mode="shadow", for_s=60, min_verdicts=10, undecided=undecided)
    kept.offer(NEW)
    count(kept.trial, verdicts)
    clock[0] += 59
    kept.tick()
    assert (kept.last.result, kept.active) == (Result.TRYING, OLD)
    clock[0] += 1
    kept.tick()
    assert (kept.last.result, kept.active) == (result, active)
    assert (kept.trial is None) is (result is not Result.TRYING)
    assert (kept.rolled_back == NEW.revision) is (result is Result.ROLLED_BACK)


def test_a_request_of_a_trial_that_is_over_moves_nobody():
    kept = bundles(mode="share", min_verdicts=1, max_block_rate_change=0.0)
    kept.offer(NEW)
    trial = kept.trial
    kept.withdraw()
    kept.offer(bundle("newer"))
    count(trial, 5)
    kept.look()
    assert kept.trial.candidate.revision == "sha256:newer"


def test_every_result_is_counted_under_its_name():
    assert {result.value for result in Result} == set(RESULTS)


def test_the_state_names_both_revisions_while_one_is_tried(clock):
    kept = bundles(mode=CanaryMode.SHADOW)
    clock[0] += 5
    kept.offer(NEW)
    state = kept.state()
    assert (state.active, state.candidate, state.active_s, state.problems) == (OLD.revision, NEW.revision, 5, 0)
    kept.refuse("sha256:worse", ["default.yaml:1:1: nothing"])
    state = kept.state()
    assert (state.active, state.candidate, state.problems) == (OLD.revision, None, 1)
