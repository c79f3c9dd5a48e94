"""Servers' handlers that stream, and the ways a stream can end."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web
from passing_time import PassTime

EVENTS = {"Content-Type": "text/event-stream; charset=utf-8"}
ONE = b'data: {"n": 1}\n\n'
TWO = b'data: {"n": 2}\n\n'
DONE = b"data: [DONE]\n\n"

End = Callable[[web.Request, web.StreamResponse], Awaitable[None]]


async def properly(_: web.Request, response: web.StreamResponse) -> None:
    await response.write_eof()


async def by_reset(request: web.Request, _: web.StreamResponse) -> None:
    """Break off with a TCP reset."""
    raw = request.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


async def by_cut(request: web.Request, _: web.StreamResponse) -> None:
    """Close in the middle of the chunked encoding."""
    request.transport.close()


async def by_nonsense(request: web.Request, _: web.StreamResponse) -> None:
    """Send what is no chunk."""
    request.transport.write(b"this is no chunk\r\n")
    request.transport.close()


def by_nonsense_and(seconds: float, pass_time: PassTime) -> End:
    """Send what is no chunk, and let so long pass after it."""

    async def nonsense(request: web.Request, response: web.StreamResponse) -> None:
        # Not after a sleep: closing the connection cancels who handles it.
        asyncio.get_running_loop().call_later(0.05, pass_time, seconds)
        await by_nonsense(request, response)

    return nonsense


async def by_silence(_request: web.Request, _: web.StreamResponse) -> None:
    await asyncio.Event().wait()


def by_silence_of(seconds: float, pass_time: PassTime) -> End:
    """Be silent for so long, in no time, after what was sent has arrived."""

    async def silence(request: web.Request, response: web.StreamResponse) -> None:
        await asyncio.sleep(0.02)
        pass_time(seconds)
        await by_silence(request, response)

    return silence


def streams(*pieces: bytes, end: End = properly, pause: float = 0.02, headers: dict[str, str] | None = None):
    """A handler that sends the pieces, each after a pause."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=EVENTS if headers is None else headers)
        response.enable_chunked_encoding()
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
            await asyncio.sleep(pause)
        await end(request, response)
        return response

    return handler
