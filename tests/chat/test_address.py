"""Pointers for programs, paths for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.address import child, field_path, parts, place


@pytest.mark.parametrize(
    ("pointer", "path", "short"),
    [
        ("/messages/0/content", "messages[0].content", "messages[0]"),
        ("/messages/0/content/1/text", "messages[0].content[1].text", "messages[0].content[1]"),
        ("/choices/2/message/content", "choices[2].message.content", "choices[2]"),
        ("/choices/2/message/content/0/text", "choices[2].message.content[0].text", "choices[2].message.content[0]"),
        ("/documents/4", "documents[4]", "documents[4]"),
        ("/text", "text", "text"),
        ("/tools/0", "tools[0]", "tools[0]"),
        ("", "", "the body"),
    ],
)
def test_a_pointer_is_told_as_people_say_it(pointer, path, short):
    assert field_path(pointer) == path
    assert place(pointer) == short


@given(st.lists(st.text(max_size=8) | st.integers(0, 99), max_size=6))
def test_a_pointer_gives_back_the_names_it_was_made_of(names):
    pointer = ""
    for name in names:
        pointer = child(pointer, name)
    assert parts(pointer) == tuple(map(str, names))


def test_what_is_no_pointer_is_told():
    with pytest.raises(ValueError, match="not a JSON pointer"):
        parts("messages/0")
