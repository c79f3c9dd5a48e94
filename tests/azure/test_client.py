"""Calls to Azure: what is sent, what is tried again, and what every status becomes."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from aiohttp import web
from azure_calls import CONTENT, NO_ROLE, OK, UNAUTHORIZED, cut_chunks, failure_of, hang, hang_of, post, reset, send

from guardrails.azure.client import AzureClient
from guardrails.azure.session import open_sessions
from guardrails.azure.token_slot import Timing
from guardrails.azure.trouble import CallError, Trouble
from guardrails.domain.check import FailureReason
from guardrails.domain.errors import ServiceError


async def test_a_call_carries_the_bearer_the_path_and_the_body(client, service, provider, heard):
    service.says(OK)
    reply = await post(client, service.target)
    assert (reply.body, reply.calls) == ({"fine": True}, 1)
    request = service.seen[0]
    assert request.raw_path == "/contentsafety/text:analyze?api-version=2024-09-01"
    assert request.headers["Authorization"] == (await provider.headers(service.target))["Authorization"]
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"] == "azure-guardrails"
    assert service.bodies == [b'{"text":"my name is Ada Lovelace"}']
    assert heard.calls == [("content_safety", "ok")]


async def test_a_key_goes_instead_of_a_bearer(client, service, env):
    service.says(OK)
    await post(client, service.keyed)
    assert service.seen[0].headers["Ocp-Apim-Subscription-Key"] == env["KEY"]
    assert "Authorization" not in service.seen[0].headers


async def test_one_401_drops_the_token_and_tries_once_more(client, service, posts):
    service.says(UNAUTHORIZED, OK)
    reply = await post(client, service.target)
    assert reply.calls == 2
    first, second = (request.headers["Authorization"] for request in service.seen)
    assert first != second
    assert posts() == 2


async def test_a_second_401_is_an_error_after_exactly_one_retry(client, service, posts, heard):
    service.says(UNAUTHORIZED)
    error = await failure_of(client, service.target)
    assert error.reason is FailureReason.UNAUTHORIZED
    assert (error.status, error.calls, len(service.seen), posts()) == (401, 2, 2, 2)
    assert heard.calls == [("content_safety", "unauthorized")] * 2


async def test_a_thousand_401s_on_one_stale_token_make_one_new_fetch(make_settings, make_provider, service, posts):
    provider = make_provider(timing=Timing(between_drops=60))
    stale = (await provider.headers(service.target))["Authorization"]

    async def judge(request: web.Request) -> web.Response:
        await asyncio.sleep(0.05)
        if request.headers["Authorization"] == stale:
            return web.json_response(UNAUTHORIZED[1], status=401)
        return web.json_response({})

    service.says(judge)
    patient = replace(service.target, timeout_s=50)
    # Fewer connections than the loopback server's backlog, or the kernel drops some.
    async with open_sessions(make_settings(max_connections=100).azure) as few:
        client = AzureClient(few.checks, provider)
        replies = await asyncio.gather(*(post(client, patient, 50) for _ in range(1000)))
    assert {reply.calls for reply in replies} == {2}
    assert posts() == 2


async def test_a_missing_role_is_forbidden_and_costs_no_new_token(client, service, posts):
    service.says(NO_ROLE)
    error = await failure_of(client, service.target)
    assert error.reason is FailureReason.FORBIDDEN
    assert error.code == "PermissionDenied"
    assert (error.calls, posts()) == (1, 1)


async def test_a_refused_key_that_has_not_changed_is_not_sent_again(client, service):
    service.says((401, {"error": {"code": "401", "message": "Access denied due to invalid subscription key"}}))
    error = await failure_of(client, service.keyed)
    assert isinstance(error, CallError)
    assert error.trouble is Trouble.KEY_REFUSED
    assert len(service.seen) == 1


@pytest.mark.parametrize(
    ("status", "body", "reason", "calls"),
    [
        (400, {"error": {"code": "InvalidRequestBody", "message": CONTENT}}, FailureReason.REJECTED, 1),
        (403, {"error": {"code": "403", "message": "Access denied due to VNet rules"}}, FailureReason.FORBIDDEN, 1),
        (403, {"error": {"code": "403", "message": "Out of call volume quota for X"}}, FailureReason.THROTTLED, 1),
        (404, {"error": {"code": "404", "message": CONTENT}}, FailureReason.REJECTED, 1),
        (408, {}, FailureReason.UNAVAILABLE, 3),
        (413, {}, FailureReason.REJECTED, 1),
        (429, {"error": {"code": "TooManyRequests", "message": CONTENT}}, FailureReason.THROTTLED, 3),
        (500, {"error": {"code": "InternalError", "message": CONTENT}}, FailureReason.UNAVAILABLE, 3),
        (503, [CONTENT], FailureReason.UNAVAILABLE, 3),
        (302, {}, FailureReason.BAD_RESPONSE, 1),
    ],
)
async def test_every_status_has_its_reason_and_its_number_of_tries(client, service, status, body, reason, calls):
    service.says((status, body, {"Location": "https://elsewhere.localhost/"}))
    error = await failure_of(client, service.target)
    assert (error.reason, error.status, error.calls, len(service.seen)) == (reason, status, calls, calls)
    assert CONTENT not in error.detail


async def test_a_regional_endpoint_is_named_as_such(client, service):
    message = "Please provide a custom subdomain for token authentication, otherwise API key is required."
    service.says((400, {"error": {"code": "BadRequest", "message": message}}))
    error = await failure_of(client, service.target)
    assert error.reason is FailureReason.REJECTED
    assert "regional endpoints do not accept tokens" in error.detail


async def test_a_code_that_may_hold_content_is_not_repeated(client, service):
    service.says((400, {"error": {"code": f"no: {CONTENT}", "innererror": {"code": [CONTENT]}}}))
    assert (await failure_of(client, service.target)).code is None


async def test_what_passes_by_itself_is_tried_again_within_the_budget(client, service, heard):
    service.says((503, {}), (429, {}), OK)
    assert (await post(client, service.target)).calls == 3
    assert heard.calls == [
        ("content_safety", "unavailable"),
        ("content_safety", "throttled"),
        ("content_safety", "ok"),
    ]


@pytest.mark.parametrize("header", [{"Retry-After": "1"}, {"retry-after-ms": "400", "Retry-After": "30"}])
async def test_the_wait_a_service_asks_for_is_honoured(client, service, header):
    service.says((429, {}, header), OK)
    began = time.monotonic()
    await post(client, service.target)
    assert time.monotonic() - began >= (1.0 if len(header) == 1 else 0.4)


async def test_a_wait_that_does_not_fit_the_deadline_is_not_begun(client, service):
    service.says((429, {}, {"Retry-After": "30"}))
    error = await failure_of(client, service.target, seconds=3)
    assert (error.reason, error.retry_after, error.calls) == (FailureReason.THROTTLED, 30.0, 1)


async def test_a_deadline_that_has_passed_sends_nothing(client, service, provider):
    service.says(OK)
    await provider.headers(service.target)
    error = await failure_of(client, service.target, seconds=-1)
    assert (error.reason, error.calls, service.seen) == (FailureReason.DEADLINE, 0, [])


@pytest.mark.parametrize("status", [200, 400, 403, 404, 429, 500, 503])
async def test_send_returns_any_answer_as_it_came_and_tries_nothing_again(client, service, heard, status):
    service.says((status, {"kept": [1, "é"]}, {"Retry-After": "1", "X-Ms-Region": "Sweden"}))
    reply = await send(client, service.target)
    assert (reply.status, reply.calls, len(service.seen)) == (status, 1, 1)
    assert reply.body == b'{"kept": [1, "\\u00e9"]}'
    assert reply.headers["x-ms-region"] == "Sweden"
    assert heard.calls == [("content_safety", "ok" if status == 200 else f"{status // 100}xx")]


async def test_send_tries_a_401_once_more_with_a_new_token(client, service, posts):
    service.says(UNAUTHORIZED, OK)
    reply = await send(client, service.target)
    assert (reply.status, reply.calls, posts()) == (200, 2, 2)
    service.says(NO_ROLE)
    assert (await send(client, service.target)).calls == 1


@pytest.mark.parametrize(
    ("handler", "reason"),
    [(hang, FailureReason.DEADLINE), (reset, FailureReason.NETWORK), (cut_chunks, FailureReason.BAD_RESPONSE)],
)
async def test_send_without_an_answer_is_an_error_after_one_try(
    client, service, pass_time, handler: Callable[..., object], reason
):
    service.says(hang_of(31, pass_time) if handler is hang else handler)
    with pytest.raises(ServiceError) as failed:
        await send(client, service.target, seconds=30)
    assert (failed.value.reason, len(service.seen)) == (reason, 1)


async def test_a_body_of_megabytes_is_sent_whole(client, service):
    sent = {"text": "é" * 1_000_000}

    async def measure(request):
        return web.json_response({"bytes": len(await request.read()), "type": request.content_type})

    service.says(measure)
    reply = await post(client, service.target, body=sent, seconds=10)
    assert reply.body == {"bytes": 2_000_011, "type": "application/json"}
