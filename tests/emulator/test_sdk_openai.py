"""The unmodified openai SDK against the emulator, at every path it calls."""

import json
from itertools import pairwise

import openai
import pytest

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}}


def user(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


async def test_a_bearer_gets_an_answer_at_the_dated_path(azure):
    answer = await azure.chat.completions.create(model="gpt-4o", messages=user("Hello there"))
    choice = answer.choices[0]
    assert (choice.message.content, choice.finish_reason) == ("You said: Hello there", "stop")
    assert answer.model == "gpt-4o-2024-11-20"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.model_extra["prompt_filter_results"][0]["content_filter_results"]["hate"] == {
        "filtered": False,
        "severity": "safe",
    }
    assert choice.model_extra["content_filter_results"]["violence"]["severity"] == "safe"


async def test_a_key_gets_an_answer_at_the_dated_path(emulator, http_client):
    client = openai.AsyncAzureOpenAI(
        azure_endpoint=emulator.url,
        api_version="2024-10-21",
        api_key=emulator.config.api_key,
        http_client=http_client,
        max_retries=0,
    )
    answer = await client.chat.completions.create(model="gpt-4o", messages=user("say: one\ntwo  "))
    assert answer.choices[0].message.content == "one\ntwo  "


async def test_a_key_or_a_token_gets_an_answer_at_the_v1_path(emulator, http_client, v1, token):
    async def provide() -> str:
        return token

    bearing = openai.AsyncOpenAI(
        base_url=f"{emulator.url}/openai/v1/", api_key=provide, http_client=http_client, max_retries=0
    )
    for client in (v1, bearing):
        answer = await client.chat.completions.create(model="Phi-4", messages=user("Hi"))
        assert answer.choices[0].message.content == "You said: Hi"


async def test_the_models_are_listed(v1, azure):
    assert [model.id async for model in v1.models.list()] == ["gpt-4o", "gpt-4o-async", "Phi-4"]
    assert (await azure.models.retrieve("gpt-4o")).id == "gpt-4o"


async def test_a_stream_joins_to_the_same_answer(azure):
    stream = await azure.chat.completions.create(
        model="gpt-4o",
        messages=user("say: Grüße 👩‍👩‍👧 e\u0301 done."),
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    first, last = chunks[0], chunks[-1]
    assert (first.id, first.model, first.choices) == ("", "", [])
    assert first.model_extra["prompt_filter_results"][0]["prompt_index"] == 0
    assert (last.choices, last.usage.completion_tokens > 0) == ([], True)
    deltas = [chunk.choices[0].delta.content or "" for chunk in chunks[1:-1]]
    assert "".join(deltas) == "Grüße 👩‍👩‍👧 e\u0301 done."
    assert chunks[-2].choices[0].finish_reason == "stop"


async def test_the_asynchronous_filter_sends_annotations_without_a_delta(azure):
    text = "word " * 60
    stream = await azure.chat.completions.create(model="gpt-4o-async", messages=user(f"say: {text}"), stream=True)
    choices = [chunk.choices[0] async for chunk in stream if chunk.choices]
    late = [choice for choice in choices if choice.delta is None]
    spoken = [choice for choice in choices if choice.delta is not None]
    assert len(late) > 1
    assert all("content_filter_results" not in choice.model_extra for choice in spoken)
    assert "".join(choice.delta.content or "" for choice in spoken) == text
    offsets = [choice.model_extra["content_filter_offsets"] for choice in late]
    assert [(one["start_offset"], one["end_offset"]) for one in offsets][-1][1] == len(text)
    assert all(before["end_offset"] == after["start_offset"] for before, after in pairwise(offsets))


async def test_every_choice_can_be_told_what_to_say(azure):
    answer = await azure.chat.completions.create(model="gpt-4o", n=3, messages=user("say[1]: middle\nsay: other"))
    assert [choice.message.content for choice in answer.choices] == ["other", "middle", "other"]


async def test_streamed_choices_take_turns(azure):
    stream = await azure.chat.completions.create(
        model="gpt-4o", n=2, messages=user("say[0]: one two three\nsay[1]: four five six"), stream=True
    )
    texts = {0: "", 1: ""}
    order = []
    async for chunk in stream:
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            order.append(choice.index)
    assert texts == {0: "one two three", 1: "four five six"}
    assert order[:6] == [0, 1, 0, 1, 0, 1]


async def test_tools_are_called_by_name_with_given_or_made_up_arguments(azure):
    answer = await azure.chat.completions.create(
        model="gpt-4o",
        tools=[WEATHER, CLOCK],
        messages=user('Please call get_weather {"city": "Århus"} and then call get_time'),
    )
    choice = answer.choices[0]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in choice.message.tool_calls]
    assert calls == [("get_weather", {"city": "Århus"}), ("get_time", {})]


async def test_streamed_tool_arguments_come_in_fragments_that_join(azure):
    stream = await azure.chat.completions.create(
        model="gpt-4o",
        tools=[WEATHER, CLOCK],
        messages=user('call get_weather {"city": "Oslo, Norway"} and call get_time'),
        stream=True,
    )
    arguments: dict[int, str] = {}
    fragments = 0
    async for chunk in stream:
        for call in chunk.choices[0].delta.tool_calls or [] if chunk.choices else []:
            arguments[call.index] = arguments.get(call.index, "") + (call.function.arguments or "")
            fragments += 1
    assert [json.loads(text) for _, text in sorted(arguments.items())] == [{"city": "Oslo, Norway"}, {}]
    assert fragments > 4


async def test_a_forced_tool_is_called_and_its_result_is_answered(azure):
    forced = {"type": "function", "function": {"name": "get_weather"}}
    answer = await azure.chat.completions.create(
        model="gpt-4o", tools=[WEATHER, CLOCK], tool_choice=forced, messages=user("Hello")
    )
    call = answer.choices[0].message.tool_calls[0]
    assert isinstance(json.loads(call.function.arguments)["city"], str)
    result = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    messages = [*user("Hello"), answer.choices[0].message.model_dump(exclude_none=True), result]
    final = await azure.chat.completions.create(model="gpt-4o", tools=[WEATHER], messages=messages)
    assert final.choices[0].message.content == "The tool answered: rain"


async def test_structured_answers_are_valid_json_of_the_schema(azure):
    schema = {
        "type": "object",
        "properties": {
            "kind": {"enum": ["reply", "question"]},
            "count": {"type": "integer", "minimum": 3},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        },
        "$defs": {"line": {"type": "object", "properties": {"text": {"type": "string"}}}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}
    answer = await azure.chat.completions.create(model="gpt-4o", messages=user("Hi"), response_format=wanted)
    assert json.loads(answer.choices[0].message.content) == {
        "kind": "reply",
        "count": 3,
        "lines": [{"text": "You said: Hi"}],
    }
    loose = await azure.chat.completions.create(
        model="gpt-4o", messages=user("Hi"), response_format={"type": "json_object"}
    )
    assert json.loads(loose.choices[0].message.content) == {"answer": "You said: Hi"}


async def test_limits_cut_the_answer_and_say_so(azure):
    short = await azure.chat.completions.create(model="gpt-4o", messages=user("say: one two three"), max_tokens=2)
    assert (short.choices[0].message.content, short.choices[0].finish_reason) == ("one two", "length")
    assert short.usage.completion_tokens == 2
    stopped = await azure.chat.completions.create(model="gpt-4o", messages=user("say: one two"), stop=" two")
    assert (stopped.choices[0].message.content, stopped.choices[0].finish_reason) == ("one", "stop")


async def test_log_probabilities_join_to_the_answer(azure):
    answer = await azure.chat.completions.create(
        model="gpt-4o", messages=user("say: fine thanks"), logprobs=True, top_logprobs=1
    )
    tokens = answer.choices[0].logprobs.content
    assert "".join(token.token for token in tokens) == "fine thanks"
    assert bytes(tokens[0].bytes).decode() == tokens[0].token


async def test_a_filtered_answer_ends_with_its_reason(azure):
    answer = await azure.chat.completions.create(model="gpt-4o", messages=user("azure-filter-answer please"))
    choice = answer.choices[0]
    assert (choice.finish_reason, choice.message.content) == ("content_filter", None)
    assert choice.model_extra["content_filter_results"]["violence"] == {"filtered": True, "severity": "medium"}


@pytest.mark.parametrize("deployment", ["gpt-4o", "gpt-4o-async"])
async def test_a_filtered_stream_ends_with_its_reason(azure, deployment):
    stream = await azure.chat.completions.create(
        model=deployment, messages=user("azure-filter-answer and then some more words"), stream=True
    )
    choices = [chunk.choices[0] async for chunk in stream if chunk.choices]
    assert choices[-1].finish_reason == "content_filter"
    assert choices[-1].model_extra["content_filter_results"]["violence"]["filtered"] is True
    assert (choices[-1].delta is None) == (deployment == "gpt-4o-async")


async def test_a_filter_that_failed_says_so_and_lets_the_answer_through(azure):
    answer = await azure.chat.completions.create(model="gpt-4o", messages=user("azure-filter-error"))
    error = answer.choices[0].model_extra["content_filter_results"]["error"]
    assert error["code"] == "content_filter_error"
    assert answer.choices[0].message.content
