"""Sampling leaves out plain allows and nothing else, and both ways of a chat alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.verdict import Action, Mode, PolicyRef, Verdict
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.sampling import is_drawn

REF = PolicyRef("default", "sha256:ab")


def verdict(action, *, degraded=False, mode=Mode.ENFORCE):
    return Verdict(action, REF, mode, degraded=degraded)


@given(
    st.text(min_size=1),
    st.sampled_from([action for action in Action if action is not Action.ALLOW]),
    st.booleans(),
    st.sampled_from(Mode),
    st.floats(0, 1),
)
def test_blocks_redactions_and_flags_are_always_recorded(decision_id, action, degraded, mode, share):
    decisions = DecisionLog("stdout", sample_allowed=share)
    assert decisions.rate(decision_id, verdict(action, degraded=degraded, mode=mode)) == 1


@given(st.text(min_size=1), st.floats(0, 1))
def test_what_passed_without_a_full_check_is_always_recorded(decision_id, share):
    assert DecisionLog("stdout", sample_allowed=share).rate(decision_id, verdict(Action.ALLOW, degraded=True)) == 1


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_plain_allows_are_recorded_in_their_share_with_the_rate_and_the_rest_is_counted(share):
    counts = {}
    decisions = DecisionLog("stdout", lambda result, count: counts.update({result: counts.get(result, 0) + count}),
                            sample_allowed=share)  # fmt: skip
    rates = [decisions.rate(f"chk_{number:024x}", verdict(Action.ALLOW)) for number in range(4000)]
    kept = [rate for rate in rates if rate is not None]
    assert set(kept) <= {share}
    assert abs(len(kept) - 4000 * share) < 150
    assert counts.get("sampled", 0) == 4000 - len(kept)


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_an_id_is_drawn_or_not_whenever_it_is_asked_about(decision_id, one, other):
    few, many = sorted((one, other))
    assert is_drawn(decision_id, one) == is_drawn(decision_id, one)
    assert is_drawn(decision_id, many) or not is_drawn(decision_id, few)


def test_nothing_is_recorded_and_nothing_counted_where_records_are_off():
    counts = []
    assert DecisionLog("off", lambda *told: counts.append(told)).rate("chk_1", verdict(Action.BLOCK)) is None
    assert counts == []
