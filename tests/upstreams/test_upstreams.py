"""Model endpoints: addresses, what travels whole, and what every failure becomes."""

import asyncio
from urllib.parse import urlsplit

import orjson
import pytest
from aiohttp import web
from passing_time import let_hangs_last

from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import InvalidRequest, UpstreamError, UpstreamUnreachable
from guardrails.emulator.scenarios import Effect, EntraFault, Malformed, Refusal, Scenario, Truncation
from guardrails.upstreams.catalogue import CATALOGUE
from guardrails.upstreams.upstream import passed_on

BODY = {
    "model": "what-the-caller-said",
    "messages": [{"role": "user", "content": "Say hello."}],
    "x_unknown": {"kept": 1},
}
ANSWER = {"id": "c1", "choices": [], "prompt_filter_results": [{"prompt_index": 0}], "new_field": ["kept", None, 1.5]}


async def complete(upstream, body=BODY, seconds: float = 30.0, request_id: str = "req-1"):
    return await upstream.complete(body, Deadline.after(seconds), request_id)


@pytest.mark.parametrize("model", ["dated", "v1", "keyed", "phi", "phi-v1", "phi-ai"])
async def test_every_kind_of_model_completes(models, emulator, model):
    completion = await complete(models[model])
    assert completion.status == 200
    assert completion.body["choices"][0]["message"]["role"] == "assistant"
    assert completion.body["usage"]["total_tokens"] > 0
    [call] = emulator.state.journal.of("chat")
    assert call.body["x_unknown"] == {"kept": 1}


@pytest.mark.parametrize(
    ("model", "path", "sent"),
    [
        ("dated", "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", "what-the-caller-said"),
        ("odd", "/openai/deployments/a%2Fb%20%3Fc/chat/completions?api-version=2024-10-21", "what-the-caller-said"),
        ("v1", "/openai/v1/chat/completions", "gpt-4o"),
        ("phi", "/models/chat/completions?api-version=2024-05-01-preview", "Phi-4"),
        ("phi-v1", "/openai/v1/chat/completions", "Phi-4"),
    ],
)
async def test_each_kind_has_its_address_and_its_model_field(scripted, endpoint, model, path, sent):
    endpoint.says(orjson.dumps(ANSWER))
    completion = await complete(scripted[model])
    assert completion.body == ANSWER
    assert endpoint.seen[0].raw_path == path
    assert orjson.loads(endpoint.bodies[0]) == {**BODY, "model": sent}
    assert endpoint.seen[0].headers["x-ms-client-request-id"] == "req-1"
    assert BODY["model"] == "what-the-caller-said"


async def test_a_key_goes_in_the_header_models_look_at(scripted, endpoint, emulator):
    endpoint.says(b'{"choices": []}')
    await complete(scripted["keyed"])
    assert endpoint.seen[0].headers["api-key"] == emulator.config.api_key
    assert "Authorization" not in endpoint.seen[0].headers


async def test_a_request_id_that_is_no_header_is_left_out(scripted, endpoint):
    endpoint.says(b'{"choices": []}')
    await complete(scripted["v1"], request_id="two\r\nX-Evil: 1")
    assert "x-ms-client-request-id" not in endpoint.seen[0].headers
    assert "X-Evil" not in endpoint.seen[0].headers


async def test_the_role_and_scope_of_a_model_are_those_of_its_kind(models):
    targets = {name: upstream.deployments[0].target for name, upstream in models.items()}
    assert targets["dated"].role == "Cognitive Services OpenAI User"
    assert targets["phi"].role == "Cognitive Services User"
    assert targets["phi"].scope == "https://cognitiveservices.azure.com/.default"
    assert targets["phi-ai"].scope == "https://ai.azure.com/.default"
    assert [kind.kind for kind in CATALOGUE] == ["azure_openai", "foundry"]
    assert all(upstream.name == name for name, upstream in models.items())


@pytest.mark.parametrize("status", [400, 403, 404, 422, 429, 500, 503])
async def test_an_error_keeps_status_body_and_the_headers_a_caller_may_see_and_is_not_tried_again(
    scripted, endpoint, status
):
    body = b'{"error": {"code":"content_filter", "spaces":  "kept"}}'
    headers = {
        "Retry-After": "7",
        "retry-after-ms": "6500",
        "x-ratelimit-remaining-tokens": "0",
        "apim-request-id": "a",
        "x-ms-region": "r",
        "Set-Cookie": "session=1",
        "Server": "secret",
        "Strict-Transport-Security": "max-age=1",
    }
    endpoint.says(body, status, headers)
    with pytest.raises(UpstreamError) as failed:
        await complete(scripted["dated"])
    assert (failed.value.status, failed.value.body, len(endpoint.seen)) == (status, body, 1)
    assert dict(failed.value.headers) == {
        "content-type": "application/json",
        "retry-after": "7",
        "retry-after-ms": "6500",
        "x-ratelimit-remaining-tokens": "0",
        "apim-request-id": "a",
        "x-ms-region": "r",
    }


async def test_a_deployment_is_labelled_by_its_account_or_resource_and_its_name(models, emulator):
    labels = {name: upstream.deployments[0].label for name, upstream in models.items()}
    assert labels["dated"] == "dated/gpt-4o"
    assert labels["v1"] == "one/gpt-4o"
    assert labels["phi"] == f"{urlsplit(emulator.url).hostname}/Phi-4"
    assert (await complete(models["v1"])).deployment == "one/gpt-4o"


