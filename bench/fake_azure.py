"""An Azure that answers at once with the cleanest answer: what is measured in front of it is the guard alone."""

from aiohttp import web

_SEVERITIES = [{"category": name, "severity": 0} for name in ("Hate", "SelfHarm", "Sexual", "Violence")]
_COMPLETION = {
    "id": "chatcmpl-bench",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "All is well."}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13},
}


async def pii(request: web.Request) -> web.Response:
    """No entity in any document."""
    sent = await request.json()
    documents = [
        {"id": document["id"], "redactedText": "", "entities": [], "warnings": []}
        for document in sent["analysisInput"]["documents"]
    ]
    results = {"documents": documents, "errors": [], "modelVersion": "bench"}
    return web.json_response({"kind": "PiiEntityRecognitionResults", "results": results})


async def analyze(request: web.Request) -> web.Response:
    """Severity 0 everywhere."""
    await request.read()
    return web.json_response({"blocklistsMatch": [], "categoriesAnalysis": _SEVERITIES})


async def shield(request: web.Request) -> web.Response:
    """No attack anywhere."""
    sent = await request.json()
    answer: dict[str, object] = {"documentsAnalysis": [{"attackDetected": False} for _ in sent.get("documents", [])]}
    if "userPrompt" in sent:
        answer["userPromptAnalysis"] = {"attackDetected": False}
    return web.json_response(answer)


async def chat(request: web.Request) -> web.Response:
    """One short completion."""
    await request.read()
    return web.json_response(_COMPLETION)


def create() -> web.Application:
    """The four operations the service calls."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.add_routes(
        [
            web.post("/language/:analyze-text", pii),
            web.post("/contentsafety/text:analyze", analyze),
            web.post("/contentsafety/text:shieldPrompt", shield),
            web.post("/openai/deployments/{name}/chat/completions", chat),
        ]
    )
    return app
