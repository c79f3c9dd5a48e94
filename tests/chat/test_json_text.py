"""Strings that hold JSON: detectors see through escapes, edits keep them JSON."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.json_text import edited, is_json_container, meanings, readable, rewritten
from guardrails.domain.content import Edit, Span


def edit(text, part, replacement="[Email]"):
    start = text.index(part)
    return Edit("/a", Span(start, start + len(part)), replacement)


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ('{"a":"\\u0040\\u00e9"}', '{"a":"@é"}'),
        ('{"a":"\\ud83d\\ude00"}', '{"a":"😀"}'),
        ('{"a":"01\\/02"}', '{"a":"01/02"}'),
        ('{"a":"\\\\u0040"}', '{"a":"\\\\u0040"}'),
        ('{"a":"\\u0022\\u005c\\u000a\\n\\""}', '{"a":"\\"\\\\\n\n\\""}'),
        ('{"a":"\\ud83d4111\\u00014111"}', '{"a":"\ufffd4111\x014111"}'),
        ("say \\u0040", "say \\u0040"),
        ('{"a":"\\u0040"', '{"a":"\\u0040"'),
        ('"\\u0040"', '"\\u0040"'),
    ],
)
def test_escapes_are_written_out_where_json_allows_it(text, view):
    assert readable(text) == view


def _spelled(text):
    return "".join(f"\\u{ord(character):04x}" for character in text)


@pytest.mark.parametrize("depth", range(1, 5))
def test_escapes_are_written_out_in_json_within_json_at_any_depth(depth):
    text = '{"note":"' + _spelled("mail a@b.c") + '"}'
    for _ in range(depth):
        text = json.dumps({"in": text})
    assert "mail a@b.c" in readable(text)
    assert "a@b.c" not in readable(edited(text, [edit(readable(text), "a@b.c")]))


def test_an_escape_that_is_itself_escaped_hides_nothing():
    inner = '{"note":"' + _spelled("a@b.c") + '"}'
    text = '{"in":"' + _spelled(inner) + '"}'
    assert "a@b.c" in readable(text)
    assert "a@b.c" not in readable(edited(text, [edit(readable(text), "a@b.c")]))


@pytest.mark.parametrize("text", ["", "{", "[1,]", "hello", "3", '"x"', '{"a": NaN}', "[" * 100_000])
def test_only_whole_objects_and_lists_count_as_json(text):
    assert not is_json_container(text)


def test_numbers_of_any_length_cost_nothing():
    assert is_json_container("[" + "9" * 500_000 + "]")


@pytest.mark.parametrize(
    ("text", "part", "result"),
    [
        ('{"to": "a@b.c", "n": 1}', "a@b.c", '{"to": "[Email]", "n": 1}'),
        ('{"card": 4111111111111111, "n": 1}', "4111111111111111", '{"card": "[Email]", "n": 1}'),
        ('{"card": 4111111111111111, "n": 1}', "1111", '{"card": "[Email]", "n": 1}'),
        ('["a b", "c d", 5]', 'b", "c', '["a [Email]", "[Email] d", 5]'),
        ('["a b", true]', 'b", t', '["a [Email]", "[Email]"]'),
        ('{"line\\nmore": "x"}', "\nmore", '{"line[Email]": "x"}'),
        ('{"line\\nmore": "x\\ty"}', "more", '{"line\\n[Email]": "x\\ty"}'),
        ('{"in": "{\\"a\\": \\"x\\\\n y\\"}"}', "y", '{"in": "{\\"a\\": \\"x\\\\n [Email]\\"}"}'),
        ('{"q": "say \\"hi\\" now"}', '"hi\\', '{"q": "say [Email] now"}'),
        ('{"a@b.c": 1}', "a@b.c", '{"[Email]": 1}'),
        ('{"a": "x"}', ': "', '{"a": "x"}'),
        ("mail a@b.c", "a@b.c", "mail [Email]"),
        ('{"a": "a@b.c"', "a@b.c", '{"a": "[Email]"'),
    ],
)
def test_an_edit_is_made_inside_strings_and_numbers(text, part, result):
    assert edited(text, [edit(readable(text), part)]) == result


def test_an_edit_is_a_position_in_what_the_checks_saw():
    text = '{"to":"\\u00e9\\u0040b.c","x":"\\u00e9"}'
    assert edited(text, [edit(readable(text), "é@b.c")]) == '{"to":"[Email]","x":"é"}'


def test_a_replacement_is_escaped():
    assert json.loads(edited('["a@b.c"]', [edit('["a@b.c"]', "a@b.c", 'x"\\\n')])) == ['x"\\\n']


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=10,
).filter(lambda value: isinstance(value, dict | list))
pairs = st.lists(st.tuples(st.integers(0, 80), st.integers(1, 30)), max_size=4)


@given(json_values, st.booleans(), pairs)
def test_json_stays_json_of_the_same_shape_under_any_edits(value, ascii_only, places):
    text = json.dumps(value, ensure_ascii=ascii_only)
    edits = [Edit("/a", Span(start, start + length), "[X]") for start, length in places]
    after = json.loads(edited(text, edits))
    assert type(after) is type(value)
    if isinstance(value, list):
        assert len(after) == len(value)


@given(json_values, st.booleans())
def test_the_view_is_the_same_json(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert json.loads(readable(text), strict=False) == json.loads(text)
    assert readable(readable(text)) == readable(text)


@given(st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=6), min_size=1, max_size=5), st.data())
def test_no_character_of_a_span_is_left_in_any_string(words, data):
    text = json.dumps(words)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    marked = "".join(char.upper() if start <= at < end else char for at, char in enumerate(text))
    after = edited(marked, [Edit("/a", Span(start, end), "*")])
    assert not any(char.isupper() for char in after)
    assert len(json.loads(after)) == len(words)


@pytest.mark.timeout(60)  # a square of their number would take minutes
def test_a_thousand_edits_in_a_large_text_are_quick():
    text = json.dumps([f"mail a{number}@b.c" for number in range(20_000)])
    edits = [Edit("/a", Span(at, at + 5), "[X]") for at in range(7, len(text) - 10, 17)]
    assert json.loads(edited(text, edits))


@pytest.mark.parametrize(
    ("text", "part", "meaning"),
    [
        ("mail a@b.c", "a@b.c", "a@b.c"),
        ('{"to": "a@b.c"}', "a@b.c", "a@b.c"),
        ('{"to": "a@b.c"}', '"a@b.c"', "a@b.c"),
        ('{"to": "x\\na@b.c"}', "na@b.c", "\na@b.c"),
        ('{"who": "A \\"B\\" C"}', 'A \\"B\\" C', 'A "B" C'),
        ('{"card": 4111111111111111}', "1111", "4111111111111111"),
        ('["a b", "c d"]', 'b", "c', None),
        ('["a", "b"]', '", "', None),
        ('["a", "b"]', ", ", None),
        ('["\\ud800 a@b.c"]', "\\ud800 a@b.c", None),
        ('{"a": "a@b.c"', "a@b.c", "a@b.c"),
    ],
)
def test_a_span_means_what_its_edit_takes_out(text, part, meaning):
    start = text.index(part)
    assert meanings(text, [Span(start, start + len(part))]) == [meaning]


def test_many_spans_of_one_string_are_read_at_once():
    text = json.dumps(["\n".join(f"a{number}@b.c" for number in range(3000))])
    spans = [Span(*match.span()) for match in re.finditer(r"a\d+@b\.c", text)]
    assert meanings(text, spans) == [f"a{number}@b.c" for number in range(3000)]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_rewritten_to_the_same_is_the_same(value):
    text = json.dumps([value])
    assert rewritten(text, str) == text
    assert json.loads(rewritten(text, lambda said: said + "x")) == _with_x([value])


def _with_x(value):
    if isinstance(value, dict):
        return {key + "x": _with_x(member) for key, member in value.items()}
    if isinstance(value, list):
        return [*map(_with_x, value)]
    return value + "x" if isinstance(value, str) else value
