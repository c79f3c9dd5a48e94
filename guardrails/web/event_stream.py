"""A guarded stream -> server-sent events on the wire."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Final

import structlog
from aiohttp import hdrs, web

from guardrails.domain.errors import GuardrailsError
from guardrails.pipeline.guarded_stream import GuardedStream
from guardrails.web.problems import error_event

KEEP_ALIVE: Final = b": keep-alive\n\n"
"""A comment of an event stream: clients and proxies see that the connection lives, applications see nothing."""

MOST_UNSENT_BYTES: Final = 32 * 1024
"""How much of a stream waits in the kernel for a caller that is slow to take it."""

_HEADERS: Final[Mapping[str, str]] = {
    hdrs.CONTENT_TYPE: "text/event-stream; charset=utf-8",
    hdrs.CACHE_CONTROL: "no-cache",
    # Asks proxies in front of us not to collect the pieces.
    "X-Accel-Buffering": "no",
}

_log = structlog.get_logger(__name__)


async def send_events(
    request: web.Request, stream: GuardedStream, headers: Mapping[str, str], *, keep_alive_s: float, stalled_s: float
) -> web.StreamResponse:
    """Answer with everything the stream gives. It must have begun; its end is not this function's business.

    An error in the middle is told as an event with an `error` member, on which the OpenAI SDKs raise. A caller that
    takes nothing for `stalled_s` seconds counts as gone.
    """
    response = web.StreamResponse(headers={**headers, **_HEADERS})
    try:
        _keep_little_unsent(request)
        await response.prepare(request)
        async with aclosing(_told(stream, keep_alive_s)) as pieces:
            async for piece in pieces:
                async with asyncio.timeout(stalled_s):
                    await response.write(piece)
        await response.write_eof()
    except TimeoutError:
        _log.warning("caller_stalled", seconds=stalled_s)
        if request.transport is not None:
            request.transport.abort()
    except ConnectionResetError:
        # Nobody is there to be told. The stream's own record says that the caller left.
        _log.debug("caller_left")
    return response


def _keep_little_unsent(request: web.Request) -> None:
    """Let the kernel say early that a caller is slow: it would take in megabytes, for the model to fill."""
    connection = request.transport.get_extra_info("socket") if request.transport is not None else None
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if connection is not None and option is not None:
        connection.setsockopt(socket.IPPROTO_TCP, option, MOST_UNSENT_BYTES)


async def _told(stream: GuardedStream, keep_alive_s: float) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(stream.pieces(keep_alive_s)) as pieces:
            async for piece in pieces:
                yield piece or KEEP_ALIVE
    except GuardrailsError as error:
        yield error_event(error)
    except Exception as error:  # noqa: BLE001 - whatever broke, the caller is told that the answer is not whole
        _log.exception("stream_broke")
        yield error_event(error)
