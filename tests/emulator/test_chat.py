"""The chat service beneath the SDKs: bodies it refuses, the answer grammar, and that streams and bodies agree."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.emulator.scripted import ScriptedCall, ScriptedChoice
from guardrails.emulator.services.chat_answers import complete, scripted_text
from guardrails.emulator.services.chat_fields import BadRequestError
from guardrails.emulator.services.chat_render import Rendering, body_of, chunks_of
from guardrails.emulator.services.chat_request import read_chat_request
from guardrails.emulator.services.chat_schema import example_of

V1 = "/openai/v1/chat/completions"
FOUNDRY = "/models/chat/completions?api-version=2024-05-01-preview"
DATED = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
USER = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}
CALLED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
}
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200)


def read(**fields: Any):
    return read_chat_request(json.dumps({"messages": [USER], **fields}).encode())


def rendering(request, *, async_filter: bool = False) -> Rendering:
    return Rendering("chatcmpl-1", 1, "gpt-4o", request, async_filter=async_filter)


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({}, "messages", "missing_required_parameter"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": "Hi"}, "messages", "invalid_type"),
        ({"messages": [1]}, "messages[0]", "invalid_type"),
        ({"messages": [{"role": "king", "content": ""}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": []}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", None),
        ({"messages": [USER, {"role": "user", "content": 7}]}, "messages[1].content", None),
        (
            {"messages": [{"role": "user", "content": [{"type": "odd"}]}]},
            "messages[0].content[0].type",
            "invalid_value",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages[0].content[0].text",
            "invalid_type",
        ),
        ({"messages": [USER, {"role": "tool", "tool_call_id": "x", "content": ""}]}, "messages[1].role", None),
        ({"messages": [{**CALLED, "tool_calls": [{}]}]}, "messages[0].tool_calls[0]", "invalid_type"),
        ({"messages": [{**CALLED, "tool_calls": "x"}]}, "messages[0].tool_calls", "invalid_type"),
        ({"n": 0}, "n", "invalid_value"),
        ({"n": 129}, "n", "invalid_value"),
        ({"n": True}, "n", "invalid_type"),
        ({"max_tokens": 0}, "max_tokens", "invalid_value"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
        ({"tools": []}, "tools", None),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
        ({"tool_choice": "auto"}, "tool_choice", None),
        ({"tools": [TOOL], "tool_choice": "sometimes"}, "tool_choice", None),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "x"}}}, "tool_choice", None),
        ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
        ({"response_format": {"type": {}}}, "response_format.type", "invalid_value"),
        ({"messages": [{"role": "tool", "content": "", "tool_call_id": {}}]}, "messages[0].role", None),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "missing_required_parameter"),
        ({"stop": 7}, "stop", "invalid_type"),
        ({"model": 7}, "model", "invalid_type"),
    ],
)
def test_a_wrong_body_is_refused_with_its_parameter(body, param, code):
    given_body = body if "messages" in body or not body else {"messages": [USER], **body}
    with pytest.raises(BadRequestError) as raised:
        read_chat_request(json.dumps(given_body).encode())
    assert (raised.value.param, raised.value.code) == (param, code)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'"x"', b"\xff", b"[" * 5000, b'{"messages":["\\ud800"]}'])
@pytest.mark.parametrize("path", [V1, FOUNDRY, DATED])
async def test_a_body_that_is_no_json_object_is_a_400(emulator_session, bearer, path, body):
    async with emulator_session.post(path, data=body, headers=bearer) as answer:
        assert (answer.status, (await answer.json())["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize("path", [V1, FOUNDRY])
async def test_without_a_model_there_is_no_answer(emulator_session, bearer, path):
    async with emulator_session.post(path, json={"messages": [USER]}, headers=bearer) as answer:
        body = await answer.json()
    assert (answer.status, body["error"]["message"]) == (400, "you must provide a model parameter")


async def test_a_body_has_the_documented_fields(emulator_session, bearer):
    async with emulator_session.post(DATED, json={"messages": [USER]}, headers=bearer) as answer:
        body = await answer.json()
    assert set(body) == {
        "id",
        "object",
        "created",
        "model",
        "system_fingerprint",
        "prompt_filter_results",
        "choices",
        "usage",
    }
    assert set(body["choices"][0]) == {"index", "finish_reason", "message", "logprobs", "content_filter_results"}


async def test_a_stream_has_the_documented_frames(emulator_session, bearer):
    body = {"messages": [USER], "stream": True}
    async with emulator_session.post(DATED, json=body, headers=bearer) as answer:
        raw = (await answer.read()).decode()
    events = raw.removesuffix("\n\n").split("\n\n")
    assert events[-1] == "data: [DONE]"
    first, role = (json.loads(event.removeprefix("data: ")) for event in events[:2])
    assert (first["id"], first["object"], first["created"], first["model"]) == ("", "", 0, "")
    assert role["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}


@pytest.mark.parametrize(
    ("asked", "index", "expected"),
    [
        ("say: yes", 0, "yes"),
        ("say:yes\nand no\n", 3, "yes\nand no\n"),
        ("Please answer.\n  SAY:   spaced", 0, "spaced"),
        ("say: say: twice", 0, "say: twice"),
        ("I say: no", 0, None),
        ("say[0]: a\nsay[1]: b", 0, "a"),
        ("say[0]: a\nsay[1]: b", 1, "b"),
        ("say[0]: a\nsay[1]: b", 2, None),
        ("say[1]: b\nsay: rest", 0, "rest"),
        ("say: all\nsay[1]: still all", 1, "all\nsay[1]: still all"),
        ("say[99999999]: x", 0, None),
        ("say:", 0, ""),
    ],
)
def test_the_answer_grammar(asked, index, expected):
    assert scripted_text(asked, index) == expected


@given(TEXT)
def test_what_it_is_told_to_say_it_says_exactly(text):
    request = read(messages=[{"role": "user", "content": f"say:{text}"}])
    said = complete(request).answers[0]
    assert said.text == text.lstrip(" \t")


@given(
    st.lists(TEXT, min_size=1, max_size=3),
    st.booleans(),
    st.one_of(st.none(), st.integers(min_value=1, max_value=5)),
    st.booleans(),
)
def test_a_stream_and_a_body_tell_the_same(texts, async_filter, max_tokens, called):
    script = "\n".join(f"say[{index}]: {text}" for index, text in enumerate(texts))
    content = 'call look {"a": "ünï"}, call look' if called else script
    request = read(
        messages=[{"role": "user", "content": content}],
        tools=[TOOL],
        n=len(texts),
        stream=True,
        stream_options={"include_usage": True},
        **({"max_tokens": max_tokens} if max_tokens else {}),
    )
    completion, how = complete(request), rendering(request, async_filter=async_filter)
    body = body_of(completion, how)
    chunks = list(chunks_of(completion, how))
    for choice in body["choices"]:
        parts = [part for chunk in chunks for part in chunk["choices"] if part["index"] == choice["index"]]
        spoken = "".join(part.get("delta", {}).get("content", "") for part in parts)
        assert spoken == (choice["message"].get("content") or "")
        assert [part["finish_reason"] for part in parts if part["finish_reason"]] == [choice["finish_reason"]]
        assert joined_calls(parts) == choice["message"].get("tool_calls", [])
    assert chunks[-1]["usage"] == body["usage"]
    assert all(chunk["usage"] is None for chunk in chunks[:-1])


PIECES = st.lists(TEXT, max_size=4).map(tuple)
CALLS = st.builds(ScriptedCall, st.just("look"), PIECES)
CHOICES = st.builds(
    ScriptedChoice, content=PIECES, refusal=PIECES, tool_calls=st.lists(CALLS, max_size=2).map(tuple)
) | st.builds(ScriptedChoice, function_call=CALLS)


@given(st.lists(CHOICES, min_size=1, max_size=3), st.booleans())
def test_a_scripted_stream_and_a_scripted_body_tell_the_same(choices, async_filter):
    request = read(stream=True, stream_options={"include_usage": True})
    completion, how = complete(request, says=choices), rendering(request, async_filter=async_filter)
    body, chunks = body_of(completion, how), list(chunks_of(completion, how))
    for scripted, choice in zip(choices, body["choices"], strict=True):
        parts = [part for chunk in chunks for part in chunk["choices"] if part["index"] == choice["index"]]
        sent = [part.get("delta", {}) for part in parts]
        message = choice["message"]
        assert "".join(delta.get("content") or "" for delta in sent) == "".join(scripted.content)
        assert "".join(delta.get("refusal") or "" for delta in sent) == (message["refusal"] or "")
        assert (message["content"] or "") == "".join(scripted.content)
        assert joined_calls(parts) == message.get("tool_calls", [])
        called = "".join(delta.get("function_call", {}).get("arguments", "") for delta in sent)
        assert called == message.get("function_call", {}).get("arguments", "")
        assert [part["finish_reason"] for part in parts if part["finish_reason"]] == [choice["finish_reason"]]
    assert chunks[-1]["usage"] == body["usage"]


def joined_calls(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    calls: dict[int, dict[str, Any]] = {}
    for part in parts:
        for delta in part.get("delta", {}).get("tool_calls", []):
            if "id" in delta:
                calls[delta["index"]] = {"id": delta["id"], "type": delta["type"], "function": dict(delta["function"])}
            else:
                calls[delta["index"]]["function"]["arguments"] += delta["function"]["arguments"]
    return [calls[index] for index in sorted(calls)]


def test_a_long_answer_is_streamed_in_bounded_pieces():
    request = read(messages=[{"role": "user", "content": "say: " + "word " * 40_000}], stream=True)
    completion = complete(request)
    chunks = list(chunks_of(completion, rendering(request)))
    assert len(chunks) < 2100
    assert sum(len(part["delta"].get("content", "")) for chunk in chunks for part in chunk["choices"]) == 200_000


def test_tools_are_left_alone_when_forbidden_unknown_or_already_answered():
    asked = {"role": "user", "content": "call look"}
    result = {"role": "tool", "tool_call_id": "c1", "content": "seen"}
    for fields in (
        {"messages": [asked], "tools": [TOOL], "tool_choice": "none"},
        {"messages": [{"role": "user", "content": "call hide"}], "tools": [TOOL]},
        {"messages": [asked, CALLED, result], "tools": [TOOL]},
        {"messages": [asked]},
    ):
        answer = complete(read(**fields)).answers[0]
        assert (answer.tool_calls, answer.finish_reason) == ((), "stop")


def test_a_required_tool_is_called_and_parallel_calls_can_be_refused():
    required = complete(read(tools=[TOOL], tool_choice="required")).answers[0]
    assert [call.name for call in required.tool_calls] == ["look"]
    twice = {"role": "user", "content": "call look then call look"}
    single = complete(read(messages=[twice], tools=[TOOL], parallel_tool_calls=False)).answers[0]
    assert len(single.tool_calls) == 1


def test_text_parts_are_read_and_images_are_tolerated():
    parts = [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "text", "text": "say: seen"},
    ]
    assert complete(read(messages=[{"role": "user", "content": parts}])).answers[0].text == "seen"


SCALARS = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"])},
    optional={
        "minLength": st.integers(0, 9),
        "minimum": st.integers(-5, 5),
        "enum": st.just(["a"]),
        "const": st.just(1),
    },
)
SCHEMAS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(st.text(max_size=3), inner, max_size=3)}
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)}),
    ),
    max_leaves=8,
)


@given(SCHEMAS)
def test_any_schema_gets_a_value_that_is_json(schema):
    json.dumps(example_of(schema, "text"))


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/a/b"},
        {"type": "object", "properties": {"x": {"$ref": "#"}}},
        {"anyOf": [7]},
        {"properties": 7},
        {"type": []},
        {"type": ["string", "null"]},
        {"type": {"odd": 1}},
        {"type": "string", "minLength": 1e300},
        {"items": {"$ref": "https://elsewhere"}, "type": "array", "minItems": -4},
    ],
)
def test_a_strange_schema_ends(schema):
    json.dumps(example_of(schema, "text"))
