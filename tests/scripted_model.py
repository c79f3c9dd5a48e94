"""A model on loopback that answers exactly what a test tells it to, byte for byte, and keeps what it was sent."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(slots=True)
class ScriptedModel:
    """`answer` is sent for a plain request, `pieces` one write each for a streamed one, each with `headers`."""

    url: str = ""
    answer: Any = None
    pieces: Sequence[bytes] = ()
    headers: dict[str, str] = field(default_factory=dict)
    received: list[bytes] = field(default_factory=list)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(raw) for raw in self.received]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.received.append(raw)
        if not json.loads(raw).get("stream"):
            return web.json_response(self.answer, headers=self.headers)
        headers = {"Content-Type": "text/event-stream; charset=utf-8", **self.headers}
        response = web.StreamResponse(headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(request)
        for piece in self.pieces:
            await response.write(piece)
        await response.write_eof()
        return response


@asynccontextmanager
async def scripted_model() -> AsyncIterator[ScriptedModel]:
    model = ScriptedModel()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/{path:.*}", model.handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        model.url = f"http://127.0.0.1:{site.port}"
        yield model
    finally:
        await runner.cleanup()


def event(chunk: Any) -> bytes:
    """One server-sent event, as Azure writes it."""
    return b"data: " + json.dumps(chunk, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
