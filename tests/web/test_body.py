import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.errors import InvalidRequest, TooLarge
from guardrails.web.body import MAX_DEPTH, MAX_VALUES, parse_object

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=20,
)


@given(body=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), _JSON, max_size=5))
def test_any_json_object_is_read_as_it_is(body):
    assert parse_object(json.dumps(body).encode()) == body


@given(raw=st.binary(max_size=200))
def test_any_other_bytes_are_a_clear_refusal_never_a_fault(raw):
    try:
        body = parse_object(raw)
    except InvalidRequest as error:
        body = {"refused": error.detail}
    assert isinstance(body, dict)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"  ", "is empty"),
        (b"[1]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b'{"a": NaN}', "not JSON: line 1, column"),
        (b'{"a": 1', "not JSON"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_what_is_not_a_json_object_says_what_it_is(raw, said):
    with pytest.raises(InvalidRequest, match=said):
        parse_object(raw)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (rb'{"text": "a\ud800b"}', "text"),
        (rb'{"messages": [{"content": "\udc00"}]}', "messages[0].content"),
        (rb'{"a": {"\ud800": 1}}', "a"),
    ],
)
def test_a_lone_surrogate_names_its_field(raw, field):
    with pytest.raises(InvalidRequest) as caught:
        parse_object(raw)
    assert caught.value.field == field


def test_a_surrogate_pair_is_a_character_like_any_other():
    assert parse_object(rb'{"text": "\ud83d\ude00"}') == {"text": "\U0001f600"}


@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 500, 5_000, 200_000])
def test_deep_nesting_names_the_limit(levels):
    raw = b'{"a":' + b"[" * levels + b"]" * levels + b"}"
    with pytest.raises(InvalidRequest, match=f"deeper than {MAX_DEPTH} levels"):
        parse_object(raw)


def test_the_deepest_allowed_nesting_is_read():
    levels = MAX_DEPTH - 1
    assert parse_object(b'{"a":' + b"[" * levels + b"]" * levels + b"}")


def test_a_name_that_may_be_content_is_not_repeated_when_its_text_is_refused():
    with pytest.raises(InvalidRequest) as caught:
        parse_object(rb'{"call anna@contoso.com": {"text": "\ud800"}}')
    assert "anna" not in f"{caught.value.field} {caught.value}"


def test_in_a_large_body_a_lone_surrogate_is_told_without_a_search_for_its_field():
    raw = b'{"messages": [' + b"1," * MAX_VALUES + rb'"\ud800"]}'
    with pytest.raises(InvalidRequest, match=r"lone surrogate.*: line 1, column \d+"):
        parse_object(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": [' + b"1," * MAX_VALUES + b"1]}",
        b'{"a": [' + b"[]," * MAX_VALUES + b"[]]}",
        b'{"a": [[' + b'"x",' * MAX_VALUES + b"1]]}",
        b'{"a": {' + b",".join(b'"%d": {}' % number for number in range(MAX_VALUES + 1)) + b"}}",
    ],
    ids=["numbers", "lists", "texts", "objects"],
)
def test_a_body_of_too_many_values_is_refused_whatever_they_are(raw):
    with pytest.raises(TooLarge, match=f"more than {MAX_VALUES} values"):
        parse_object(raw)


def test_as_many_values_as_the_limit_are_read():
    assert len(parse_object(b'{"a": [' + b"1," * (MAX_VALUES - 2) + b"1]}")["a"]) == MAX_VALUES - 1
