"""Requests in token ids, which nobody here can read, never count as read."""

import pytest

from guardrails.chat.anything import extract_chat_or_anything
from guardrails.domain.content import Kind


def _unreadable(body):
    return [segment.pointer for segment in extract_chat_or_anything(body).segments if segment.kind is Kind.OTHER]


@pytest.mark.parametrize("name", ["prompt", "input"])
@pytest.mark.parametrize("value", [[1, 2, 3], [[1, 2], [3]], ["text", 7], [["text"], [7]]])
def test_token_ids_are_something_that_is_no_text(name, value):
    assert _unreadable({"model": "m", name: value}) == [f"/{name}"]


@pytest.mark.parametrize("value", ["text", ["text", "more"], [], None, {"a": 1}, 7])
def test_other_prompts_are_not(value):
    assert _unreadable({"model": "m", "prompt": value}) == []


def test_messages_beside_them_hide_nothing():
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "prompt": [1, 2, 3]}
    assert _unreadable(body) == ["/prompt"]
