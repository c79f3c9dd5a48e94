"""What the unmodified openai SDK raises for each refusal of the emulator."""

import time

import openai
import pytest

from guardrails.emulator.presets import preset
from guardrails.emulator.scenarios import Effect, Scenario, Service


def user(text: str) -> list[dict]:
    return [{"role": "user", "content": text}]


async def test_a_filtered_prompt_is_a_bad_request_with_its_code(azure):
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError) as raised:
            await azure.chat.completions.create(model="gpt-4o", messages=user("azure-filter-prompt"), stream=stream)
        assert (raised.value.code, raised.value.param) == ("content_filter", "prompt")
        inner = raised.value.body["innererror"]
        assert inner["code"] == "ResponsibleAIPolicyViolation"
        assert inner["content_filter_result"]["violence"] == {"filtered": True, "severity": "high"}


async def test_an_unknown_deployment_is_not_found(azure, v1):
    for client in (azure, v1):
        with pytest.raises(openai.NotFoundError) as raised:
            await client.chat.completions.create(model="gpt-5-nowhere", messages=user("Hi"))
        assert raised.value.code == "DeploymentNotFound"


async def test_a_wrong_key_is_an_authentication_error(emulator, http_client):
    client = openai.AsyncAzureOpenAI(
        azure_endpoint=emulator.url,
        api_version="2024-10-21",
        api_key="wrong",
        http_client=http_client,
        max_retries=0,
    )
    with pytest.raises(openai.AuthenticationError) as raised:
        await client.chat.completions.create(model="gpt-4o", messages=user("Hi"))
    assert raised.value.code == "401"


async def test_a_token_of_another_audience_is_an_unwrapped_authentication_error(emulator, http_client, make_token):
    client = openai.AsyncAzureOpenAI(
        azure_endpoint=emulator.url,
        api_version="2024-10-21",
        azure_ad_token=make_token(audience="https://graph.microsoft.com"),
        http_client=http_client,
        max_retries=0,
    )
    with pytest.raises(openai.AuthenticationError) as raised:
        await client.chat.completions.create(model="gpt-4o", messages=user("Hi"))
    assert raised.value.code is None
    assert raised.value.body["statusCode"] == 401


async def test_throttling_is_a_rate_limit_error_and_the_wait_is_honoured(emulator, azure):
    throttled = Scenario(Effect(status=429, retry_after=0.2), service=Service.CHAT, times=1)
    emulator.state.scenarios.add(throttled)
    with pytest.raises(openai.RateLimitError) as raised:
        await azure.chat.completions.create(model="gpt-4o", messages=user("Hi"))
    assert raised.value.response.headers["retry-after-ms"] == "200"
    assert raised.value.response.headers["retry-after"] == "1"
    emulator.state.scenarios.add(throttled)
    begun = time.monotonic()
    answer = await azure.with_options(max_retries=1).chat.completions.create(model="gpt-4o", messages=user("Hi"))
    assert answer.choices
    assert time.monotonic() - begun >= 0.2
    assert [call.status for call in emulator.state.journal.of(Service.CHAT)] == [429, 429, 200]


async def test_a_stream_cut_short_raises_in_the_client(emulator, azure):
    emulator.state.scenarios.add(preset("cut_stream"))
    stream = await azure.chat.completions.create(model="gpt-4o", messages=user("one two three four"), stream=True)
    received = []

    async def receive() -> None:
        async for chunk in stream:
            received.append(chunk)  # noqa: PERF401 (what came before the cut is asserted)

    with pytest.raises(openai.APIConnectionError):
        await receive()
    assert len(received) == 3


async def test_a_wrong_body_is_a_bad_request_that_names_the_field(azure):
    with pytest.raises(openai.BadRequestError) as raised:
        await azure.chat.completions.create(model="gpt-4o", messages=[])
    assert raised.value.param == "messages"
