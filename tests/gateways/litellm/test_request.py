"""What of a request is judged, as whose, and what can be told back."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pictures import data_url, image_part, picture

from guardrails.chat.json_text import compact, readable
from guardrails.domain.content import Edit, Kind, Origin, Span
from guardrails.domain.errors import InvalidRequest, TooLarge
from guardrails.gateways.litellm.request import Request

VERSION = "1.108.7"


def call(arguments: str = "{}", **more: object) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": "send", "arguments": arguments}, **more}


def request(texts: Any, rows: Any, **more: object) -> Request:
    return Request.of(
        {
            "input_type": "request",
            "texts": texts,
            "structured_messages": rows,
            "litellm_version": VERSION,
            "images": None,
            "tools": None,
            "tool_calls": None,
            **more,
        }
    )


def told(found: Request) -> dict[str, tuple[str, Origin, bool]]:
    """By pointer the text, its origin and whether it can be edited."""
    return {one.pointer: (one.text, one.origin, one.editable) for one in found.read(()).segments}


ROWS = [
    {"role": "system", "content": "s"},
    {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": ""}]},
    {"role": "assistant", "content": None, "tool_calls": [call('{"a": "b"}')]},
    {"role": "tool", "content": "result", "tool_call_id": "c1"},
    {"role": "developer", "content": "d"},
]
TEXTS = ["s", "one", "", "result", "d"]


def test_a_text_has_the_role_of_the_message_it_stands_in():
    read = told(request(TEXTS, ROWS, tool_calls=[call('{"a": "b"}')]))
    assert read["/messages/0/content"] == ("s", Origin.SYSTEM, True)
    assert read["/messages/1/content/0/text"] == ("one", Origin.USER, True)
    assert read["/messages/3/content"] == ("result", Origin.TOOL, True)
    assert read["/messages/4/content"] == ("d", Origin.SYSTEM, True)
    assert read["/messages/2/tool_calls/0/function/arguments"] == ('{"a": "b"}', Origin.ASSISTANT, True)


def test_texts_that_do_not_line_up_are_the_users_and_the_messages_are_read_all_the_same():
    read = told(request(["other", "s"], ROWS))
    assert read["/texts/0"] == ("other", Origin.USER, True)
    assert read["/texts/1"] == ("s", Origin.USER, True)
    assert read["/messages/3/content"] == ("result", Origin.TOOL, False)
    assert read["/messages/2/tool_calls/0/function/arguments"] == ('{"a": "b"}', Origin.ASSISTANT, False)
    assert "/messages/0/content" not in read  # judged already, as the user's


@pytest.mark.parametrize("rows", [None, [], "x", {"role": "user"}])
def test_texts_without_messages_are_the_users(rows):
    assert told(request(["one", "two"], rows))["/texts/1"] == ("two", Origin.USER, True)


def test_messages_without_texts_are_read_and_cannot_be_edited():
    for texts in (None, [], "x", [1]):
        read = told(request(texts, [{"role": "user", "content": "one"}]))
        assert read["/messages/0/content"] == ("one", Origin.USER, False)


def test_a_text_of_the_messages_that_is_not_told_cannot_be_edited():
    read = told(request(["one"], [{"role": "system", "content": "s"}, {"role": "user", "content": "one"}]))
    assert read["/messages/0/content"] == ("s", Origin.SYSTEM, False)
    assert read["/messages/1/content"] == ("one", Origin.USER, True)


@pytest.mark.parametrize("version", [None, "", "1.108.6", "1.9.99", "0.999.0", "newest", "1.108", 7])
def test_calls_are_not_editable_where_the_proxy_may_not_take_messages_back(version):
    assert not told(request(TEXTS, ROWS, litellm_version=version))["/messages/2/tool_calls/0/function/arguments"][2]


@pytest.mark.parametrize("version", ["1.108.7", "1.108.14", "1.110.2", "2.0.0", "1.109.0rc1"])
def test_they_are_where_it_does(version):
    assert told(request(TEXTS, ROWS, litellm_version=version))["/messages/2/tool_calls/0/function/arguments"][2]


def test_what_the_messages_do_not_show_of_a_call_is_read_as_well():
    read = told(request(TEXTS, ROWS, tool_calls=[call('{"a": "b"}', index=0, note="look here")]))
    assert read["/more/tool_calls/0/note"] == ("look here", Origin.USER, False)
    assert sum("/more" in pointer for pointer in read) == 1


def test_calls_that_stand_in_no_message_are_read():
    read = told(request(["one"], [{"role": "user", "content": "one"}], tool_calls=[call("{}")]))
    assert read["/more/tool_calls/0/function/arguments"] == ("{}", Origin.USER, False)


def test_definitions_of_tools_are_read_whole():
    tool = {"type": "function", "function": {"name": "f", "description": "Ask ann@contoso.com"}}
    for rows in ([{"role": "user", "content": "one"}], None):
        read = request(["one"], rows, tools=[tool]).read(())
        assert any("ann@contoso.com" in one.text and not one.editable for one in read.segments)


def test_images_of_the_messages_are_read_once_and_others_besides():
    url, apart = data_url(picture()), "https://contoso.com/cat.png"
    rows = [{"role": "user", "content": [{"type": "text", "text": "one"}, image_part(url)]}]
    read = request(["one"], rows, images=[url, apart]).read(())
    kinds = [one.kind for one in read.segments if one.kind is not Kind.TEXT]
    assert kinds == [Kind.IMAGE, Kind.REMOTE_IMAGE]


def test_all_texts_come_back_in_their_order():
    found = request(TEXTS, ROWS)
    edited = {"messages": [*ROWS[:3], {**ROWS[3], "content": "r****t"}, ROWS[4]]}
    edit = Edit("/messages/3/content", Span(1, 5), "****")
    assert found.reply(edited, [edit]) == {"texts": ["s", "one", "", "r****t", "d"]}


def test_messages_come_back_where_a_call_has_changed():
    found = request(TEXTS, ROWS)
    edited = {"messages": [*ROWS[:2], {**ROWS[2], "tool_calls": [call("{}")]}, *ROWS[3:]]}
    edit = Edit("/messages/2/tool_calls/0/function/arguments", Span(0, 1), "")
    assert found.reply(edited, [edit]) == {"texts": TEXTS, "structured_messages": edited["messages"]}


def test_thoughts_of_the_assistant_that_have_changed_come_back_in_messages():
    rows = [{"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "one"}]}]
    found = request(["one"], rows)
    assert told(found)["/messages/0/content/0/thinking"] == ("hm", Origin.ASSISTANT, True)
    edit = Edit("/messages/0/content/0/thinking", Span(0, 2), "*")
    assert "structured_messages" in found.reply({"messages": rows}, [edit])


@pytest.mark.parametrize(
    "rows",
    [
        [{"content": "no role"}],
        [{"role": "robot", "content": "an unknown role"}],
        [{"role": "user", "content": "x", "tool_calls": [{"type": "odd", "text": "an odd call"}]}],
        ["a string"],
        [["a list"]],
    ],
)
def test_messages_of_another_shape_are_read_leaf_by_leaf(rows):
    texts = [row["content"] for row in rows if isinstance(row, dict)]
    read = {text for text, _, _ in told(request(texts, rows)).values()}
    assert set(strings(rows)) - {"user", "robot", "odd"} <= read


def test_nothing_to_judge_is_refused():
    for body in ({}, {"texts": []}, {"request_data": {"user_api_key_user_id": "ann"}}, {"structured_messages": [{}]}):
        with pytest.raises(InvalidRequest, match="no text"):
            Request.of(body).read(())


def test_more_than_can_be_judged_is_refused():
    with pytest.raises(TooLarge):
        request(["a"] * 10_001, None).read(())


def test_what_is_no_text_to_judge_has_its_receipt():
    unread = {one.pointer for one in request(["one"], None, model="gpt-4o", request_headers={"a": "b"}).read(()).unread}
    assert {"/input_type", "/litellm_version", "/model", "/request_headers"} <= unread


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for element in value:
            yield from strings(element)
    elif isinstance(value, dict):
        yield from strings(list(value.values()))


JSON = st.recursive(
    st.none() | st.integers(-9, 9) | st.text('ab \\"\n', min_size=3, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "text", "type", "function", "arguments", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(["texts", "structured_messages", "tools", "tool_calls", "images", "messages", "later"])


def forms(text: str) -> tuple[str, ...]:
    """A string as it may stand in a text: as it is, read as JSON, inside JSON."""
    return text, readable(text), readable(compact([text]))[2:-2]


@given(st.dictionaries(NAMES, JSON, max_size=5))
@example({"texts": None, "tools": {"role": '\\ "'}})
def test_no_string_of_a_body_of_any_shape_is_left_unread(body):
    told = Request.of(body)
    if not any(strings(body)):
        return
    try:
        read = told.read(())
    except InvalidRequest:  # an explicit block as well
        return
    texts = "\n".join(one.text for one in read.segments)
    marks = sum(one.characters for one in read.unread)
    missing = [text for text in strings(body) if not any(form in texts for form in forms(text))]
    assert sum(map(len, missing)) <= marks
