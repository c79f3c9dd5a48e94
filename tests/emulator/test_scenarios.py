"""What each scenario looks like on the wire."""

import asyncio
import time

import aiohttp
import pytest
from emulator.azure_paths import BODIES, CONTENT_SAFETY, LANGUAGE, PROMPT_SHIELD, V1

from guardrails.emulator.presets import preset
from guardrails.emulator.scenarios import (
    Effect,
    Malformed,
    Refusal,
    Scenario,
    Service,
    Truncation,
)

HELLO = BODIES[V1]
CALLS = {
    Service.LANGUAGE: LANGUAGE,
    Service.CONTENT_SAFETY: CONTENT_SAFETY,
    Service.PROMPT_SHIELD: PROMPT_SHIELD,
    Service.CHAT: V1,
}
EVERY_SERVICE = pytest.mark.parametrize("service", list(CALLS))


@pytest.fixture
def call(emulator_session, bearer):
    """Call a service once: status, headers and decoded body of the answer."""

    async def call(service: Service):
        path = CALLS[service]
        async with emulator_session.post(path, json=BODIES[path], headers=bearer) as answer:
            return answer.status, answer.headers, await answer.json()

    return call


@pytest.fixture
def put(emulator):
    def put(effect: Effect, service: str = "*", **match) -> None:
        emulator.state.scenarios.add(Scenario(effect, service=service, **match))

    return put


@EVERY_SERVICE
async def test_without_a_scenario_every_service_answers(call, service):
    status, headers, _ = await call(service)
    assert status == 200
    assert headers["x-ms-region"] == "Sweden Central"


@pytest.mark.parametrize(
    ("service", "status", "code"),
    [
        (Service.CHAT, 500, "InternalServerError"),
        (Service.CHAT, 503, "ServiceUnavailable"),
        (Service.CHAT, 404, "DeploymentNotFound"),
        (Service.CONTENT_SAFETY, 500, "InternalError"),
        (Service.CONTENT_SAFETY, 503, "ServerBusy"),
        (Service.PROMPT_SHIELD, 503, "ServerBusy"),
        (Service.LANGUAGE, 500, "InternalServerError"),
        (Service.LANGUAGE, 503, "ServiceUnavailable"),
        (Service.LANGUAGE, 403, "403"),
    ],
)
async def test_a_status_has_the_documented_code(call, put, service, status, code):
    put(Effect(status=status), service)
    given, headers, body = await call(service)
    assert (given, body["error"]["code"], headers["x-ms-error-code"]) == (status, code, code)


@EVERY_SERVICE
async def test_throttling_says_how_long_in_whole_seconds(call, put, service):
    put(Effect(status=429, retry_after=1.5), service)
    status, headers, body = await call(service)
    assert (status, headers["Retry-After"]) == (429, "2")
    assert ("retry-after-ms" in headers) == (service is Service.CHAT)
    assert body["error"]["code"] == ("429" if service in {Service.CHAT, Service.LANGUAGE} else "TooManyRequests")


@EVERY_SERVICE
async def test_throttling_may_leave_the_time_out(call, put, service):
    put(Effect(status=429), service)
    status, headers, _ = await call(service)
    assert status == 429
    assert "Retry-After" not in headers


async def test_words_can_be_replaced(call, put):
    put(Effect(status=418, code="Teapot", message="short and stout", retry_after=3))
    status, headers, body = await call(Service.CHAT)
    assert (status, body) == (418, {"error": {"code": "Teapot", "message": "short and stout"}})
    assert headers["Retry-After"] == "3"


@EVERY_SERVICE
async def test_latency_comes_first_and_the_answer_is_whole(call, put, service):
    put(Effect(latency_ms=120), service)
    begun = time.monotonic()
    status, _, _ = await call(service)
    assert status == 200
    assert time.monotonic() - begun >= 0.12


@EVERY_SERVICE
async def test_a_reset_drops_the_connection_before_any_byte(emulator, call, put, service):
    put(Effect(reset=True), service)
    with pytest.raises(aiohttp.ClientConnectionError):
        await call(service)
    assert [one.status for one in emulator.state.journal.of(service)] == [None]


@EVERY_SERVICE
async def test_a_hanging_call_never_answers(emulator, call, put, service):
    put(Effect(hang=True), service)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call(service), 0.2)


