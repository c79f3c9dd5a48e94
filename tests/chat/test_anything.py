"""Bodies of any shape: every string is read or told, and an edit lands where it should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_bodies import BODIES, LONG, PNG

from guardrails.chat.address import child
from guardrails.chat.anything import extract_anything, extract_chat_or_anything, extract_native
from guardrails.chat.edit import apply
from guardrails.chat.tree import is_field_name
from guardrails.domain.content import Edit, Kind, Origin, Span
from guardrails.domain.errors import InvalidRequest

EDITED = "# changed #"


@pytest.mark.parametrize("text", ["Data: we sold more, and faster.", "data:, hello", "see data:image/png;base64,AAAA"])
def test_a_sentence_is_no_data_url(text):
    assert Kind.OTHER not in {one.kind for one in extract_anything({"x": text}).segments}


@pytest.mark.parametrize("text", ["data:image/png;base64,AAAA", " DATA:text/html,x", "data:;base64,AAAA", LONG])
def test_what_looks_like_a_payload_is_told_and_read(text):
    extract = extract_anything({"x": text})
    assert {(one.kind, one.pointer) for one in extract.segments} == {(Kind.TEXT, "/x"), (Kind.OTHER, "")}


def test_a_chat_is_read_as_a_chat_and_anything_else_leaf_by_leaf():
    chat = {"messages": [{"role": "system", "content": "Be brief."}]}
    assert [one.origin for one in extract_chat_or_anything(chat).segments] == [Origin.SYSTEM]
    odd = {"messages": [{"role": "root", "content": "Be brief."}]}
    assert {one.origin for one in extract_chat_or_anything(odd).segments} == {Origin.USER}


@pytest.mark.parametrize("extract", [extract_anything, extract_native])
def test_half_a_character_is_refused(extract):
    with pytest.raises(InvalidRequest, match="surrogate"):
        extract({"x": ["\ud800"]})


text = st.text(max_size=6) | st.sampled_from(
    ["a b", "call_1", "user", "image", "text", "base64", "image/png", PNG, LONG]
)
NAMES = (
    *("type", "role", "text", "content", "parts", "messages", "contents", "input", "source", "data", "image", "id"),
    *("image_url", "url", "inlineData", "mimeType", "fileData", "fileUri", "tool_use_id", "signature", "system"),
    *("tools", "metadata", "name", "a b", "é", "stop", "output", "bytes", "response", "functionResponse", "x"),
)
KINDS = ("text", "image", "document", "tool_result", "input_file", "function_call_output", "mcp_call", "thinking")
values = st.recursive(
    text | st.integers(0, 9) | st.none() | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(st.sampled_from(NAMES), values, max_size=5)


def strings(value, pointer=""):
    """The pointer of each string of a body; of what has a name that is no identifier that of its object."""
    if isinstance(value, str):
        yield pointer
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from strings(element, child(pointer, index))
    elif isinstance(value, dict):
        for name, member in value.items():
            if is_field_name(name):
                yield from strings(member, child(pointer, name))
            else:
                yield from (pointer for _ in strings(member))


def assert_each_is_told(body, extract):
    told = {one.pointer for one in extract.unread}
    told |= {one.pointer for one in extract.segments if one.kind not in {Kind.PARTS, Kind.TURNS} and one.text}
    for pointer in strings(body):
        steps = pointer.split("/")
        if not _at(body, pointer) and isinstance(_at(body, pointer), str):
            continue
        assert any("/".join(steps[:length]) in told for length in range(1 if pointer == "" else 2, len(steps) + 1)), (
            pointer
        )


def assert_edits_land(body, extract):
    """An edit of each text changes that string and nothing else."""
    for one in extract.segments:
        if one.kind is Kind.TEXT and one.editable and one.text and not one.text.lstrip().startswith(("{", "[")):
            edited = apply(body, [Edit(one.pointer, Span(0, len(one.text)), EDITED)])
            leaves = (pointer for pointer in strings(body) if isinstance(_at(body, pointer), str))
            changed = {pointer for pointer in leaves if _at(edited, pointer) != _at(body, pointer)}
            assert (_at(edited, one.pointer), changed) == (EDITED, {one.pointer})


def _at(body, pointer):
    for step in pointer.split("/")[1:]:
        body = body[int(step)] if isinstance(body, list) else body[step]
    return body


@given(bodies)
def test_every_string_of_a_native_chat_is_told_and_edits_land(body):
    try:
        extract = extract_native(body)
    except InvalidRequest:
        return
    assert_each_is_told(body, extract)
    assert_edits_land(body, extract)


@given(bodies)
def test_every_string_of_anything_is_told_and_edits_land(body):
    extract = extract_anything(body)
    assert_each_is_told(body, extract)
    assert_edits_land(body, extract)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_every_string_of_real_bodies_is_told_and_edits_land(body):
    for extract in (extract_native, extract_anything):
        assert_each_is_told(body, extract(body))
        assert_edits_land(body, extract(body))
