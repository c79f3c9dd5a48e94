"""What stands in front of every emulated service: one middleware that judges a call as Azure's front does.

In this order: scripted effects; credentials; api-version; role; rate limit; then the service; then, if scripted, a
malformed or cut body. The response headers Azure adds are set when an answer is about to be sent, so streams get
them too. The token endpoint passes through for its scripted effects only.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from uuid import uuid4

import orjson
from aiohttp import web

from guardrails.emulator.api_versions import check_api_version
from guardrails.emulator.azure_errors import azure_error
from guardrails.emulator.credentials import authenticate, authorize, without_secrets
from guardrails.emulator.faults import cut, drop, hang, malformed_answer, scripted_answer
from guardrails.emulator.journal import Call
from guardrails.emulator.operations import Operation, operation_of
from guardrails.emulator.scenarios import Effect, Service
from guardrails.emulator.state import API_VERSION, EFFECT, IDENTITY, OPERATION, STATE, EmulatorState
from guardrails.emulator.throttling import take_call

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_FOUNDRY_ACTION: Final = "Microsoft.CognitiveServices/accounts/MaaS/chat/completions/action"
STARTED: Final = web.RequestKey("STARTED", float)
RAW_BODY: Final = web.RequestKey("RAW_BODY", bytes)
# The token endpoint's form without its secrets: the only body of it that may be kept.
JOURNAL_BODY: Final = web.RequestKey("JOURNAL_BODY", bytes)


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Judge a call to a service, record it in the journal, and let other paths pass."""
    operation = operation_of(request.path, request.method)
    if operation is None:
        return await handler(request)
    request[STARTED] = time.perf_counter()
    state = request.app[STATE]
    response: web.StreamResponse | None = None
    request[OPERATION] = operation
    try:
        body = request[RAW_BODY] = await request.read()
        operation = request[OPERATION] = _with_deployment(operation, state, body)
        response = await _judge(request, handler, state, operation)
    except web.HTTPException as error:
        response = _as_azure(error, operation)
    finally:
        _record(request, state, operation, response)
    return response


async def _judge(
    request: web.Request, handler: Handler, state: EmulatorState, operation: Operation
) -> web.StreamResponse:
    effect = request[EFFECT] = state.scenarios.meet(operation.service, operation.name, operation.deployment)
    if effect.latency_ms:
        await asyncio.sleep(effect.latency_ms / 1000)
    if effect.hang:
        return await hang(state)
    if effect.reset:
        drop(request)
        return web.Response(status=500)
    if operation.service is Service.ENTRA:
        return await _run(request, handler, effect)
    api_version = request.query.get("api-version")
    if scripted := scripted_answer(state, operation, effect, api_version=api_version):
        return scripted
    refused = _admit(request, state, operation, api_version)
    return refused or await _run(request, handler, effect)


def _admit(
    request: web.Request, state: EmulatorState, operation: Operation, api_version: str | None
) -> web.Response | None:
    principal = authenticate(request, state, operation)
    if isinstance(principal, web.Response):
        return principal
    request[IDENTITY] = principal.identity
    if refused := check_api_version(state, operation, api_version):
        return refused
    request[API_VERSION] = api_version or ""
    return authorize(principal, state, operation) or take_call(state, operation, api_version=api_version)


async def _run(request: web.Request, handler: Handler, effect: Effect) -> web.StreamResponse:
    streamed = wants_stream(request[RAW_BODY]) and request[OPERATION].service is Service.CHAT
    if effect.malformed is not None and not streamed:
        return malformed_answer(effect.malformed)
    response = await handler(request)
    if effect.truncate is not None and isinstance(response, web.Response):
        return await cut(request, response, effect.truncate)
    return response


def wants_stream(body: bytes) -> bool:
    """Tell whether a chat body asks for events; a body that is not a JSON object does not."""
    if b'"stream"' not in body:
        return False
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(payload, dict) and payload.get("stream") is True


def _with_deployment(operation: Operation, state: EmulatorState, body: bytes) -> Operation:
    """Name the deployment a body names, and ask for the data action of models that are not OpenAI's."""
    if operation.service is not Service.CHAT:
        return operation
    name = operation.deployment or _model_of(body)
    if name is None:
        return operation
    kinds = {deployment.name: deployment.kind for deployment in state.config.deployments}
    action = _FOUNDRY_ACTION if kinds.get(name) == "foundry" else operation.data_action
    return replace(operation, deployment=name, data_action=action)


def _model_of(body: bytes) -> str | None:
    try:
        payload = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return None
    model = payload.get("model") if isinstance(payload, dict) else None
    return model if isinstance(model, str) else None


def _as_azure(error: web.HTTPException, operation: Operation) -> web.Response:
    """Turn the framework's own refusals (no such path, wrong method, too large) into Azure's."""
    messages = {404: "Resource not found", 405: "Method not allowed", 413: "The request body is too large."}
    code = str(error.status)
    if operation.service in {Service.CONTENT_SAFETY, Service.PROMPT_SHIELD} and error.status == 404:  # noqa: PLR2004 - HTTP's not found
        code = "ResourceNotFound"
    return azure_error(error.status, code, messages.get(error.status, error.reason))


def _record(
    request: web.Request, state: EmulatorState, operation: Operation, response: web.StreamResponse | None
) -> None:
    dropped = request.transport is None or request.transport.is_closing()
    status = None if response is None or (dropped and not response.prepared) else response.status
    raw = request.get(JOURNAL_BODY if operation.service is Service.ENTRA else RAW_BODY, b"")
    started = request[STARTED]
    elapsed = time.perf_counter() - started
    state.journal.record(
        Call(
            service=operation.service,
            operation=operation.name,
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers=without_secrets(request),
            status=status,
            at=time.time() - elapsed,
            duration_ms=elapsed * 1000,
            deployment=operation.deployment,
            identity=request.get(IDENTITY),
            raw=raw,
        )
    )


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers Azure's front adds; a signal for `on_response_prepare`."""
    operation = request.get(OPERATION)
    if operation is None or operation.service is Service.ENTRA:
        return
    state = request.app[STATE]
    headers = response.headers
    headers["apim-request-id"] = str(uuid4())
    elapsed = time.perf_counter() - request[STARTED]
    headers["x-envoy-upstream-service-time"] = str(round(elapsed * 1000))
    headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains; preload"
    headers["x-content-type-options"] = "nosniff"
    headers["x-ms-region"] = state.config.region
    client_id = request.headers.get("x-ms-client-request-id", "")
    if client_id and client_id.isascii() and client_id.isprintable():
        headers["x-ms-client-request-id"] = client_id
