"""What a label tells about a rule, and what it leaves open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.lab.tuning.samples import CLEAN, Said, truth

EVERY = frozenset({"Hate", "Violence", "Sexual", "SelfHarm"})


def said(*categories: str, untold: tuple[str, ...] = ()) -> Said:
    return Said(bad=True, categories=frozenset(categories), untold=frozenset(untold))


@pytest.mark.parametrize(
    ("told", "wanted", "expected"),
    [
        (None, EVERY, None),
        (CLEAN, EVERY, False),
        (CLEAN, frozenset({"Hate"}), False),
        (said("Hate"), frozenset({"Hate", "Sexual"}), True),
        (said("Hate"), frozenset({"Sexual"}), False),
        (said(), EVERY, True),
        (said(), EVERY | {"blocklist"}, True),
        (said(), frozenset({"Hate"}), None),
        (said("Hate", untold=("Sexual",)), frozenset({"Sexual"}), None),
        (said("Hate", untold=("Sexual",)), frozenset({"Hate", "Sexual"}), True),
        (Said(bad=False, untold=frozenset({"Sexual"})), frozenset({"Hate"}), False),
    ],
)
def test_a_label_answers_what_it_tells_and_nothing_else(told, wanted, expected):
    assert truth(told, wanted, EVERY) is expected


@given(st.frozensets(st.sampled_from(sorted(EVERY))), st.frozensets(st.sampled_from(sorted(EVERY))))
def test_who_looks_at_more_never_turns_bad_into_good(categories, wanted):
    told = Said(bad=bool(categories), categories=categories)
    if truth(told, wanted, EVERY):
        assert truth(told, EVERY, EVERY)
