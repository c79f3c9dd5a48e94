"""Writing a streamed answer: server-sent events, and the ways a stream can go wrong."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any, Final

from aiohttp import web

from guardrails.emulator.faults import close_after_sending
from guardrails.emulator.scenarios import Effect, Malformed

DONE: Final = b"data: [DONE]\n\n"
EVENT_STREAM: Final = "text/event-stream; charset=utf-8"
_BROKEN_EVENTS: Final = {
    Malformed.NOT_JSON: b'data: {"id": "chatcmpl-broken", "choices": [{"delta"\n\n',
    Malformed.WRONG_SHAPE: b'data: {"unexpected": [1, 2, 3]}\n\n',
    Malformed.EMPTY: b"",
}


async def write_stream(
    request: web.Request, chunks: Iterable[dict[str, Any]], effect: Effect, headers: dict[str, str]
) -> web.StreamResponse:
    """Send the chunks as events and `[DONE]`, with what an effect does to a stream.

    `slow_stream_ms` waits before each event. `cut_stream_after` closes the connection after that many events, without
    `[DONE]`; `truncate` closes it in the middle of the second. `malformed` puts one broken event after the first one
    (an empty stream for `empty`).
    """
    response = web.StreamResponse(headers={"Content-Type": EVENT_STREAM, "Cache-Control": "no-cache", **headers})
    response.enable_chunked_encoding()
    await response.prepare(request)
    if effect.malformed is Malformed.EMPTY:
        return response
    for number, chunk in enumerate(chunks):
        if effect.cut_stream_after is not None and number >= effect.cut_stream_after:
            close_after_sending(request)
            return response
        if effect.slow_stream_ms:
            await asyncio.sleep(effect.slow_stream_ms / 1000)
        event = _event(chunk)
        if effect.truncate is not None and number == 1:
            await response.write(event[: len(event) // 2])
            close_after_sending(request)
            return response
        await response.write(event)
        if effect.malformed is not None and number == 0:
            await response.write(_BROKEN_EVENTS[effect.malformed])
    await response.write(DONE)
    return response


def _event(chunk: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n\n"
