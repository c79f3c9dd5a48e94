"""What the SDK gets through the service is what it gets without it, where nothing is redacted."""

import asyncio

import httpx2
import pytest
from openai import OpenAI
from pydantic import BaseModel
from running import KEY
from server.sdk_features.asking import FEATURES, IMAGE, WEATHER, told, user

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("feature", FEATURES)
async def test_a_call_gives_the_same_through_the_service(pair, feature):
    direct, through = await pair.both(
        lambda client: client.chat.completions.create(model="gpt-4o", **FEATURES[feature])
    )
    assert told(direct) == told(through)
    assert told(through)["prompt_filter_results"]
    assert through.system_fingerprint
    assert through.usage.total_tokens


async def test_what_fields_mean_arrives_at_the_model(pair):
    await pair.both(lambda client: client.chat.completions.create(model="gpt-4o", **FEATURES["knobs"]))
    sent = pair.house.emulator.state.journal.of("chat")[-1].body
    assert {name: sent[name] for name in FEATURES["knobs"]} == FEATURES["knobs"]


async def test_a_foundry_model_gives_the_same(pair):
    direct, through = await pair.both(lambda client: client.chat.completions.create(model="Phi-4", messages=user("Hi")))
    assert told(direct) == told(through)


async def test_an_image_gives_the_same(pair):
    direct, through = await pair.both(lambda client: client.chat.completions.create(model="gpt-4o", **IMAGE))
    assert told(direct) == told(through)


class Place(BaseModel):
    city: str
    streets: list[str]


async def test_a_parsed_answer_is_the_same_object(pair):
    direct, through = await pair.both(
        lambda client: client.chat.completions.parse(model="gpt-4o", messages=user("Oslo"), response_format=Place)
    )
    assert isinstance(through.choices[0].message.parsed, Place)
    assert direct.choices[0].message.parsed == through.choices[0].message.parsed
    assert told(direct) == told(through)


async def test_the_headers_worth_keeping_are_kept(pair):
    direct, through = await pair.both(
        lambda client: client.chat.completions.with_raw_response.create(model="gpt-4o", messages=user("Hi"))
    )
    worth = ("x-ratelimit-", "x-ms-region", "x-ms-rai-invoked", "x-ms-deployment-name", "apim-request-id")
    kept = [name for name in direct.headers if name.startswith(worth)]
    assert len(kept) >= 6
    for name in kept:
        assert name in through.headers
        # What counts calls and names a call is another one's.
        if "remaining" not in name and "request-id" not in name:
            assert through.headers[name] == direct.headers[name]
    assert through.headers["content-type"].split(";")[0] == direct.headers["content-type"].split(";")[0]
    assert through.headers["x-guardrails-verdict"] == "allow"
    assert through.request_id
    assert told(direct.parse()) == told(through.parse())


async def test_the_models_are_a_list_of_what_the_caller_may_use(pair):
    names = [model.id async for model in await pair.through.models.list()]
    assert {"gpt-4o", "gpt-4o-async", "Phi-4", "tiny"} <= set(names)
    shown = [told(model).keys() async for model in await pair.direct.models.list()]
    assert {"object", "owned_by"} <= set(shown[0])


async def test_the_synchronous_client_gets_the_same(house):
    def ask(url: str, key: str) -> list[dict]:
        context = house.emulator.certificates.client_context()
        with httpx2.Client(verify=context, trust_env=False, timeout=90) as http:
            client = OpenAI(base_url=url, api_key=key, http_client=http, max_retries=0)
            calls = ("plain", "parallel tool calls", "several choices")
            return [told(client.chat.completions.create(model="gpt-4o", **FEATURES[name])) for name in calls]

    direct = await asyncio.to_thread(ask, f"{house.emulator.url}/openai/v1/", house.emulator.config.api_key)
    assert direct == await asyncio.to_thread(ask, f"{house.service.url}/v1/", KEY)


_MARKS = {"id": "chatcmpl-1", "object": "chat.completion", "created": 17, "model": "gpt-4o-2024-11-20"}
_USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def _choice(message: dict, **more: object) -> dict:
    return {"index": 0, "finish_reason": "stop", "logprobs": None, "message": {"role": "assistant", **message}, **more}


ANSWERS = {
    "a refusal": _choice({"content": None, "refusal": "I cannot help with that."}),
    "a legacy call": _choice(
        {"content": None, "function_call": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}},
        finish_reason="function_call",
    ),
    "a custom tool call": _choice(
        {
            "content": None,
            "tool_calls": [{"id": "call_1", "type": "custom", "custom": {"name": "run", "input": "print(1)"}}],
        },
        finish_reason="tool_calls",
    ),
    "reasoning": _choice({"content": "Blue.", "reasoning_content": "The sky is blue."}),
    "citations": _choice(
        {
            "content": "Blue [1].",
            "annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.com/a", "title": "A"}}],
            "context": {"intent": '["sky"]', "citations": [{"content": "The sky is blue.", "title": "Sky"}]},
        }
    ),
    "Azure's verdict": _choice(
        {"content": "Blue."},
        content_filter_results={
            "hate": {"filtered": False, "severity": "safe"},
            "protected_material_code": {
                "detected": True,
                "filtered": False,
                "citation": {"license": "MIT"},
            },
        },
    ),
    "an answer that Azure filtered": _choice({"content": ""}, finish_reason="content_filter"),
    "fields nobody knows": _choice({"content": "Blue.", "x_new": {"a": [1, "b"]}}, x_choice="blue", x_number=1.5),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_of_any_shape_is_the_same(scripted, name):
    model = scripted.house.model
    model.answer = {**_MARKS, "service_tier": "default", "choices": [ANSWERS[name]], "usage": _USAGE, "x_top": "blue"}
    answers = [
        await client.chat.completions.create(model="scripted", messages=user("Hi"), tools=[WEATHER])
        for client in (scripted.direct, scripted.through)
    ]
    assert answers[0].to_dict() == answers[1].to_dict() == model.answer
