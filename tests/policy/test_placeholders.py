"""Placeholders follow from key, caller, category and value, and from nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.placeholder import ALPHABET, MARK_LENGTH, MAX_NAME, name_of, parted
from guardrails.policy.placeholders import PlaceholderKeys

CURRENT, OLD = b"c" * 32, b"o" * 32
KEYS = PlaceholderKeys((CURRENT, OLD))
texts = st.text(max_size=30)


def first(keys, *fields):
    return keys.hidden(*fields).placeholders[0]


def test_a_placeholder_is_the_category_in_capitals_and_a_mark():
    assert re.fullmatch(rf"\[EMAIL_[{ALPHABET}]{{{MARK_LENGTH}}}\]", first(KEYS, "app", "Email", "a@b.c"))


def test_the_form_never_changes_by_accident():
    # Placeholders of the past are in histories and records: another form is another version, on purpose.
    assert KEYS.hidden("app", "Email", "a@b.c").placeholders == ("[EMAIL_aa3tpnht]", "[EMAIL_vhcj4b6r]")
    assert KEYS.hash("app", "Email", "a@b.c") == "eyk2gvn16tpzv91z"


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("Email", "EMAIL"),
        ("CreditCardNumber", "CREDIT_CARD_NUMBER"),
        ("USSocialSecurityNumber", "US_SOCIAL_SECURITY_NUMBER"),
        ("IPAddress", "IP_ADDRESS"),
        ("ABARoutingNumber", "ABA_ROUTING_NUMBER"),
        ('E"m\\a]i\nl', "E_M_A_I_L"),
        ("été", "T"),
        ("]\n[", "VALUE"),
        ("A" * 200, "A" * MAX_NAME),
    ],
)
def test_a_name_is_plain_words_whatever_the_category(category, name):
    assert name_of(category) == name


@given(texts, texts, texts)
def test_the_same_value_has_the_same_placeholder_on_every_replica(caller, category, value):
    one, other = PlaceholderKeys((CURRENT, OLD)), PlaceholderKeys([CURRENT, OLD])
    assert one.hidden(caller, category, value) == other.hidden(caller, category, value)
    assert one.hash(caller, category, value) == other.hash(caller, category, value)


@given(st.lists(st.tuples(texts, texts, texts), min_size=2, max_size=2, unique=True))
def test_another_caller_category_or_value_has_another_mark(fields):
    one, other = ((parted(first(KEYS, *those))[1], KEYS.hash(*those)) for those in fields)
    assert one[0] != other[0]
    assert one[1] != other[1]


def test_another_key_makes_other_placeholders_and_older_ones_are_told_after_the_current():
    before, after = PlaceholderKeys((OLD,)), PlaceholderKeys((CURRENT, OLD))
    assert after.hidden("app", "Email", "a@b.c").placeholders == (
        first(PlaceholderKeys((CURRENT,)), "app", "Email", "a@b.c"),
        first(before, "app", "Email", "a@b.c"),
    )
    assert after.hash("app", "Email", "a@b.c") != before.hash("app", "Email", "a@b.c")


def test_a_hash_does_not_begin_like_the_placeholder_of_its_value():
    assert not KEYS.hash("app", "Email", "a@b.c").startswith(parted(first(KEYS, "app", "Email", "a@b.c"))[1])


def test_no_key_and_no_value_is_in_a_repr():
    shown = repr((KEYS, KEYS.hidden("app", "Email", "a@b.c")))
    for secret in ("cccc", "oooo", "a@b.c", "EMAIL_"):
        assert secret not in shown
