"""Answers whose body is still coming: when they are open, how they end, and what closing them does."""

import asyncio
from dataclasses import replace

import pytest
from aiohttp import web
from azure_calls import CONTENT, NO_ROLE, UNAUTHORIZED, hang, hang_of, reset, until
from azure_streams import (
    DONE,
    EVENTS,
    ONE,
    TWO,
    by_cut,
    by_nonsense,
    by_nonsense_and,
    by_reset,
    by_silence,
    by_silence_of,
    streams,
)

from guardrails.azure.client import AzureClient
from guardrails.azure.reply import RawReply
from guardrails.azure.trouble import CallError, Trouble
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError


async def opened(client: AzureClient, target, seconds: float = 30.0, body: bytes = b"{}") -> RawReply:
    return await client.open(
        target,
        "POST",
        "/openai/v1/chat/completions",
        params={"api-version": "2024-10-21"},
        body=body,
        headers={"Content-Type": "application/json"},
        deadline=Deadline.after(seconds),
    )


async def all_of(reply: RawReply) -> bytes:
    assert reply.rest is not None
    received = b""
    while data := await reply.rest.read():
        received += data
    reply.rest.close()
    return received


async def failure_after(reply: RawReply, first: bytes) -> CallError:
    assert reply.rest is not None
    assert await reply.rest.read() == first
    with pytest.raises(CallError) as failed:
        await reply.rest.read()
    assert failed.value.__context__ is None
    reply.rest.close()
    return failed.value


async def test_it_is_open_once_the_first_bytes_are_there(client, service, heard):
    go_on = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={**EVENTS, "X-Ms-Region": "Sweden"})
        await response.prepare(request)
        await response.write(ONE)
        await go_on.wait()
        await response.write(TWO + DONE)
        return response

    service.says(handler)
    reply = await opened(client, service.target)
    assert (reply.status, reply.headers["x-ms-region"], reply.body) == (200, "Sweden", ONE)
    assert heard.calls == [], "a stream is told when it ends"
    go_on.set()
    assert await all_of(reply) == ONE + TWO + DONE
    assert heard.calls == [("content_safety", "ok")]


async def test_a_read_to_the_end_leaves_the_connection_for_the_next_call(client, service):
    service.says(streams(ONE, DONE))
    for _ in range(3):
        assert await all_of(await opened(client, service.target)) == ONE + DONE
    assert len(set(service.peers)) == 1


@pytest.mark.parametrize(
    ("end", "reasons"),
    [
        # aiohttp tells a reset within chunks as a cut body.
        (by_reset, {FailureReason.NETWORK, FailureReason.BAD_RESPONSE}),
        (by_cut, {FailureReason.BAD_RESPONSE}),
        (by_nonsense, {FailureReason.BAD_RESPONSE, FailureReason.DEADLINE}),
    ],
)
async def test_a_body_that_breaks_off_is_an_error_and_never_an_end(client, service, heard, pass_time, end, reasons):
    service.says(streams(ONE, end=by_nonsense_and(61, pass_time) if end is by_nonsense else end, pause=0.1))
    error = await failure_after(await opened(client, service.target), ONE)
    assert error.reason in reasons
    assert heard.calls == [("content_safety", error.reason.value)]


async def test_silence_between_bytes_is_bounded_by_the_targets_own_time(client, service, heard, pass_time):
    service.says(streams(ONE, end=by_silence))
    reply = await opened(client, service.target, seconds=300)
    reader = asyncio.create_task(failure_after(reply, ONE))
    await asyncio.sleep(0.02)
    pass_time(40)
    await asyncio.sleep(0.02)
    assert not reader.done()
    pass_time(21)
    error = await reader
    assert (error.trouble, error.reason) == (Trouble.SILENT, FailureReason.DEADLINE)
    assert heard.calls == [("content_safety", "deadline")]
    await until(lambda: service.gone == 1)


async def test_a_stream_may_take_longer_than_the_deadline_and_the_targets_time(client, service, pass_time):
    go_on = asyncio.Semaphore(0)

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=EVENTS)
        await response.prepare(request)
        for piece in (ONE, TWO, DONE):
            await response.write(piece)
            await go_on.acquire()
        return response

    service.says(handler)
    reply = await opened(client, service.target, seconds=30)
    for piece in (ONE, TWO, DONE):
        assert await reply.rest.read() == piece
        pass_time(35)
        go_on.release()
    assert await reply.rest.read() == b""


@pytest.mark.parametrize(("seconds", "timeout_s", "trouble"), [(30, 60, Trouble.DEADLINE), (60, 30, Trouble.TIMEOUT)])
@pytest.mark.parametrize("headers", [False, True], ids=["no headers", "no first byte"])
async def test_the_time_to_the_first_byte_is_bounded(client, service, pass_time, headers, seconds, timeout_s, trouble):
    service.says(streams(end=by_silence_of(31, pass_time)) if headers else hang_of(31, pass_time))
    with pytest.raises(CallError) as failed:
        await opened(client, replace(service.target, timeout_s=timeout_s), seconds=seconds)
    assert (failed.value.trouble, failed.value.reason) == (trouble, FailureReason.DEADLINE)
    await until(lambda: service.gone == 1)


