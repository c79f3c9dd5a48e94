"""One request and its answer on the wire: the whole of it, or its head with the body still open."""

import asyncio
import contextlib
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from guardrails.azure.open_body import OpenBody
from guardrails.azure.reply import RawReply, is_success
from guardrails.azure.target import Target
from guardrails.azure.trouble import CallError, Trouble

LARGE_BODY_BYTES: Final = 512 * 1024
"""From here on a body is sent in pieces: aiohttp writes bytes at once, and holds up the loop for a large one."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request on the wire, without what authenticates it.

    `passed_on`: its answer is the caller's to judge. `streamed`: the body of a 2xx is handed on while it comes.
    """

    target: Target
    method: str
    url: URL
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    passed_on: bool = False
    streamed: bool = False


def url_of(target: Target, path: str, params: Mapping[str, str]) -> URL:
    """The address of an operation of the target."""
    return _encoded_url(target.endpoint, path, tuple(params.items()))


@lru_cache(maxsize=256)  # a service asks few addresses, again and again
def _encoded_url(endpoint: str, path: str, params: tuple[tuple[str, str], ...]) -> URL:
    # Encoded here, so that nothing turns the colon of `text:analyze` or a quoted deployment name into something else.
    query = f"?{urlencode(params)}" if params else ""
    return URL(f"{endpoint}{path}{query}", encoded=True)


async def exchange(
    session: aiohttp.ClientSession, call: Call, auth: Mapping[str, str], timeout_s: float, max_answer_bytes: int
) -> RawReply:
    """Send a request and read its answer within `timeout_s`: all of it, or of a streamed 2xx the first bytes.

    Raises:
        CallError: the answer is longer than `max_answer_bytes`.
        aiohttp.ClientError, TimeoutError, OSError: there was no answer, or it was cut short.
    """
    if call.streamed:
        async with asyncio.timeout(timeout_s):
            return await _opened(session, call, auth, max_answer_bytes)
    async with _request(session, call, auth, total=timeout_s) as response:
        return RawReply(response.status, _headers(response), await _whole(response, call, max_answer_bytes))


async def _opened(
    session: aiohttp.ClientSession, call: Call, auth: Mapping[str, str], max_answer_bytes: int
) -> RawReply:
    response = await _request(session, call, auth, sock_read=call.target.timeout_s)
    with contextlib.ExitStack() as closing:
        closing.callback(response.close)
        if not is_success(response.status):
            return RawReply(response.status, _headers(response), await _whole(response, call, max_answer_bytes))
        first = await response.content.readany()
        rest = OpenBody(response, call.target, first) if first else None
        if rest is not None:
            closing.pop_all()
        return RawReply(response.status, _headers(response), first, rest=rest)


def _request(
    session: aiohttp.ClientSession,
    call: Call,
    auth: Mapping[str, str],
    *,
    total: float | None = None,
    sock_read: float | None = None,
) -> "aiohttp.client._RequestContextManager":
    return session.request(
        call.method,
        call.url,
        data=call.body if len(call.body) < LARGE_BODY_BYTES else io.BytesIO(call.body),
        headers={**call.headers, **auth},
        allow_redirects=False,
        timeout=aiohttp.ClientTimeout(
            total=total,
            sock_connect=session.timeout.sock_connect,
            sock_read=sock_read,
            # aiohttp otherwise rounds timeouts above 5 s up to a whole second, past the deadline.
            ceil_threshold=math.inf,
        ),
    )


async def _whole(response: aiohttp.ClientResponse, call: Call, max_answer_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := await response.content.readany():
        size += len(chunk)
        if size > max_answer_bytes:
            response.close()
            raise CallError(Trouble.TOO_LARGE, call.target, status=response.status, calls=1)
        chunks.append(chunk)
    return b"".join(chunks)


def _headers(response: aiohttp.ClientResponse) -> Mapping[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}
