"""A stream through the service is the stream without it, event for event and byte for byte."""

import asyncio
import json
import re

import aiohttp
import httpx2
import openai
import pytest
from openai import OpenAI
from running import KEY
from scripted_model import DONE, event
from server.sdk_features.asking import FEATURES, IMAGE, told, user

from guardrails.emulator.presets import preset

API_VERSION = re.compile(r"API version \S+")

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _chunks(client, model="gpt-4o", **asked) -> list[dict]:
    stream = await client.chat.completions.create(model=model, stream=True, **asked)
    return [told(chunk) async for chunk in stream]


@pytest.mark.parametrize("feature", FEATURES)
async def test_every_event_is_the_same(pair, feature):
    direct, through = await pair.both(lambda client: _chunks(client, **FEATURES[feature]))
    assert direct == through
    assert through[0]["prompt_filter_results"]


@pytest.mark.parametrize("feature", ["plain", "parallel tool calls", "several choices"])
async def test_the_usage_comes_last(pair, feature):
    options = {"stream_options": {"include_usage": True}}
    direct, through = await pair.both(lambda client: _chunks(client, **FEATURES[feature], **options))
    assert direct == through
    assert through[-1]["usage"]["total_tokens"]
    assert through[-1]["choices"] == []


@pytest.mark.parametrize("model", ["gpt-4o-async", "Phi-4"])
async def test_other_kinds_of_streams_are_the_same(pair, model):
    asked = {"messages": user(f"say: {'word ' * 100}")}
    direct, through = await pair.both(lambda client: _chunks(client, model, **asked))
    assert direct == through


async def test_an_answer_about_an_image_is_the_same(pair):
    direct, through = await pair.both(lambda client: _chunks(client, **IMAGE))
    assert direct == through


async def _events(client, **asked) -> list[tuple]:
    async with client.chat.completions.stream(model="gpt-4o", **asked) as stream:
        seen = [(one.type, _said(one)) async for one in stream]
        final = await stream.get_final_completion()
    return [*seen, ("final", told(final))]


def _said(one: object) -> object:
    return {
        name: getattr(one, name)
        for name in ("delta", "content", "refusal", "arguments", "arguments_delta", "name", "index", "parsed")
        if hasattr(one, name)
    }


@pytest.mark.parametrize(
    "feature", ["plain", "parallel tool calls", "several choices", "logprobs", "a JSON schema", "a long answer"]
)
async def test_the_events_of_the_sdks_own_streams_are_the_same(pair, feature):
    direct, through = await pair.both(lambda client: _events(client, **FEATURES[feature]))
    assert direct == through
    assert {"chunk", "final"} < {kind for kind, _ in through}


async def test_the_headers_of_a_stream_are_those_of_an_answer(pair):
    direct, through = await pair.both(_raw_stream)
    assert through.headers["content-type"].split(";")[0] == "text/event-stream"
    assert through.headers["x-ms-deployment-name"] == direct.headers["x-ms-deployment-name"]
    assert "x-ratelimit-remaining-tokens" in through.headers
    assert through.headers["x-guardrails-id"]


async def _raw_stream(client) -> object:
    raw = await client.chat.completions.with_raw_response.create(model="gpt-4o", messages=user("Hi"), stream=True)
    async for _ in raw.parse():
        pass
    return raw


async def test_the_synchronous_client_streams_the_same(house):
    def ask(url: str, key: str) -> list[dict]:
        context = house.emulator.certificates.client_context()
        with httpx2.Client(verify=context, trust_env=False, timeout=90) as http:
            client = OpenAI(base_url=url, api_key=key, http_client=http, max_retries=0)
            return [
                told(chunk)
                for chunk in client.chat.completions.create(model="gpt-4o", stream=True, **FEATURES["plain"])
            ]

    direct = await asyncio.to_thread(ask, f"{house.emulator.url}/openai/v1/", house.emulator.config.api_key)
    assert direct == await asyncio.to_thread(ask, f"{house.service.url}/v1/", KEY)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("throttled", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("token_rejected", openai.AuthenticationError),
    ],
)
async def test_trouble_before_the_first_byte_is_an_ordinary_error(pair, name, kind):
    scenarios = pair.house.emulator.state.scenarios
    scenarios.add(preset(name, service="chat"))
    try:
        caught = []
        for client in (pair.direct, pair.through):
            with pytest.raises(kind) as error:
                await _chunks(client, messages=user("Hi"))
            # Through us a model is asked at the api-version of its account, and its error names that one.
            body = API_VERSION.sub("API version *", json.dumps(error.value.body))
            caught.append((error.value.status_code, body, error.value.response.headers.get("retry-after")))
        assert caught[0] == caught[1]
    finally:
        scenarios.clear()


