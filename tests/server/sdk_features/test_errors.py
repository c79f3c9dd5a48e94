"""What goes wrong at the model raises the same class with the same body through the service."""

import json
import re

import httpx2
import openai
import pytest
from openai import APIStatusError
from running import KEY
from server.sdk_features.asking import user

from guardrails.emulator.presets import preset

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _raised(ask, client) -> APIStatusError:
    with pytest.raises(APIStatusError) as caught:
        await ask(client)
    return caught.value


def _asking(model: str, text: str = "Hi", **more):
    return lambda client: client.chat.completions.create(model=model, messages=user(text), **more)


def _without_version(body: object) -> str:
    """The direct client asks another api-version than the service does, and some messages name it."""
    return re.sub(r"API version \S+", "API version", json.dumps(body))


async def _same_error(pair, ask) -> APIStatusError:
    direct = await _raised(ask, pair.direct)
    through = await _raised(ask, pair.through)
    assert type(direct) is type(through)
    assert direct.status_code == through.status_code
    assert _without_version(direct.body) == _without_version(through.body)
    assert (direct.code, direct.param, direct.type) == (through.code, through.param, through.type)
    return through


@pytest.fixture
def scenario(house):
    def add(name: str, **more) -> None:
        house.emulator.state.scenarios.add(preset(name, service="chat", **more))

    yield add
    house.emulator.state.scenarios.clear()


async def test_a_prompt_that_is_too_long(pair):
    error = await _same_error(pair, _asking("tiny", "word " * 400))
    assert isinstance(error, openai.BadRequestError)
    assert error.code == "context_length_exceeded"


async def test_a_deployment_that_is_not_there(pair):
    error = await _same_error(pair, _asking("missing"))
    assert isinstance(error, openai.NotFoundError)
    assert error.code == "DeploymentNotFound"


async def test_a_model_that_nobody_configured_is_not_found_either(pair):
    with pytest.raises(openai.NotFoundError) as caught:
        await pair.through.chat.completions.create(model="gpt-9", messages=user("Hi"))
    assert caught.value.code == "unknown_model"


@pytest.mark.parametrize(
    "ask",
    [
        _asking("gpt-4o", tool_choice="required"),
        _asking("gpt-4o", response_format={"type": "json_schema"}),
        _asking("gpt-4o", n=1000),
        _asking("gpt-4o", max_tokens=0),
    ],
    ids=["tool_choice", "response_format", "n", "max_tokens"],
)
async def test_a_request_that_the_model_refuses(pair, ask):
    assert isinstance(await _same_error(pair, ask), openai.BadRequestError)


async def test_a_prompt_that_azure_filters(pair):
    error = await _same_error(pair, _asking("gpt-4o", "azure-filter-jailbreak"))
    assert error.code == "content_filter"
    assert error.body["innererror"]["content_filter_result"]["jailbreak"]["filtered"] is True


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("token_rejected", openai.AuthenticationError),
        ("network_rules", openai.PermissionDeniedError),
        ("throttled", openai.RateLimitError),
        ("server_error", openai.InternalServerError),
        ("unavailable_with_retry_after", openai.InternalServerError),
    ],
)
async def test_trouble_at_the_model(pair, scenario, name, kind):
    scenario(name)
    error = await _same_error(pair, _asking("gpt-4o"))
    assert isinstance(error, kind)


@pytest.mark.parametrize("name", ["throttled", "unavailable_with_retry_after"])
async def test_how_long_to_wait_is_told(pair, scenario, name):
    scenario(name)
    direct = await _raised(_asking("gpt-4o"), pair.direct)
    through = await _raised(_asking("gpt-4o"), pair.through)
    for header in ("retry-after", "retry-after-ms"):
        assert direct.response.headers.get(header) == through.response.headers.get(header)
    assert through.response.headers["retry-after"] == "1"


async def test_an_sdk_that_tries_again_gets_its_answer(pair, scenario):
    scenario("throttled", times=1)
    again = pair.through.with_options(max_retries=2)
    answer = await again.chat.completions.create(model="gpt-4o", messages=user("say: at last"))
    assert answer.choices[0].message.content == "at last"


async def test_a_wrong_key_is_the_same_class(pair):
    for client in (pair.direct, pair.through):
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="wrong").chat.completions.create(model="gpt-4o", messages=user("Hi"))


async def test_a_body_that_is_no_json_is_a_bad_request(house):
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            f"{house.service.url}/v1/chat/completions",
            content=b"{",
            headers={"api-key": KEY, "content-type": "application/json"},
        )
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
