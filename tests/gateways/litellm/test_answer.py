"""What of an answer is judged, and what LiteLLM is told of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.content import Kind, Origin
from guardrails.domain.errors import InvalidRequest
from guardrails.gateways.litellm.answer import Answer
from guardrails.gateways.litellm.windows import WINDOW

ARGUMENTS = '{"to": "ann"}'
CALL = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": ARGUMENTS}}


def answer(texts: Any = None, **more: object) -> Answer:
    return Answer.of({"input_type": "response", "texts": texts, "tool_calls": None, "images": None, **more})


def told(found: Answer) -> dict[str, tuple[str, Origin, bool]]:
    return {one.pointer: (one.text, one.origin, one.editable) for one in found.read(()).segments}


def test_a_text_is_the_assistants_and_can_be_edited():
    assert told(answer(["one", ""])) == {
        "/texts/0": ("one", Origin.ASSISTANT, True),
        "/texts/1": ("", Origin.ASSISTANT, True),
    }


def test_a_long_text_is_read_in_windows():
    read = told(answer(["short", "word " * WINDOW]))
    assert list(read)[:3] == ["/texts/0", "/texts/1/0", "/texts/1/1"]
    assert all(len(text) <= WINDOW for text, _, _ in read.values())


def test_calls_are_read_and_cannot_be_edited():
    read = told(answer([], tool_calls=[CALL]))
    assert read["/tool_calls/0/function/arguments"] == (ARGUMENTS, Origin.ASSISTANT, False)
    assert read["/tool_calls/0/function/name"] == ("send", Origin.ASSISTANT, False)


def test_images_are_read_as_their_kind():
    read = answer(["one"], images=["https://contoso.com/cat.png"]).read(())
    assert [one.kind for one in read.segments] == [Kind.TEXT, Kind.REMOTE_IMAGE]


@pytest.mark.parametrize("name", ["texts", "tool_calls", "images", "structured_messages", "tools", "later"])
@pytest.mark.parametrize("value", ["alone", {"a": "alone"}, ["alone", 1], [["alone"]]])
def test_a_field_of_another_type_is_read_and_cannot_be_edited(name, value):
    read = told(answer(**{name: value}))
    assert ("alone", Origin.ASSISTANT, False) in read.values()


@pytest.mark.parametrize(
    "more", [{}, {"texts": []}, {"model": "gpt-4o"}, {"tool_calls": []}, {"texts": [], "images": []}]
)
def test_nothing_to_judge_is_refused(more):
    with pytest.raises(InvalidRequest, match="no text"):
        answer(**more).read(())


JSON = st.recursive(
    st.none() | st.integers(-9, 9) | st.text('ab {\\"\n', min_size=3, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "name", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["texts", "tool_calls", "structured_messages", "tools", "later"]), JSON, max_size=4)
)
def test_no_string_of_a_body_of_any_shape_is_left_unread(body):
    strings = list(_strings(body))
    try:
        read = Answer.of(body).read(())
    except InvalidRequest:  # an explicit block as well
        return
    texts = "\n".join(one.text for one in read.segments)
    missing = [text for text in strings if text not in texts and text.replace("\\", "") not in texts.replace("\\", "")]
    assert sum(map(len, missing)) <= sum(one.characters for one in read.unread)


def _strings(value):
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(inner)
