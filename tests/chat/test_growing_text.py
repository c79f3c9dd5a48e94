"""A text that grows is seen as the whole one would be, escapes of JSON in JSON included."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.growing_text import GrowingText
from guardrails.chat.json_text import readable
from guardrails.chat.nested_escape import said_at


def _spelled(text):
    return "".join(f"\\u{ord(character):04x}" for character in text)


def grown(pieces):
    text = GrowingText()
    for piece in pieces:
        if piece:
            text.feed(piece)
    text.flush()
    return text


def _cut(text, size):
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("depth", range(4))
def test_escapes_are_written_out_in_json_within_json(depth, size):
    text = '{"note":"' + _spelled("mail a@b.c") + ' \\n\\"x\\"","n":[1,{"b":"\\/"}]}'
    for _ in range(depth):
        text = json.dumps({"in": text})
    seen = grown(_cut(text, size))
    assert "mail a@b.c" in seen.seen(0, seen.end)


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_an_escape_that_is_itself_escaped_hides_nothing(size):
    text = '{"in":"' + _spelled('{"note":"' + _spelled("a@b.c") + '"}') + '"}'
    seen = grown(_cut(text, size))
    assert "a@b.c" in seen.seen(0, seen.end)


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_positions_lead_back_to_what_was_written(size):
    text = json.dumps({"in": '{"note":"\\u0041 SECRET \\u0042\\u0043"}', "after": "SECRET"})
    seen = grown(_cut(text, size))
    view = seen.seen(0, seen.end)
    for start in (view.index("SECRET"), view.rindex("SECRET")):
        assert text[seen.raw_at(start) : seen.raw_at(start + 6)] == "SECRET"
    assert text[seen.raw_at(view.index("BC")) :].startswith("\\\\u0042")
    assert text[seen.raw_at(view.index("BC") + 2) :].startswith('\\"}')


_values = st.recursive(
    st.text(alphabet='ab"\\/u0041\n\té😀', max_size=12) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='ab"\\', max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(_values, st.lists(st.booleans(), min_size=1, max_size=3), st.integers(1, 9))
def test_what_is_seen_says_the_same_as_the_whole(value, ascii_only, size):
    text = json.dumps([value], ensure_ascii=ascii_only[0])
    for one in ascii_only[1:]:
        text = json.dumps({"in": text}, ensure_ascii=one)
    seen = grown(_cut(text, size))
    assert seen.is_json
    assert json.loads(seen.seen(0, seen.end), strict=False) == json.loads(readable(text), strict=False)
    assert seen.raw_at(seen.end) == len(text)


@given(st.text(alphabet='\\u0041"{}[]:,ab ', max_size=60), st.integers(1, 9))
def test_any_text_is_seen_to_its_end(text, size):
    seen = grown(_cut('{"in":"{\\"a\\":\\"' + text, size))
    assert seen.raw_at(seen.end) == seen.raw_length


@given(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), st.integers(0, 2))
def test_a_character_is_said_by_its_spelling_at_any_level(character, levels):
    text = character
    for _ in range(levels):
        text = _spelled(text)
    assert said_at(text, 0, levels) == (character, len(text), levels > 0)
    assert all(said_at(text[:end], 0, levels) is None for end in range(len(text)))
