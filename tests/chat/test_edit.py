"""Edits are made by pointer, on a copy."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.edit import apply
from guardrails.chat.request import extract_messages
from guardrails.domain.content import Edit, Kind, Span


def edit(pointer, start, end, replacement="[X]"):
    return Edit(pointer, Span(start, end), replacement)


def test_an_edit_changes_one_string_and_shares_the_rest():
    body = {"messages": [{"role": "user", "content": "hello you"}, {"role": "user", "content": "b"}], "tools": [{}]}
    before = copy.deepcopy(body)
    after = apply(body, [edit("/messages/0/content", 6, 9)])
    assert body == before
    assert after["messages"][0] == {"role": "user", "content": "hello [X]"}
    assert after["messages"][1] is body["messages"][1]
    assert after["tools"] is body["tools"]


def test_without_edits_the_body_is_the_body():
    body = {"a": "b"}
    assert apply(body, []) is body


def test_many_edits_in_many_places_are_made_at_once():
    body = {"a/b": [{"~": "12345"}, "12345"], "c": "12345"}
    edits = [edit("/a~1b/0/~0", 0, 1), edit("/a~1b/0/~0", 4, 5), edit("/a~1b/1", 1, 3), edit("/c", 0, 5)]
    assert apply(body, edits) == {"a/b": [{"~": "[X]234[X]"}, "1[X]45"], "c": "[X]"}


@pytest.mark.parametrize(
    "pointer", ["", "/b", "/a/0", "/list/2", "/list/-1", "/list/x", "/list/-", "/number", "/list", "a"]
)
def test_an_edit_that_leads_to_no_string_is_an_error_and_never_skipped(pointer):
    with pytest.raises(ValueError, match=r"an edit|not a JSON pointer"):
        apply({"a": "text", "list": ["x", "y"], "number": 3}, [edit(pointer, 0, 1)])


@pytest.mark.parametrize("pointers", [("/a", "/a/b"), ("/a/b", "/a")])
def test_edits_that_contradict_each_other_are_an_error(pointers):
    with pytest.raises(ValueError, match="string of this body"):
        apply({"a": "text"}, [edit(pointer, 0, 1) for pointer in pointers])


def test_an_edited_choice_loses_its_logprobs_and_the_others_keep_theirs():
    def choice(text):
        return {"message": {"content": text}, "logprobs": {"content": [{"token": text}]}}

    body = {"choices": [choice("secret"), choice("fine")]}
    after = apply(body, [edit("/choices/0/message/content", 0, 6)])
    assert after["choices"][0] == {"message": {"content": "[X]"}, "logprobs": None}
    assert after["choices"][1] is body["choices"][1]
    assert body["choices"][0]["logprobs"] is not None


def test_edited_arguments_stay_json():
    arguments = '{"card": 4111111111111111, "to": "a\\u0040b.c"}'
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    body = {"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]}
    segment = extract_messages(body).segments[1]
    at = segment.text.index
    edits = [
        edit(segment.pointer, at("4111"), at("4111") + 16, "****"),
        edit(segment.pointer, at("a@b.c"), at("a@b.c") + 5),
    ]
    after = apply(body, edits)["messages"][0]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(after) == {"card": "****", "to": "[X]"}


def _strings(body):
    return [segment for segment in extract_messages(body).segments if segment.kind is Kind.TEXT]


@given(st.lists(st.text(alphabet='abc{}[]"\\u0040é😀 ', max_size=20), min_size=1, max_size=4), st.data())
def test_what_was_found_in_a_segment_is_edited_in_the_body(texts, data):
    body = {"messages": [{"role": "user", "content": text} for text in texts]}
    before = _strings(body)
    segment = data.draw(st.sampled_from(before))
    after = _strings(apply(body, [edit(segment.pointer, 0, len(segment.text), "*")]))
    for old, new in zip(before, after, strict=True):
        if old.pointer != segment.pointer:
            assert new == old
        elif old.text and not old.text.startswith(("{", "[")):
            assert new.text == "*"
