"""What a service asks to wait, and what is left of the budget."""

import math
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.azure.retry import MAX_RETRIES, RETRIED, RetryBudget, retry_after
from guardrails.azure.target import Target
from guardrails.azure.trouble import CallError, Trouble
from guardrails.domain.deadline import Deadline

TARGET = Target("language", "https://unused.localhost", "corp", "scope")


def throttled(wait: float | None = None) -> CallError:
    return CallError(Trouble.THROTTLED, TARGET, status=429, retry_after=wait)


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_any_header_is_a_wait_or_nothing(value: str):
    for name in ("retry-after", "retry-after-ms", "x-ms-retry-after-ms"):
        wait = retry_after({name: value})
        assert wait is None or (wait >= 0 and math.isfinite(wait))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "9"}, 9.0),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
    ],
)
def test_the_finer_header_wins_and_nonsense_is_none(headers: dict[str, str], wait: float | None):
    assert retry_after(headers) == wait


def test_a_date_is_a_wait_until_then():
    wait = retry_after({"retry-after": formatdate(time.time() + 60, usegmt=True)})
    assert wait is not None
    assert 50 < wait <= 60
    assert retry_after({"retry-after": formatdate(time.time() - 60, usegmt=True)}) == 0.0


@given(
    trouble=st.sampled_from(list(Trouble)),
    wait=st.none() | st.floats(0, 100),
    left=st.floats(-1, 10),
    chance=st.floats(0, 1),
)
def test_a_pause_is_never_shorter_than_asked_and_never_reaches_the_deadline(
    trouble: Trouble, wait: float | None, left: float, chance: float
):
    budget = RetryBudget(Deadline.after(left), chance=lambda: chance)
    pauses = []
    while (pause := budget.pause_before_retry(CallError(trouble, TARGET, retry_after=wait))) is not None:
        pauses.append(pause)
        assert (wait or 0.0) <= pause < left
    assert len(pauses) <= MAX_RETRIES
    assert not pauses or trouble in RETRIED


def test_the_budget_ends():
    budget = RetryBudget(Deadline.after(100))
    assert [budget.pause_before_retry(throttled()) is None for _ in range(4)] == [False, False, True, True]


def test_pauses_grow():
    budget = RetryBudget(Deadline.after(100), chance=lambda: 0.5)
    first, second = budget.pause_before_retry(throttled()), budget.pause_before_retry(throttled())
    assert first is not None
    assert second is not None
    assert 0 < first < second < 1
