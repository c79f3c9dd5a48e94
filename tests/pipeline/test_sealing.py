"""Evidence in a store: it comes back as it was, and bytes that somebody else has put there are noticed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.content import Span
from guardrails.domain.finding import Finding
from guardrails.pipeline.sealing import LONGEST, Forged, Sealer, framed

KEY = b"k" * 32
SEALER = Sealer(KEY)
NAME = SEALER.context("app", "pii").name(b"user", b"text")
NOW = 1_800_000_000

_FINDINGS = st.builds(
    Finding,
    st.text(max_size=20).filter(lambda text: text.isprintable()),
    st.none() | st.integers(0, 7) | st.floats(0, 1),
    st.just(""),
    st.none() | st.builds(Span, st.integers(0, 99), st.integers(100, 10**6)),
    st.none() | st.sampled_from(["company-terms", "Person"]),
)


@given(st.lists(_FINDINGS, max_size=20))
def test_what_was_sealed_comes_back_as_it_was(findings):
    value = SEALER.seal(NAME, findings, NOW + 60)
    opened = SEALER.open(NAME, value, NOW)
    assert opened == tuple(findings)
    assert [type(one.measure) for one in opened] == [type(one.measure) for one in findings]


def test_nothing_seen_is_evidence_too_and_not_the_same_as_no_entry():
    assert SEALER.open(NAME, SEALER.seal(NAME, [], NOW + 60), NOW) == ()


def test_an_entry_is_good_until_its_end_whatever_the_store_says():
    value = SEALER.seal(NAME, [], NOW + 60)
    assert SEALER.open(NAME, value, NOW + 59.9) == ()
    assert SEALER.open(NAME, value, NOW + 60) is None


@given(st.data())
def test_a_changed_byte_is_noticed_wherever_it_is(data):
    value = bytearray(SEALER.seal(NAME, [Finding("Email", 0.9, "", Span(1, 5))], NOW + 60))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Forged):
        SEALER.open(NAME, bytes(value), NOW)


@pytest.mark.parametrize("value", [b"", b"[]", b"\0" * 32, b"\0" * 40, b"x" * 500])
def test_bytes_of_somebody_else_are_noticed(value):
    with pytest.raises(Forged):
        SEALER.open(NAME, value, NOW)


@pytest.mark.parametrize(
    "told", [b"", b"{", b"[1]", b"[[1, 2]]", b'[["Email", 1, 5, null]]', b'[["A", 1, [1, 2, 3], null]]']
)
def test_what_is_sealed_in_another_shape_is_not_believed_either(told):
    value = (NOW + 60).to_bytes(8, "big") + told
    sealed = SEALER._seal(NAME, value) + value
    with pytest.raises(Forged):
        SEALER.open(NAME, sealed, NOW)


def test_an_entry_of_another_text_or_of_who_has_another_key_is_noticed():
    clean = SEALER.context("app", "pii").name(b"user", b"another text")
    for value in (SEALER.seal(clean, [], NOW + 60), Sealer(b"K" * 32).seal(NAME, [], NOW + 60)):
        with pytest.raises(Forged):
            SEALER.open(NAME, value, NOW)


def test_what_json_would_change_or_is_too_long_is_not_kept():
    assert SEALER.seal(NAME, [Finding("Email", math.nan, "")], NOW) is None
    assert SEALER.seal(NAME, [Finding("Email", 0.5, "")] * LONGEST, NOW) is None


@given(st.lists(st.binary(max_size=9), max_size=4), st.lists(st.binary(max_size=9), max_size=4))
def test_two_lists_of_fields_are_the_same_message_only_if_they_are_the_same(first, second):
    assert (framed(*first) == framed(*second)) == (first == second)


def test_a_name_tells_neither_key_nor_field():
    name = SEALER.context("app-name", "pii").name(b"the text")
    assert name.startswith(b"guardrails:")
    assert b"app-name" not in name
    assert b"the text" not in name
