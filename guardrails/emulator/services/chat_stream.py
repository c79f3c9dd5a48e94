"""Writing a streamed answer: server-sent events, and the ways a stream can go wrong."""

import asyncio
import contextlib
import itertools
import json
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final

from aiohttp import web

from guardrails.emulator.faults import close_after_sending, drop, hang
from guardrails.emulator.scenarios import Effect, Malformed
from guardrails.emulator.state import STATE

DONE: Final = b"data: [DONE]\n\n"
EVENT_STREAM: Final = "text/event-stream; charset=utf-8"
_END: Final = b""
_NOT_JSON: Final = b'data: {"id": "chatcmpl-broken", "choices": [{"delta"\n\n'
_BROKEN_EVENTS: Final = {
    Malformed.NOT_JSON: _NOT_JSON,
    Malformed.WRONG_SHAPE: b'data: {"unexpected": [1, 2, 3]}\n\n',
    Malformed.EMPTY: b"",
}
_ERROR_EVENT: Final = (
    b'data: {"error":{"message":"The server had an error while processing your request. Sorry about that!",'
    b'"type":"server_error","param":null,"code":"server_error"}}\n\n'
)
_SETTLE_S: Final = 0.05
"""Time for the other side to read what was sent, before a break throws it away."""


def events_of(chunks: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield chunks as events, and `[DONE]` after them."""
    for chunk in chunks:
        text = json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))
        yield b"data: " + text.encode("utf-8", "replace") + b"\n\n"
    yield DONE


async def write_stream(
    request: web.Request, events: Iterable[bytes | float], effect: Effect, headers: dict[str, str]
) -> web.StreamResponse:
    """Send the events, each by itself, with what an effect does to a stream; a number is a pause in milliseconds.

    What the fields of an effect do is told there. `truncate` closes the connection in the middle of the second event.
    `malformed` puts one broken event after the first one (an empty stream for `empty`).
    """
    response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "Cache-Control": "no-cache", **headers})
    response.enable_chunked_encoding()
    await response.prepare(request)
    if effect.malformed is Malformed.EMPTY:
        return response
    # A client may leave a stream when it likes: nothing is wrong with that.
    with contextlib.suppress(ConnectionResetError):
        await _write(request, response, events, effect)
    return response


async def _write(
    request: web.Request, response: web.StreamResponse, events: Iterable[bytes | float], effect: Effect
) -> None:
    sent = 0
    for event in itertools.chain(events, (_END,)):
        if not isinstance(event, bytes):
            await asyncio.sleep(event / 1000)
            continue
        if await _meets_its_end(request, response, effect, event, sent):
            return
        if effect.slow_stream_ms and event not in {DONE, _END}:
            await asyncio.sleep(effect.slow_stream_ms / 1000)
        await response.write(event)
        if effect.malformed is not None and sent == 0:
            await response.write(_BROKEN_EVENTS[effect.malformed])
        sent += 1


async def _meets_its_end(
    request: web.Request, response: web.StreamResponse, effect: Effect, event: bytes, sent: int
) -> bool:
    """Carry out what happens in place of, or before, the next event; True when that was the end."""
    if effect.truncate is not None and sent == 1:
        await response.write(event[: len(event) // 2])
        close_after_sending(request)
        return True
    fault, after = effect.stream_fault or ("", -1)
    if fault == "end_stream_after" and (event is DONE or sent == after):
        return True
    if sent != after:
        return False
    if fault == "malformed_event_after":
        await response.write(_NOT_JSON)
        return False
    if fault == "error_event_after":
        await response.write(_ERROR_EVENT)
        return True
    await asyncio.sleep(_SETTLE_S)
    if fault == "hang_stream_after":
        await hang(request.app[STATE])
    elif fault == "reset_stream_after":
        _reset(request)
    else:
        close_after_sending(request)
    return True


def _reset(request: web.Request) -> None:
    """Break the connection with a TCP reset; merely closed, it would send a farewell."""
    raw = request.transport.get_extra_info("socket") if request.transport is not None else None
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    drop(request)
