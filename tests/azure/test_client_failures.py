"""Calls that get no usable answer: what each way of breaking becomes, and what is left behind."""

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp import web
from azure_calls import (
    OK,
    UNAUTHORIZED,
    cut_by_length,
    cut_chunks,
    failure_of,
    hang,
    hang_of,
    not_http,
    plain,
    post,
    reset,
    send,
    until,
)

from guardrails.azure.client import AzureClient
from guardrails.azure.session import open_sessions
from guardrails.azure.trouble import CallError, Trouble
from guardrails.domain.check import FailureReason
from guardrails.domain.errors import ServiceError, TokenError
from guardrails.emulator.scenarios import Effect, EntraFault, Scenario
from guardrails.emulator.serve import Emulator


@pytest.mark.parametrize(
    ("handler", "reason", "tries"),
    [
        (hang, FailureReason.DEADLINE, 1),
        (reset, FailureReason.NETWORK, 3),
        (cut_by_length, FailureReason.BAD_RESPONSE, 1),
        (cut_chunks, FailureReason.BAD_RESPONSE, 1),
        (not_http, FailureReason.BAD_RESPONSE, 1),
        (plain(b""), FailureReason.BAD_RESPONSE, 1),
        (plain(b"<html>busy</html>"), FailureReason.BAD_RESPONSE, 1),
        (plain(b'{"half":'), FailureReason.BAD_RESPONSE, 1),
        (plain(b"\xff\xfe"), FailureReason.BAD_RESPONSE, 1),
        (plain(b'"' + b"x" * 2_000_000 + b'"'), FailureReason.BAD_RESPONSE, 1),
        (
            plain(gzip.compress(b'"' + b"x" * 50_000_000 + b'"'), **{"Content-Encoding": "gzip"}),
            FailureReason.BAD_RESPONSE,
            1,
        ),
    ],
)
async def test_every_broken_answer_has_its_reason(client, service, pass_time, handler, reason, tries):
    service.says(hang_of(31, pass_time) if handler is hang else handler)
    error = await failure_of(client, replace(service.target, timeout_s=30), seconds=100)
    assert (error.reason, error.calls, len(service.seen)) == (reason, tries, tries)


async def test_the_deadline_and_the_calls_own_timeout_are_told_apart(client, service, pass_time):
    service.says(hang_of(31, pass_time))
    late = await failure_of(client, service.target, seconds=30)
    slow = await failure_of(client, replace(service.target, timeout_s=30), seconds=60)
    assert "before the deadline" in late.detail
    assert "own timeout" in slow.detail


async def test_long_timeouts_are_not_rounded_up_past_the_deadline(client, service, monkeypatch):
    service.says(OK)
    given: list[aiohttp.ClientTimeout] = []
    request = aiohttp.ClientSession.request

    def spy(session, method, url, *, timeout, **rest):
        given.append(timeout)
        return request(session, method, url, timeout=timeout, **rest)

    monkeypatch.setattr(aiohttp.ClientSession, "request", spy)
    await post(client, replace(service.target, timeout_s=60), seconds=20)
    timeout = given[-1]
    assert 15 < timeout.total <= 20
    assert timeout.ceil_threshold > timeout.total
    assert timeout.sock_connect == 60


async def test_nobody_listening_is_tried_again_and_then_refused(client, service, closed_port):
    error = await failure_of(client, replace(service.target, endpoint=closed_port))
    assert isinstance(error, CallError)
    assert (error.trouble, error.calls) == (Trouble.REFUSED, 3)


@pytest.fixture
async def silent() -> AsyncIterator[str]:
    """An address that drops what comes, as a firewall does: its queue of connections is full and never read."""
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(loop.sock_connect(filler, listener.getsockname()), 0.1)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_connection_that_is_not_made_in_time_is_the_networks_fault_unless_the_deadline_came_first(
    make_settings, provider, service, silent
):
    async with open_sessions(make_settings(connect_timeout_s=0.2).azure) as hasty:
        client = AzureClient(hasty.checks, provider)
        dropped = replace(service.keyed, endpoint=silent)
        network = await failure_of(client, dropped)
        late = await failure_of(client, dropped, seconds=0.1)
        slow = await failure_of(client, replace(dropped, timeout_s=0.1))
    assert [error.trouble for error in (network, late, slow)] == [
        Trouble.UNREACHABLE,
        Trouble.DEADLINE,
        Trouble.TIMEOUT,
    ]
    assert (network.reason, network.calls) == (FailureReason.NETWORK, 3)


async def test_an_unknown_host_is_not_tried_again(client, service, sessions, monkeypatch):
    async def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(sessions.checks.connector._resolver, "resolve", unknown)
    error = await failure_of(client, replace(service.keyed, endpoint="https://nothere.invalid"))
    assert isinstance(error, CallError)
    assert (error.trouble, error.calls) == (Trouble.UNKNOWN_HOST, 1)


async def test_an_untrusted_certificate_is_not_tried_again(emulator, make_settings, provider, service):
    async with open_sessions(make_settings(ca_file=None).azure) as strict:
        client = AzureClient(strict.checks, provider)
        error = await failure_of(client, replace(service.target, endpoint=emulator.url))
    assert isinstance(error, CallError)
    assert (error.trouble, error.calls) == (Trouble.TLS, 1)


async def test_without_a_token_nothing_is_sent(client, service, emulator: Emulator):
    service.says(OK)
    emulator.state.scenarios.add(Scenario(Effect(entra=EntraFault.WRONG_SECRET), service="entra"))
    with pytest.raises(TokenError):
        await post(client, service.target)
    with pytest.raises(TokenError):
        await send(client, service.target)
    assert service.seen == []


async def test_a_token_that_cannot_be_renewed_after_a_401_counts_the_first_call(client, service, emulator: Emulator):
    async def refuse(_: web.Request) -> web.Response:
        emulator.state.scenarios.add(Scenario(Effect(entra=EntraFault.OUTAGE), service="entra"))
        return web.json_response(UNAUTHORIZED[1], status=401)

    service.says(refuse)
    with pytest.raises(TokenError) as failed:
        await post(client, service.target)
    assert failed.value.calls == 1


async def test_text_that_is_no_unicode_is_refused_before_it_is_sent(client, service):
    with pytest.raises(ServiceError) as failed:
        await post(client, service.target, body={"text": "\ud800"})
    assert (failed.value.reason, failed.value.calls) == (FailureReason.REJECTED, 0)


async def test_a_cancelled_call_ends_at_the_service_too_and_leaves_no_task(client, service, provider):
    service.says(hang)
    await provider.headers(service.target)
    before = asyncio.all_tasks()
    calls = [asyncio.create_task(post(client, service.target)) for _ in range(20)]
    await until(lambda: len(service.seen) == 20)
    for call in calls:
        call.cancel()
    assert {type(end) for end in await asyncio.gather(*calls, return_exceptions=True)} == {asyncio.CancelledError}
    await until(lambda: service.gone == 20)
    ours = {task for task in asyncio.all_tasks() - before if "guardrails/azure" in repr(task)}
    assert ours == set()
    service.says(OK)
    assert (await post(client, service.target)).body == {"fine": True}


async def test_connections_are_kept(client, service):
    service.says(OK)
    for _ in range(5):
        await post(client, service.target)
    assert len(set(service.peers)) == 1