async def test_a_stream_that_breaks_off_raises(pair):
    scenarios = pair.house.emulator.state.scenarios
    scenarios.add(preset("cut_stream", service="chat"))
    try:
        with pytest.raises(openai.APIError):
            await _chunks(pair.through, messages=user(f"say: {'word ' * 100}"))
    finally:
        scenarios.clear()


def _frame(**members: object) -> bytes:
    marks = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
    return event({**marks, **members})


def _delta(index: int = 0, finish: str | None = None, **delta: object) -> bytes:
    return _frame(choices=[{"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}])


def _verdict(**offsets: int) -> bytes:
    results = {"hate": {"filtered": False, "severity": "safe"}}
    choice = {"index": 0, "finish_reason": None, "content_filter_results": results, "content_filter_offsets": offsets}
    return event({"id": "", "object": "", "created": 0, "model": "", "choices": [choice]})


_CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": ""}}
_TEXT = "Grüße aus Århus 👩‍👩‍👧: the sky was blue all day. "
_ODD = (
    b'data:{"id":"1","object":"chat.completion.chunk","created":1,"model":"m",  "choices":[{"index":0,\r\n'
    b'data: "delta":{"role":"assistant","content":"caf\\u00e9 "},"finish_reason":null}]}\r\n\r\n'
)
BODIES = {
    "text": [
        _delta(role="assistant", content=""),
        *(_delta(content=word) for word in (_TEXT * 40).split(" ")),
        _delta(finish="stop"),
        DONE,
    ],
    "a refusal": [
        _delta(role="assistant", refusal=""),
        _delta(refusal="I cannot "),
        _delta(refusal="help."),
        _delta(finish="stop"),
        DONE,
    ],
    "tools": [
        _delta(role="assistant", content=None, tool_calls=[_CALL]),
        *(_delta(tool_calls=[{"index": 0, "function": {"arguments": one}}]) for one in '{"at": "Århus \\u00e9"}'),
        _delta(finish="tool_calls"),
        DONE,
    ],
    "a legacy call": [
        _delta(role="assistant", function_call={"name": "look", "arguments": ""}),
        *(_delta(function_call={"arguments": one}) for one in ('{"at"', ': "it"}')),
        _delta(finish="function_call"),
        DONE,
    ],
    "choices in turns": [
        *(_delta(index, role="assistant", content="") for index in (0, 1)),
        *(_delta(number % 2, content=f"{word} ") for number, word in enumerate(_TEXT.split(" ") * 20)),
        *(_delta(index, finish="stop") for index in (1, 0)),
        DONE,
    ],
    "Azure's own annotations": [
        _frame(choices=[], prompt_filter_results=[{"prompt_index": 0, "content_filter_results": {}}]),
        _delta(role="assistant", content="Blue "),
        _verdict(check_offset=0, start_offset=0, end_offset=5),
        _delta(content="sky."),
        _delta(finish="stop"),
        _verdict(check_offset=5, start_offset=5, end_offset=9),
        _frame(choices=[], usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}),
        DONE,
    ],
    "odd spelling": [
        _ODD,
        _delta(content="au lait").replace(b"\n\n", b"\r\n\r\n"),
        _delta(finish="stop"),
        DONE,
    ],
    "nothing said": [_delta(role="assistant", content=""), _delta(finish="stop"), DONE],
    "no [DONE]": [_delta(role="assistant", content="Blue."), _delta(finish="stop")],
}


async def _bytes(url: str, key: str, model: str) -> bytes:
    body = {"model": model, "messages": user("Hi"), "stream": True}
    timeout = aiohttp.ClientTimeout(total=90)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{url}/v1/chat/completions", json=body, headers={"api-key": key}) as response,
    ):
        assert response.status == 200
        return await response.read()


def _recut(pieces: list[bytes], size: int | None) -> list[bytes]:
    whole = b"".join(pieces)
    return pieces if size is None else [whole[start : start + size] for start in range(0, len(whole), size)]


@pytest.mark.parametrize("size", [None, 7, 4096], ids=["an event each", "7 bytes each", "4096 bytes each"])
@pytest.mark.parametrize("name", BODIES)
async def test_a_clean_stream_passes_byte_for_byte(house, name, size):
    house.model.pieces = _recut(BODIES[name], size)
    direct = await _bytes(house.model.url, "any", "scripted")
    through = await _bytes(house.service.url, KEY, "scripted")
    assert direct == b"".join(BODIES[name])
    # Comments keep a connection alive while a window is judged; they are no events.
    assert re.sub(rb"(?m)^:[^\n]*\n\n", b"", through) == direct
