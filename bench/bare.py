"""The least a guard could do: the same calls to Azure with aiohttp, no decision, no record, no limits.

What the service costs is stated as a ratio to this, measured in the same run.
"""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

AZURE = web.AppKey("azure", str)
SESSIONS: web.AppKey[list[aiohttp.ClientSession]] = web.AppKey("sessions", list)
_HEADERS = {"Ocp-Apim-Subscription-Key": "bench-key"}


async def _post(request: web.Request, path: str, body: object) -> object:
    (session,) = request.app[SESSIONS]
    async with session.post(request.app[AZURE] + path, json=body, headers=_HEADERS) as response:
        return await response.json()


def _checks(request: web.Request, text: str) -> list[asyncio.Task[object]]:
    documents = {"documents": [{"id": "0", "text": text, "language": "en"}]}
    pii = {"kind": "PiiEntityRecognition", "parameters": {}, "analysisInput": documents}
    return [
        asyncio.create_task(_post(request, "/language/:analyze-text?api-version=2025-11-01", pii)),
        asyncio.create_task(_post(request, "/contentsafety/text:analyze?api-version=2024-09-01", {"text": text})),
    ]


def _shield(request: web.Request, text: str) -> asyncio.Task[object]:
    path = "/contentsafety/text:shieldPrompt?api-version=2024-09-01"
    return asyncio.create_task(_post(request, path, {"userPrompt": text, "documents": []}))


async def check(request: web.Request) -> web.Response:
    """Three calls at once."""
    text = (await request.json())["messages"][0]["content"]
    return web.json_response(await asyncio.gather(*_checks(request, text), _shield(request, text)))


async def chat(request: web.Request) -> web.Response:
    """Three calls, the model, two calls on its answer."""
    body = await request.json()
    text = body["messages"][0]["content"]
    await asyncio.gather(*_checks(request, text), _shield(request, text))
    answer = await _post(request, "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", body)
    await asyncio.gather(*_checks(request, "All is well."))
    return web.json_response(answer)


def create(azure: str) -> web.Application:
    """Both doors in front of an Azure at this address."""

    async def session(app: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=512)) as opened:
            app[SESSIONS].append(opened)
            yield

    app = web.Application()
    app[AZURE] = azure
    app[SESSIONS] = []
    app.cleanup_ctx.append(session)
    app.add_routes([web.post("/check", check), web.post("/guarded-chat", chat)])
    return app
