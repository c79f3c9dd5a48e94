"""A deadline is a moment: what is left of it only ever shrinks."""

from guardrails.domain.deadline import Deadline


def test_what_is_left_shrinks():
    deadline = Deadline.after(100)
    first = deadline.remaining()
    assert 0 < deadline.remaining() <= first <= 100


def test_a_passed_deadline_leaves_no_time():
    assert Deadline.after(-1).remaining() < 0
