"""Chat completions as Azure OpenAI and Foundry serve them, and the list of models.

Three paths lead here: `/openai/deployments/{name}/chat/completions` (dated api-versions), `/openai/v1/chat/completions`
(no api-version) and `/models/chat/completions` (Foundry Models); in the last two the body's `model` names the
deployment. What the model says is told in `chat_answers`.
"""

import time
from typing import Any, Final
from uuid import uuid4

from aiohttp import web

from guardrails.emulator.azure_errors import azure_error, json_answer, openai_error
from guardrails.emulator.config import Deployment
from guardrails.emulator.credentials import DEPLOYMENT_NOT_FOUND
from guardrails.emulator.limits import CALL_WINDOW_SECONDS, calls_of, tokens_of
from guardrails.emulator.services.chat_answers import complete, prompt_tokens
from guardrails.emulator.services.chat_fields import BadRequestError
from guardrails.emulator.services.chat_filter import refused_prompt
from guardrails.emulator.services.chat_render import Rendering, body_of, chunks_of
from guardrails.emulator.services.chat_request import ChatRequest, read_chat_request
from guardrails.emulator.services.chat_stream import events_of, write_stream
from guardrails.emulator.state import API_VERSION, EFFECT, OPERATION, STATE, EmulatorState
from guardrails.emulator.throttling import throttled

_CREATED: Final = 1_732_000_000


def add_routes(app: web.Application) -> None:
    """Add the three completion paths and the lists of models."""
    app.router.add_post("/openai/deployments/{deployment}/chat/completions", _complete)
    app.router.add_post("/openai/v1/chat/completions", _complete)
    app.router.add_post("/models/chat/completions", _complete)
    for base in ("/openai/v1/models", "/openai/models"):
        app.router.add_get(base, _list_models)
        app.router.add_get(base + "/{model}", _one_model)


async def _complete(request: web.Request) -> web.StreamResponse:
    state = request.app[STATE]
    in_path = request.match_info.get("deployment")
    if in_path is not None and _find(state, in_path) is None:
        return azure_error(404, "DeploymentNotFound", DEPLOYMENT_NOT_FOUND)
    try:
        asked = read_chat_request(await request.read())
    except BadRequestError as bad:
        return openai_error(400, bad.message, code=bad.code, param=bad.param)
    name = in_path or asked.model
    if name is None:
        return openai_error(400, "you must provide a model parameter", param="model")
    deployment = _find(state, name)
    if deployment is None:
        return azure_error(404, "DeploymentNotFound", DEPLOYMENT_NOT_FOUND)
    refused = _too_long(asked, deployment) or _over_limit(request, state, asked, deployment)
    return refused or refused_prompt(asked.texts) or await _answer(request, state, asked, deployment)


async def _answer(
    request: web.Request, state: EmulatorState, asked: ChatRequest, deployment: Deployment
) -> web.StreamResponse:
    effect = request[EFFECT]
    headers = _headers(state, deployment)
    if effect.raw:
        return await _raw_answer(request, asked, headers)
    completion = complete(asked, filter_failed=effect.filter_error, says=effect.says)
    how = Rendering(
        identifier=f"chatcmpl-{uuid4().hex[:29]}",
        created=int(time.time()),
        model=deployment.model,
        request=asked,
        async_filter=deployment.async_filter,
    )
    if asked.stream:
        return await write_stream(request, events_of(chunks_of(completion, how)), effect, headers)
    return json_answer(body_of(completion, how), headers=headers)


async def _raw_answer(request: web.Request, asked: ChatRequest, headers: dict[str, str]) -> web.StreamResponse:
    effect = request[EFFECT]
    if asked.stream:
        return await write_stream(request, effect.raw, effect, headers)
    body = b"".join(piece for piece in effect.raw if isinstance(piece, bytes))
    return web.Response(body=body, headers={**headers, "Content-Type": "application/json; charset=utf-8"})


def _too_long(asked: ChatRequest, deployment: Deployment) -> web.Response | None:
    tokens = prompt_tokens(asked)
    if tokens <= deployment.context_tokens:
        return None
    message = (
        f"This model's maximum context length is {deployment.context_tokens} tokens. However, your messages resulted "
        f"in {tokens} tokens. Please reduce the length of the messages."
    )
    return openai_error(400, message, code="context_length_exceeded", param="messages")


def _over_limit(
    request: web.Request, state: EmulatorState, asked: ChatRequest, deployment: Deployment
) -> web.Response | None:
    api_version = request[API_VERSION] or None
    for what, wait in (
        ("call", state.limiter.take(calls_of(deployment.name))),
        ("token", state.limiter.take(tokens_of(deployment.name), prompt_tokens(asked) + (asked.max_tokens or 0))),
    ):
        if wait:
            return throttled(state, request[OPERATION], wait, api_version=api_version, what=what)
    return None


def _headers(state: EmulatorState, deployment: Deployment) -> dict[str, str]:
    headers = {
        "x-request-id": str(uuid4()),
        "azureml-model-session": "emulator",
        "x-ms-rai-invoked": "true",
        "x-ms-deployment-name": deployment.name,
        "x-accel-buffering": "no",
    }
    if not state.config.limit_chat:
        return headers
    return {
        **headers,
        "x-ratelimit-limit-requests": str(deployment.call_limit),
        "x-ratelimit-limit-tokens": str(deployment.token_limit),
        "x-ratelimit-remaining-requests": str(state.limiter.remaining(calls_of(deployment.name))),
        "x-ratelimit-remaining-tokens": str(state.limiter.remaining(tokens_of(deployment.name))),
        "x-ratelimit-reset-requests": str(round(CALL_WINDOW_SECONDS)),
        "x-ratelimit-reset-tokens": "60",
    }


async def _list_models(request: web.Request) -> web.Response:
    models = [_model(deployment) for deployment in request.app[STATE].config.deployments]
    return json_answer({"object": "list", "data": models})


async def _one_model(request: web.Request) -> web.Response:
    deployment = _find(request.app[STATE], request.match_info["model"])
    if deployment is None:
        return azure_error(404, "ResourceNotFound", "The requested model does not exist.")
    return json_answer(_model(deployment))


def _model(deployment: Deployment) -> dict[str, Any]:
    return {
        "id": deployment.name,
        "object": "model",
        "created": _CREATED,
        "owned_by": "system",
        "status": "succeeded",
        "lifecycle_status": "generally-available",
        "capabilities": {"chat_completion": True, "completion": False, "embeddings": False, "fine_tune": False},
    }


def _find(state: EmulatorState, name: str) -> Deployment | None:
    return next((one for one in state.config.deployments if one.name == name), None)
