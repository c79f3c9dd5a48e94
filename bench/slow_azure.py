"""An Azure with the times of a real one: checks take 20 ms, a model 60 ms to its first token, then it types."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bench import fake_azure

CHECK_S: Final = 0.020
FIRST_TOKEN_S: Final = 0.060
WORDS: Final = ("The ", "quarterly ", "report ", "shows ", "that ", "all ", "is ", "well. ")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _late(handler: Handler, seconds: float) -> Handler:
    async def wrapped(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await handler(request)

    return wrapped


async def chat(request: web.Request) -> web.StreamResponse:
    """A stream of `max_tokens` tokens, one each `seed` milliseconds; whole where it is not asked to stream."""
    body = await request.json()
    await asyncio.sleep(FIRST_TOKEN_S)
    if not body.get("stream"):
        return await fake_azure.chat(request)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    for number in range(body.get("max_tokens", 100)):
        await response.write(_event({"content": WORDS[number % len(WORDS)]}))
        await asyncio.sleep(body.get("seed", 10) / 1000)
    await response.write(_event({}, "stop") + b"data: [DONE]\n\n")
    return response


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
    return b"data: " + json.dumps({**chunk, "choices": [choice]}).encode() + b"\n\n"


def create() -> web.Application:
    """The four operations the service calls."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.add_routes(
        [
            web.post("/language/:analyze-text", _late(fake_azure.pii, CHECK_S)),
            web.post("/contentsafety/text:analyze", _late(fake_azure.analyze, CHECK_S)),
            web.post("/contentsafety/text:shieldPrompt", _late(fake_azure.shield, CHECK_S)),
            web.post("/openai/deployments/{name}/chat/completions", chat),
        ]
    )
    return app
