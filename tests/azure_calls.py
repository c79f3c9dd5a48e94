"""Calls of the tests to a service, and the ways a service can break off."""

import asyncio
import gzip
from collections.abc import Callable

import pytest
from aiohttp import web
from passing_time import PassTime

from guardrails.azure.client import AzureClient
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError

CONTENT = "my name is Ada Lovelace"
BOMB = gzip.compress(b'"' + b"x" * 50_000_000 + b'"')
UNAUTHORIZED = (
    401,
    {
        "statusCode": 401,
        "message": "Unauthorized. Access token is missing, invalid, audience is incorrect "
        "(https://cognitiveservices.azure.com), or have expired.",
    },
)
NO_ROLE = (401, {"error": {"code": "PermissionDenied", "message": "The principal `x` lacks the required data action."}})
OK = (200, {"fine": True})


async def until(fact: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for a fact that nothing signals."""
    async with asyncio.timeout(seconds):
        while not fact():  # noqa: ASYNC110 - what the service has seen, which signals nothing
            await asyncio.sleep(0.01)


async def post(client: AzureClient, target, seconds: float = 30.0, body: object = None):
    return await client.post_json(
        target,
        "/contentsafety/text:analyze",
        params={"api-version": "2024-09-01"},
        body={"text": CONTENT} if body is None else body,
        deadline=Deadline.after(seconds),
    )


async def failure_of(client: AzureClient, target, seconds: float = 30.0) -> ServiceError:
    with pytest.raises(ServiceError) as failed:
        await post(client, target, seconds)
    assert CONTENT not in str(failed.value)
    assert CONTENT not in repr(failed.value)
    assert failed.value.__context__ is None
    return failed.value


async def send(client: AzureClient, target, seconds: float = 30.0):
    return await client.send(
        target,
        "POST",
        "/openai/v1/chat/completions",
        params={},
        body=b"{}",
        headers={"Content-Type": "application/json"},
        deadline=Deadline.after(seconds),
    )


async def hang(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


def hang_of(seconds: float, pass_time: PassTime):
    """Hang for so long, in no time."""

    async def handler(request: web.Request) -> web.Response:
        pass_time(seconds)
        return await hang(request)

    return handler


async def reset(request: web.Request) -> web.Response:
    request.transport.abort()
    return web.Response()


async def cut_by_length(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"half":')
    request.transport.close()
    return response


async def cut_chunks(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(b'{"half":')
    request.transport.close()
    return response


async def not_http(request: web.Request) -> web.Response:
    request.transport.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
    request.transport.close()
    return web.Response()


def plain(body: bytes, **headers: str):
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Type": "application/json", **headers})

    return handler
