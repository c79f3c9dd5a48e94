"""A deadline only ever shortens a timeout."""

from guardrails.domain.deadline import Deadline


def test_a_timeout_is_the_sooner_of_its_own_and_what_is_left():
    assert Deadline.after(100).sooner(1) == 1
    assert 0 < Deadline.after(1).sooner(100) <= 1


def test_a_passed_deadline_leaves_no_time():
    passed = Deadline.after(-1)
    assert passed.remaining() < 0
    assert passed.sooner(5) == 0
