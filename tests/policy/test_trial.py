"""A trial tells when the new bundle leaves the band, and tells nothing while there is too little to tell from."""

from types import MappingProxyType

import pytest

from guardrails.domain.verdict import Action, Mode, PolicyRef, Verdict
from guardrails.policy.bundle import Bundle
from guardrails.policy.compile import compile_policy
from guardrails.policy.trial import Arm, Trial
from guardrails.settings.bundles import Canary

CANARY = Canary(mode="share", min_verdicts=10, max_block_rate_change=0.2, max_failure_rate_change=0.1)


@pytest.fixture
def bundle(specs):
    def make(**descriptions):
        policies = {
            name: compile_policy(
                f"version: 1\npolicy: {name}\ndescription: {told}\nchecks: {{pii: }}\n"
                "rules: [{id: a, check: pii, action: flag}]\n",
                f"{name}.yaml",
                specs,
            )
            for name, told in descriptions.items()
        }
        return Bundle(MappingProxyType(policies), str(descriptions))

    return make


@pytest.fixture
def trial(bundle):
    return Trial(bundle(a="one", b="one"), bundle(a="two", b="two"), CANARY)


def count(trial, arm, number, *, blocked=0, failed=0, policy="a", mode=Mode.ENFORCE):
    for index in range(number):
        action = Action.BLOCK if index < blocked else Action.ALLOW
        trial.count(arm, Verdict(action, PolicyRef(policy, "r"), mode, degraded=index < failed))


def test_only_policies_that_are_in_both_and_differ_take_part(bundle):
    trial = Trial(bundle(a="one", b="one", gone="x"), bundle(a="two", b="one", new="x"), CANARY)
    assert [name for name in ("a", "b", "gone", "new") if trial.is_about(name)] == ["a"]


@pytest.mark.parametrize(("before", "after"), [(0, 10), (10, 0), (2, 5)])
def test_a_block_rate_that_moves_too_far_either_way_is_a_breach(trial, before, after):
    count(trial, Arm.ACTIVE, 10, blocked=before)
    count(trial, Arm.CANDIDATE, 10, blocked=after)
    told = trial.breach()
    assert told is not None
    assert f"{after * 10}.0% of its verdicts block, {before * 10}.0% of the active" in told


def test_within_the_band_is_no_breach(trial):
    count(trial, Arm.ACTIVE, 10, blocked=2, failed=1)
    count(trial, Arm.CANDIDATE, 10, blocked=4, failed=2)
    assert trial.has_enough
    assert trial.breach() is None


def test_a_failure_rate_may_fall_as_far_as_it_likes(trial):
    count(trial, Arm.ACTIVE, 10, failed=10)
    count(trial, Arm.CANDIDATE, 10)
    assert trial.breach() is None


def test_a_failure_rate_that_rises_too_far_is_a_breach(trial):
    count(trial, Arm.ACTIVE, 10)
    count(trial, Arm.CANDIDATE, 10, failed=2)
    assert "20.0% of its verdicts have a failed check" in trial.breach()


@pytest.mark.parametrize(("active", "candidate"), [(9, 1000), (1000, 9), (0, 0)])
def test_too_few_verdicts_of_either_side_tell_nothing(trial, active, candidate):
    count(trial, Arm.ACTIVE, active)
    count(trial, Arm.CANDIDATE, candidate, blocked=candidate)
    assert not trial.has_enough
    assert trial.breach() is None


def test_a_policy_that_many_others_hide_is_seen(trial):
    for arm in Arm:
        count(trial, arm, 1000, policy="b")
    count(trial, Arm.ACTIVE, 10)
    count(trial, Arm.CANDIDATE, 10, blocked=10)
    assert trial.breach().startswith("policy 'a': 100.0%")


def test_a_block_that_is_only_monitored_is_none(trial):
    count(trial, Arm.ACTIVE, 10)
    count(trial, Arm.CANDIDATE, 10, blocked=10, mode=Mode.MONITOR)
    assert trial.breach() is None
