"""Every string of a body has one receipt: its own, or that of the value it was read or told with."""

import json

from hypothesis import given
from hypothesis import strategies as st
from pictures import data_url, image_part, picture

from guardrails.chat.address import child
from guardrails.chat.request import extract_request
from guardrails.chat.response import extract_completion
from guardrails.chat.tree import is_field_name
from guardrails.domain.content import Kind

PICTURE = data_url(picture())

text = st.text(max_size=6) | st.sampled_from(["a b", "call_1", "user", "anna@contoso.com", "low"])
odd = st.dictionaries(st.sampled_from(["a b", "é", "note", "id", "x"]), text | st.lists(text, max_size=2), max_size=2)
parts = st.one_of(
    st.builds(lambda said, more: more | {"type": "text", "text": said}, text, odd),
    st.builds(lambda detail, more: more | image_part(PICTURE, detail=detail), text, odd),
    st.builds(lambda url, more: more | image_part("https://" + url), text, odd),
    st.builds(lambda data, more: {"type": "input_audio", "input_audio": more | {"data": data}}, text, odd),
    st.builds(lambda data, more: {"type": "file", "file": more | {"file_data": data, "filename": data}}, text, odd),
    st.builds(lambda kind, more: more | {"type": kind + "!"}, text, odd),
)
calls = st.builds(
    lambda name, said: {"id": "call_1", "type": "function", "function": {"name": name, "arguments": said}}, text, text
)
audio = st.builds(lambda said, more: more | {"id": "audio_1", "transcript": said, "data": "UklG"}, text, odd)


@st.composite
def messages(draw, roles=("system", "user", "tool", "assistant")):
    message = draw(odd) | {"role": draw(st.sampled_from(roles)), "content": draw(text | st.lists(parts, max_size=3))}
    if draw(st.booleans()):
        message["tool_calls"] = draw(st.lists(calls, max_size=2))
    if draw(st.booleans()):
        message |= {"name": draw(text), "tool_call_id": draw(text)}
    if draw(st.booleans()):
        message["audio"] = draw(audio)
    return message


FIELDS = {
    "model": text,
    "user": text,
    "metadata": st.dictionaries(text, text, max_size=2),
    "stop": st.lists(text, max_size=2),
    "tools": st.lists(
        st.builds(lambda said: {"type": "function", "function": {"description": said}}, text), max_size=2
    ),
    "functions": st.lists(st.builds(lambda said: {"name": "f", "description": said}, text), max_size=2),
    "response_format": st.builds(lambda said: {"type": "json_schema", "json_schema": {"description": said}}, text),
    "prediction": st.builds(lambda said: {"type": "content", "content": said}, text),
    "web_search_options": st.builds(lambda said: {"user_location": {"approximate": {"city": said}}}, text),
    "reasoning_effort": text,
    "temperature": st.floats(0, 2),
    "documents": st.lists(text | odd, max_size=2),
    "data_sources": st.lists(
        st.builds(lambda said, key: {"parameters": {"role_information": said, "filter": said, "key": key}}, text, text),
        max_size=1,
    ),
    "something_new": text | odd | st.lists(odd, max_size=2),
    "a name of its own": text | odd,
}
bodies = st.builds(
    lambda said, more: {"messages": said} | more,
    st.lists(messages(), min_size=1, max_size=3),
    st.fixed_dictionaries({}, optional=FIELDS),
)
choices = st.builds(
    lambda message, more: {"index": 0, "finish_reason": "stop", "message": message, "logprobs": more},
    messages(roles=("assistant",)),
    odd,
)
completions = st.builds(
    lambda made, more, said: {"id": said, "model": said, "choices": made, "usage": {"details": more}, "extra": more},
    st.lists(choices, max_size=2),
    odd,
    text,
)


def strings(value, pointer="", *, hidden=False):
    """Pointer of each string of a body, and the pointer where it must be told at the latest."""
    if isinstance(value, str):
        yield pointer
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(key, int) or is_field_name(key):
            yield from strings(inner, child(pointer, key))
        else:
            # What has a name that is no identifier is told at its object, name and all.
            yield from (pointer for _ in strings(inner, pointer))


def receipts(extract):
    """Pointers of receipts. What repeats other segments, as the parts of a message put together do, is none."""
    told = [one.pointer for one in extract.segments if one.kind is not Kind.PARTS]
    return told + [one.pointer for one in extract.unread]


def ancestors(pointer):
    while pointer:
        pointer = pointer.rpartition("/")[0]
        if pointer:
            yield pointer


def assert_each_is_told(body, extract):
    told = receipts(extract)
    for pointer in strings(body):
        own = told.count(pointer)
        # A part that is no text, with a strangely named member, is told once as what it is and once for that member.
        assert own <= 2, pointer
        assert own or any(above in told for above in ancestors(pointer)), (pointer, told)
    for pointer in told:
        assert pointer == "" or _leads_somewhere(body, pointer), pointer


def _leads_somewhere(body, pointer):
    for step in pointer[1:].split("/"):
        body = body[int(step)] if isinstance(body, list) else body[step]
    return True


@given(bodies)
def test_every_string_of_a_request_is_told(body):
    assert_each_is_told(body, extract_request(body))


@given(completions)
def test_every_string_of_an_answer_is_told(completion):
    assert_each_is_told(completion, extract_completion(completion))


@given(bodies)
def test_what_is_told_and_given_to_no_check_is_in_no_segment(body):
    secret = "Sesame-4711"
    body["data_sources"] = [{"parameters": {"authentication": {"key": secret}, "endpoint": secret}}]
    extract = extract_request(body)
    assert secret not in "".join(one.text for one in extract.segments)
    assert all(one.why and one.characters >= 0 for one in extract.unread)


@given(bodies)
def test_no_two_receipts_are_for_the_same_thing(body):
    extract = extract_request(body)
    unread = [one.pointer for one in extract.unread]
    assert len(unread) == len(set(unread))
    assert not {*unread} & {one.pointer for one in extract.segments if one.kind is Kind.TEXT}


def test_what_stands_in_tools_and_formats_is_read_with_its_names():
    schema = {"type": "object", "properties": {"city": {"type": "string", "description": "Where?", "enum": ["Oslo"]}}}
    tool = {"name": "find", "description": "Finds it.", "parameters": schema}
    body = {
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"type": "function", "function": tool}],
        "functions": [tool],
        "response_format": {"type": "json_schema", "json_schema": {"name": "out", "schema": schema}},
        "prediction": {"type": "content", "content": [{"type": "text", "text": "Maybe Oslo."}]},
        "stop": ["The end."],
        "web_search_options": {"user_location": {"type": "approximate", "approximate": {"city": "Oslo"}}},
    }
    read = {one.pointer: one.text for one in extract_request(body).segments}
    for pointer in ("/tools/0", "/functions/0"):
        assert all(word in read[pointer] for word in ("find", "Finds it.", "city", "Where?", "Oslo"))
    assert json.loads(read["/response_format"]) == body["response_format"]
    assert "Maybe Oslo." in read["/prediction"]
    assert read["/stop/0"] == "The end."
    assert "Oslo" in read["/web_search_options"]
