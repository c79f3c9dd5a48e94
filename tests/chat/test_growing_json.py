"""JSON in the making: known for none as soon as it cannot become any, and how deep in strings a place lies."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.growing_json import GrowingJson
from guardrails.chat.json_text import is_json_container


def alive(text):
    one, many = GrowingJson(), GrowingJson(nested=True)
    one.feed(text)
    for character in text:
        many.feed(character)
    assert (one.alive, one.in_string) == (many.alive, many.in_string) or not one.alive
    assert one.alive == many.alive
    return one.alive


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
).filter(lambda value: isinstance(value, dict | list))


@given(json_values, st.booleans(), st.sampled_from([None, 1]), st.data())
def test_every_beginning_of_json_may_become_json(value, ascii_only, indent, data):
    text = f" {json.dumps(value, ensure_ascii=ascii_only, indent=indent)}\n"
    assert alive(text[: data.draw(st.integers(0, len(text)))])
    assert not alive(text + "x")
    assert not alive(text + "{")


@pytest.mark.parametrize(
    "text",
    [
        "x", "[E", "[1] see", "{a", "{1", "[,", "[1,]", "[1 2", '["a" "b"', '{"a" 1', '{"a":}', '{"a":1,}', "[}", "{]",
        "]", '"', "1", "[01 ", "[1. ", "[-]", "[.5", "[+1", "[tru ", "[nul]", "[truex", "[NaN", "[Inf", '["\n', '["\\x',
        '["\\u12g', "[1e]", "[" * 501, "[" + "9" * 1025, "[]]", "[x](http://y)", "{}{",
    ],
)  # fmt: skip
def test_what_cannot_become_json_is_known_for_none(text):
    assert not alive(text)


@given(st.lists(st.sampled_from(list('[]{},:"\\ u01-.etrfalsnE')), max_size=12).map("".join))
def test_whatever_is_json_was_alive_to_its_end(text):
    if is_json_container(text):
        assert alive(text)


def levels(text):
    growing = GrowingJson(nested=True)
    growing.feed(text)
    return growing.levels


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("", 0), ("[", 0), ('["', 1), ('["a', 1), ('["a"', 0), ('["{', 1), ('["{\\"a', 2), ('["{\\"a\\"', 1),
        ('["{\\"a\\": \\"', 2), ('["[\\"{\\\\\\"', 3), ('["[E', 1), ('["\\u007b\\u0022', 2), ("[E", 0),
    ],
)  # fmt: skip
def test_a_place_is_known_by_the_strings_around_it(text, depth):
    assert levels(text) == depth
