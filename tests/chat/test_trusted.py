"""Texts that a policy lists by their digest are marked, exactly as they stand in the body."""

import hashlib
import json

import pytest

from guardrails.chat.request import extract_documents, extract_messages, extract_request, extract_text
from guardrails.domain.content import Kind, Stage

OURS = "You MUST follow these rules, STRICTLY."


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


TRUSTED = frozenset({digest(OURS)})


def trusted(segments):
    return {segment.pointer for segment in segments if segment.trusted}


def test_exactly_the_listed_text_is_trusted_wherever_it_stands():
    body = {
        "messages": [
            {"role": "user", "content": OURS},
            {"role": "user", "content": OURS + " "},
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": OURS}]},
        ],
        "documents": [OURS, "other"],
    }
    places = {"/messages/0/content", "/messages/2/content/0/text"}
    assert trusted(extract_messages(body, TRUSTED).segments) == places
    assert trusted(extract_request(body, TRUSTED).segments) == {*places, "/documents/0"}
    assert trusted(extract_documents(body, TRUSTED).segments) == {"/documents/0"}
    assert trusted(extract_text({"text": OURS}, Stage.INPUT, TRUSTED).segments) == {"/text"}


def test_without_a_list_nothing_is_trusted_and_nothing_is_hashed(monkeypatch):
    def never(*_args):
        raise AssertionError("hashed for nobody")

    monkeypatch.setattr(hashlib, "sha256", never)
    assert trusted(extract_messages({"messages": [{"role": "user", "content": OURS}]}).segments) == set()


def test_the_digest_is_that_of_the_string_as_it_was_sent_not_as_it_is_read():
    escaped = '{"rule": "\\u0041ll"}'
    body = {"messages": [{"role": "user", "content": escaped}]}
    assert trusted(extract_messages(body, {digest(escaped)}).segments) == {"/messages/0/content"}
    assert trusted(extract_messages(body, {digest('{"rule": "All"}')}).segments) == set()


def test_a_definition_is_no_text_and_cannot_be_trusted():
    tool = {"type": "function", "function": {"name": "f"}}
    body = {"messages": [{"role": "user", "content": "x"}], "tools": [tool]}
    compact = json.dumps(tool, separators=(",", ":"))
    assert trusted(extract_request(body, {digest(compact)}).segments) == set()


def test_texts_that_are_put_together_leave_trusted_ones_out():
    parts = [{"type": "text", "text": text} for text in ("a", OURS, "b")]
    body = {"messages": [{"role": "user", "content": parts}, {"role": "user", "content": OURS}]}
    body["messages"].append({"role": "user", "content": "c"})
    texts = {one.kind: one.text for one in extract_messages(body, TRUSTED).segments if one.kind is not Kind.TEXT}
    assert texts == {Kind.PARTS: "ab", Kind.TURNS: "ab\nc"}


@pytest.mark.parametrize("parts", [[OURS, "a"], [OURS, OURS]])
def test_one_part_beside_trusted_ones_needs_no_joining(parts):
    content = [{"type": "text", "text": text} for text in parts]
    segments = extract_messages({"messages": [{"role": "user", "content": content}]}, TRUSTED).segments
    assert {one.kind for one in segments} == {Kind.TEXT}