@pytest.mark.parametrize(
    "handler",
    [reset, streams(end=by_reset), streams(end=by_cut), None],
    ids=["reset", "reset after headers", "cut", "nonsense"],
)
async def test_what_breaks_before_the_first_byte_is_no_answer(client, service, heard, pass_time, handler):
    service.says(handler or streams(end=by_nonsense_and(61, pass_time)))
    with pytest.raises(ServiceError) as failed:
        await opened(client, service.target)
    assert failed.value.reason in {FailureReason.NETWORK, FailureReason.BAD_RESPONSE, FailureReason.DEADLINE}
    assert heard.calls == [("content_safety", failed.value.reason.value)]
    assert len(service.seen) == 1


async def test_a_stream_with_nothing_in_it_comes_whole(client, service, heard):
    service.says(streams())
    reply = await opened(client, service.target)
    assert (reply.ok, reply.body, reply.rest) == (True, b"", None)
    assert heard.calls == [("content_safety", "ok")]


@pytest.mark.parametrize("status", [302, 400, 403, 404, 429, 500, 503])
async def test_any_other_answer_comes_whole_and_is_not_tried_again(client, service, heard, status):
    service.says((status, {"kept": "é"}, {"Retry-After": "1"}))
    reply = await opened(client, service.target)
    assert (reply.status, reply.body, reply.rest) == (status, b'{"kept": "\\u00e9"}', None)
    assert (reply.headers["retry-after"], len(service.seen)) == ("1", 1)
    assert heard.calls == [("content_safety", f"{status // 100}xx")]


async def test_an_error_body_is_read_within_a_bound(client, service):
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=500)
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    service.says(endless)
    with pytest.raises(CallError) as failed:
        await opened(client, service.target)
    assert (failed.value.trouble, failed.value.status) == (Trouble.TOO_LARGE, 500)


async def test_a_refused_token_is_renewed_once_before_the_stream(client, service, posts):
    service.says(UNAUTHORIZED, streams(ONE, DONE))
    reply = await opened(client, service.target)
    assert (reply.calls, await all_of(reply), posts()) == (2, ONE + DONE, 2)
    service.says(NO_ROLE)
    assert (await opened(client, service.target)).calls == 1


async def test_a_redirect_is_not_followed(client, service):
    service.says((307, {}, {"Location": f"{service.url}/elsewhere"}))
    assert (await opened(client, service.target)).status == 307
    assert len(service.seen) == 1


async def test_closing_early_does_not_wait_and_ends_the_senders_work(client, service, heard):
    service.says(streams(ONE, end=by_silence))
    reply = await opened(client, service.target)
    reply.rest.close()
    reply.rest.close()
    await until(lambda: service.gone == 1)
    assert heard.calls == [("content_safety", "ok")]
    with pytest.raises(CallError):
        await reply.rest.read()


async def test_a_half_read_connection_is_never_used_again(client, service):
    service.says(streams(ONE, end=by_silence), streams(TWO))
    first = await opened(client, service.target)
    first.rest.close()
    assert await all_of(await opened(client, service.target)) == TWO
    assert len(set(service.peers)) == 2


async def test_closing_while_someone_reads_wakes_the_reader(client, service):
    service.says(streams(ONE, end=by_silence))
    reply = await opened(client, service.target)
    await reply.rest.read()
    reader = asyncio.create_task(reply.rest.read())
    await asyncio.sleep(0.05)
    reply.rest.close()
    with pytest.raises(CallError):
        await asyncio.wait_for(reader, 5)


@pytest.mark.parametrize("handler", [hang, streams(end=by_silence)], ids=["no headers", "no first byte"])
async def test_who_stops_waiting_leaves_no_connection_and_no_task(client, service, sessions, handler):
    service.says(handler)
    before = asyncio.all_tasks()
    caller = asyncio.create_task(opened(client, service.target, 30))
    await until(lambda: len(service.seen) == 1)
    await asyncio.sleep(0.1)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await until(lambda: service.gone == 1)
    connector = sessions.checks.connector
    assert not connector._acquired
    mine = {task for task in asyncio.all_tasks() - before if "guardrails" in repr(task)}
    assert mine == set()


async def test_who_reads_slowly_slows_the_sender_down(client, service, pass_time):
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers=EVENTS)
        await response.prepare(request)
        for _ in range(1600):
            await response.write(b"x" * 65536)
            sent += 65536
        return response

    service.says(flood)
    reply = await opened(client, service.target)
    unchanged = 0
    while unchanged < 5:
        before = sent
        await asyncio.sleep(0.1)
        unchanged = unchanged + 1 if sent == before else 0
    assert sent < 60_000_000, "what is not read waits at the sender, but for the buffers of the sockets"
    pass_time(100)
    await asyncio.sleep(0.1)
    assert len(await reply.rest.read()) < 4_000_000, "and is no silence of the sender's: it was told to wait"
    reply.rest.close()
    await until(lambda: service.gone == 1)


async def test_a_body_of_megabytes_is_sent_whole_before_the_stream(client, service):
    service.says(streams(ONE))
    body = b"x" * 2_000_000
    assert await all_of(await opened(client, service.target, body=body)) == ONE
    assert service.bodies == [body]


async def test_no_content_is_in_a_repr(client, service):
    service.says(streams(CONTENT.encode()))
    reply = await opened(client, service.target)
    assert CONTENT not in repr(reply)
    assert CONTENT not in repr(reply.rest)
    reply.rest.close()