async def test_a_model_of_several_deployments_has_them_by_priority_and_the_longest_of_their_times(models):
    upstream = models["several"]
    assert [(one.label, one.priority) for one in upstream.deployments][:2] == [("dated/gpt-4o", 1), ("one/gpt-4o", 1)]
    assert [(one.target.role, one.priority) for one in upstream.deployments][2:] == [("Cognitive Services User", 2)]
    assert (upstream.timeout_s, models["hasty"].timeout_s, models["dated"].timeout_s) == (300, 60, 120)


async def test_the_second_deployment_gets_what_is_left_of_the_time(scripted, endpoint, pass_time):
    async def hang(_: web.Request) -> web.Response:
        pass_time(31)
        await asyncio.Event().wait()
        raise AssertionError

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(ANSWER)

    endpoint.script = [hang, answer]
    completion = await complete(scripted["hasty"], seconds=60)
    assert (completion.deployment, completion.attempts) == ("dated/gpt-4o", 2)
    assert endpoint.seen[1].path == "/openai/deployments/gpt-4o/chat/completions"
    assert endpoint.bodies[0] != endpoint.bodies[1], "each kind sets its own model field"


async def test_a_refused_token_is_renewed_once(models, emulator):
    emulator.state.scenarios.add(Scenario(Effect(refusal=Refusal.UNAUTHORIZED), service="chat", times=1))
    assert (await complete(models["dated"])).status == 200
    assert len(emulator.state.journal.of("entra")) == 2
    emulator.state.scenarios.add(Scenario(Effect(refusal=Refusal.UNAUTHORIZED), service="chat"))
    with pytest.raises(UpstreamError) as failed:
        await complete(models["dated"])
    assert failed.value.status == 401


@pytest.mark.parametrize(
    "effect",
    [
        {"reset": True},
        {"truncate": Truncation.LENGTH},
        {"truncate": Truncation.CHUNKED},
        {"malformed": Malformed.NOT_JSON},
        {"malformed": Malformed.EMPTY},
    ],
)
async def test_no_usable_answer_is_unreachable_after_one_try(models, emulator, effect):
    emulator.state.scenarios.add(Scenario(Effect(**effect), service="chat"))
    with pytest.raises(UpstreamUnreachable) as failed:
        await complete(models["dated"])
    assert not failed.value.timed_out
    assert len(emulator.state.journal.of("chat")) == 1


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"1", b"", b"{", b"{}", b'{"choices": {}}'])
async def test_an_answer_that_is_no_completion_is_unreachable(scripted, endpoint, body):
    endpoint.says(body)
    with pytest.raises(UpstreamUnreachable, match="not a chat completion") as failed:
        await complete(scripted["phi"])
    assert failed.value.__context__ is None


async def test_a_redirect_is_not_followed(scripted, endpoint):
    endpoint.says(b"", 307, {"Location": f"{endpoint.url}/elsewhere"})
    with pytest.raises(UpstreamUnreachable, match="redirect"):
        await complete(scripted["phi"])
    assert len(endpoint.seen) == 1


async def test_a_hanging_model_ends_at_the_deadline(models, emulator, pass_time):
    let_hangs_last(emulator, pass_time, 31)
    emulator.state.scenarios.add(Scenario(Effect(hang=True), service="chat"))
    with pytest.raises(UpstreamUnreachable) as failed:
        await complete(models["dated"], seconds=30)
    assert failed.value.timed_out


async def test_without_a_token_it_is_unreachable_and_does_not_say_why(models, emulator):
    emulator.state.scenarios.add(Scenario(Effect(entra=EntraFault.WRONG_SECRET), service="entra"))
    with pytest.raises(UpstreamUnreachable) as failed:
        await complete(models["dated"])
    assert emulator.config.tenant_id not in failed.value.detail
    assert emulator.config.client_id not in failed.value.detail
    assert emulator.state.journal.of("chat") == []


@pytest.mark.parametrize("bad", [{"messages": "\ud800"}, {"x": 2**70}, {"x": {1, 2}}])
async def test_a_body_that_is_no_json_is_the_callers_mistake(models, bad):
    with pytest.raises(InvalidRequest):
        await complete(models["dated"], bad)


async def test_a_caller_who_leaves_cancels_the_completion(scripted, endpoint):
    gone = asyncio.Event()
    came = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        came.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            gone.set()
            raise
        raise AssertionError

    endpoint.script = [wait]
    caller = asyncio.create_task(complete(scripted["dated"]))
    await asyncio.wait_for(came.wait(), 5)
    caller.cancel()
    await asyncio.wait_for(gone.wait(), 5)
    assert (await asyncio.gather(caller, return_exceptions=True))[0].__class__ is asyncio.CancelledError


async def test_no_text_of_the_conversation_is_in_a_repr(scripted, endpoint):
    endpoint.says(b'{"choices": ["a hidden answer"]}')
    assert "hidden" not in repr(await complete(scripted["dated"]))


def test_a_header_that_could_not_be_sent_on_is_not_passed_on():
    told = {"retry-after": "7", "x-ms-region": "Sweden\x01", "x-ms-odd": "\udcff", "x-request-id": "a\tb"}
    assert passed_on(told) == {"retry-after": "7"}