@EVERY_SERVICE
@pytest.mark.parametrize("how", list(Truncation))
async def test_a_truncated_body_ends_too_early(emulator_session, bearer, put, service, how):
    put(Effect(truncate=how), service)
    path = CALLS[service]
    async with emulator_session.post(path, json=BODIES[path], headers=bearer) as answer:
        assert answer.status == 200
        assert ("Content-Length" in answer.headers) == (how is Truncation.LENGTH)
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


@pytest.mark.parametrize("how", list(Truncation))
async def test_all_of_the_first_half_arrives(emulator_session, bearer, put, how):
    put(Effect(truncate=how), Service.CHAT)
    body = {**HELLO, "messages": [{"role": "user", "content": "say: " + "x" * 300_000}]}
    received = 0
    async with emulator_session.post(V1, json=body, headers=bearer) as answer:
        try:
            async for data in answer.content.iter_any():
                received += len(data)
        except aiohttp.ClientPayloadError:
            pass
    assert 150_000 < received < 151_000


@EVERY_SERVICE
@pytest.mark.parametrize("kind", list(Malformed))
async def test_a_malformed_body_is_a_200_nobody_can_read(emulator_session, bearer, put, service, kind):
    put(Effect(malformed=kind), service)
    path = CALLS[service]
    async with emulator_session.post(path, json=BODIES[path], headers=bearer) as answer:
        assert answer.status == 200
        raw = await answer.read()
    assert (
        raw
        == {
            Malformed.NOT_JSON: b"<html><body>502 upstream gateway</body></html>",
            Malformed.WRONG_SHAPE: b'{"unexpected":[1,2,3]}',
            Malformed.EMPTY: b"",
        }[kind]
    )


@EVERY_SERVICE
@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (Refusal.ROLE_MISSING, 401, "PermissionDenied"),
        (Refusal.INVALID_KEY, 401, "401"),
        (Refusal.KEYS_DISABLED, 403, "AuthenticationTypeDisabled"),
        (Refusal.REGIONAL_ENDPOINT, 400, "BadRequest"),
        (Refusal.NETWORK_RULES, 403, "403"),
        (Refusal.UNKNOWN_DEPLOYMENT, 404, "DeploymentNotFound"),
    ],
)
async def test_a_refusal_has_the_documented_body(call, put, service, refusal, status, code):
    put(Effect(refusal=refusal), service)
    given, _, body = await call(service)
    assert (given, body["error"]["code"]) == (status, code)


@EVERY_SERVICE
@pytest.mark.parametrize("refusal", [Refusal.UNAUTHORIZED, Refusal.WRONG_AUDIENCE])
async def test_a_rejected_token_is_not_wrapped(call, put, service, refusal):
    put(Effect(refusal=refusal), service)
    _, _, body = await call(service)
    assert body == {
        "statusCode": 401,
        "message": "Unauthorized. Access token is missing, invalid, audience is incorrect "
        "(https://cognitiveservices.azure.com), or have expired.",
    }


async def test_a_role_is_seen_only_after_a_while(emulator, call):
    emulator.state.scenarios.add(preset("role_propagation"))
    assert [(await call(Service.CHAT))[0] for _ in range(5)] == [401, 401, 401, 200, 200]


async def test_a_documents_error_stays_inside_a_200(emulator, call):
    emulator.state.scenarios.add(preset("document_error"))
    status, _, body = await call(Service.LANGUAGE)
    assert status == 200
    assert body["results"]["documents"] == []
    error = body["results"]["errors"][0]
    assert (error["id"], error["error"]["innererror"]["code"]) == ("1", "InvalidDocument")


async def test_a_failing_content_filter_annotates_and_passes(emulator, call):
    emulator.state.scenarios.add(preset("filter_error"))
    status, _, body = await call(Service.CHAT)
    assert status == 200
    assert body["choices"][0]["content_filter_results"]["error"]["code"] == "content_filter_error"


async def test_a_scenario_meets_only_what_it_is_about(call, put):
    put(Effect(status=503), Service.CHAT, deployment="Phi-4")
    put(Effect(status=503), Service.CONTENT_SAFETY, operation="image:analyze")
    assert (await call(Service.CHAT))[0] == 200
    assert (await call(Service.CONTENT_SAFETY))[0] == 200
