"""Features of the chat API that the unmodified openai SDK knows: functions, refusals, images, probabilities."""

import json

import openai
import pytest

LOOK = {"name": "look", "parameters": {"type": "object", "properties": {"where": {"type": "string"}}}}
PIXEL = "data:image/png;base64,iVBORw0KGgo="


def user(content: object) -> list[dict]:
    return [{"role": "user", "content": content}]


async def test_an_older_function_is_called_and_its_result_is_answered(azure):
    answer = await azure.chat.completions.create(
        model="gpt-4o", functions=[LOOK], messages=user('call look {"where": "Oslo"}')
    )
    choice = answer.choices[0]
    assert (choice.finish_reason, choice.message.content, choice.message.tool_calls) == ("function_call", None, None)
    assert json.loads(choice.message.function_call.arguments) == {"where": "Oslo"}
    turn = choice.message.model_dump(exclude_none=True) | {"content": None}
    result = {"role": "function", "name": "look", "content": "rain"}
    final = await azure.chat.completions.create(
        model="gpt-4o", functions=[LOOK], messages=[*user("call look"), turn, result]
    )
    assert final.choices[0].message.content == "The tool answered: rain"


async def test_a_streamed_function_call_joins_to_the_same(azure):
    stream = await azure.chat.completions.create(
        model="gpt-4o",
        functions=[LOOK],
        function_call={"name": "look"},
        messages=user('call look {"where": "Oslo, Norway"}'),
        stream=True,
    )
    chunks = [chunk.choices[0] async for chunk in stream if chunk.choices]
    pieces = [chunk.delta.function_call for chunk in chunks if chunk.delta.function_call]
    assert pieces[0].name == "look"
    assert json.loads("".join(piece.arguments for piece in pieces)) == {"where": "Oslo, Norway"}
    assert len(pieces) > 3
    assert chunks[-1].finish_reason == "stop", "a call that was forced ends so"


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"function_call": "auto"}, "function_call"),
        ({"functions": []}, "functions"),
        ({"functions": [{}]}, "functions[0]"),
        ({"functions": [{"name": "a", "parameters": 7}]}, "functions[0].parameters"),
        ({"functions": [LOOK], "function_call": {"name": "other"}}, "function_call"),
        ({"functions": [LOOK], "tools": [{"type": "function", "function": LOOK}]}, "functions"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"messages": user([{"type": "image_url"}])}, "messages[0].content[0].image_url"),
        ({"messages": user([{"type": "image_url", "image_url": {}}])}, "messages[0].content[0].image_url.url"),
        (
            {"messages": user([{"type": "image_url", "image_url": {"url": "data:image/png;base64,%"}}])},
            "messages[0].content[0].image_url.url",
        ),
        (
            {"messages": user([{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}])},
            "messages[0].content[0].image_url.url",
        ),
    ],
)
async def test_a_wrong_use_is_refused_with_its_parameter(azure, fields, param):
    with pytest.raises(openai.BadRequestError) as refused:
        await azure.chat.completions.create(model="gpt-4o", **{"messages": user("Hi"), **fields})
    assert refused.value.param == param


@pytest.mark.parametrize("url", [PIXEL, "https://contoso.com/cat.png"])
async def test_an_image_is_seen_beside_its_text_and_counted(azure, url):
    parts = [{"type": "text", "text": "say: a cat"}, {"type": "image_url", "image_url": {"url": url, "detail": "low"}}]
    answer = await azure.chat.completions.create(model="gpt-4o", messages=user(parts))
    plain = await azure.chat.completions.create(model="gpt-4o", messages=user("say: a cat"))
    assert answer.choices[0].message.content == "a cat"
    assert answer.usage.prompt_tokens > plain.usage.prompt_tokens


async def test_the_model_declines_when_told_to(azure):
    answer = await azure.chat.completions.create(model="gpt-4o", messages=user("refuse: I cannot do that."))
    message = answer.choices[0].message
    assert (message.content, message.refusal) == (None, "I cannot do that.")
    stream = await azure.chat.completions.create(
        model="gpt-4o", messages=user("refuse: I cannot do that."), stream=True, logprobs=True
    )
    chunks = [chunk.choices[0] async for chunk in stream if chunk.choices]
    assert "".join(chunk.delta.refusal or "" for chunk in chunks) == "I cannot do that."
    tokens = [token.token for chunk in chunks if chunk.logprobs for token in chunk.logprobs.refusal or []]
    assert "".join(tokens) == "I cannot do that."


async def test_as_many_alternatives_are_told_as_were_asked_for(azure):
    answer = await azure.chat.completions.create(
        model="gpt-4o", messages=user("say: fine thanks"), logprobs=True, top_logprobs=3
    )
    for token in answer.choices[0].logprobs.content:
        assert len({one.token for one in token.top_logprobs}) == 3
        assert (token.top_logprobs[0].token, token.top_logprobs[0].logprob) == (token.token, token.logprob)


async def test_streamed_probabilities_join_to_the_answer(azure):
    stream = await azure.chat.completions.create(
        model="gpt-4o", messages=user("say: fine thanks"), logprobs=True, stream=True
    )
    chunks = [chunk.choices[0] async for chunk in stream if chunk.choices]
    tokens = [token.token for chunk in chunks if chunk.logprobs for token in chunk.logprobs.content]
    assert "".join(tokens) == "fine thanks"
