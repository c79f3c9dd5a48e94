"""Carrying out a scripted effect on the wire: refusals, dropped connections, cut and malformed bodies."""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from guardrails.emulator.azure_errors import ERROR_CODE_HEADER, azure_error, json_answer
from guardrails.emulator.credentials import DEPLOYMENT_NOT_FOUND, refusal_answer
from guardrails.emulator.operations import Operation
from guardrails.emulator.scenarios import Effect, Malformed, Refusal, Service, Truncation
from guardrails.emulator.state import EmulatorState
from guardrails.emulator.throttling import throttled

_SERVER_ERROR: Final = "The server had an error while processing your request. Sorry about that!"
_OVERLOADED: Final = "The service is temporarily unable to process your request. Please try again later."
_F0_QUOTA: Final = "Out of call volume quota for TextAnalytics F0 pricing tier. Please retry later or upgrade."

_CONTENT_SAFETY: Final[Mapping[int, tuple[str, str]]] = {
    400: ("InvalidRequestBody", "The request body is invalid."),
    403: ("Forbidden", "Access to the resource is forbidden."),
    404: ("ResourceNotFound", "The requested resource was not found."),
    500: ("InternalError", "The service encountered an internal error."),
    503: ("ServerBusy", "Service is busy, please try again later."),
}

_DOCUMENTED: Final[Mapping[Service, Mapping[int, tuple[str, str]]]] = {
    Service.CONTENT_SAFETY: _CONTENT_SAFETY,
    Service.PROMPT_SHIELD: _CONTENT_SAFETY,
    Service.LANGUAGE: {
        400: ("InvalidRequest", "Invalid Request."),
        403: ("403", _F0_QUOTA),
        404: ("NotFound", "The requested resource was not found."),
        408: ("Timeout", "The operation was timed out."),
        500: ("InternalServerError", "Internal Server Error."),
        503: ("ServiceUnavailable", "Service Unavailable."),
    },
    Service.CHAT: {
        403: ("403", "Access denied due to Virtual Network/Firewall rules."),
        404: ("DeploymentNotFound", DEPLOYMENT_NOT_FOUND),
        408: ("Timeout", "The operation was timeout."),
        500: ("InternalServerError", _SERVER_ERROR),
        503: ("ServiceUnavailable", _OVERLOADED),
    },
    Service.ENTRA: {},
}


def scripted_answer(
    state: EmulatorState, operation: Operation, effect: Effect, *, api_version: str | None
) -> web.Response | None:
    """Return the answer an effect prescribes, None when it prescribes none."""
    if effect.refusal is not None:
        return refusal_answer(effect.refusal, state, operation)
    if effect.status is None:
        return None
    if effect.status == 429:  # noqa: PLR2004 (a status code is its own name)
        response = throttled(state, operation, effect.retry_after, api_version=api_version)
        return _reworded(response, effect) if effect.code or effect.message else response
    if effect.status == 401 and effect.code is None:  # noqa: PLR2004 - HTTP's unauthorized
        return refusal_answer(Refusal.UNAUTHORIZED, state, operation)
    documented = _DOCUMENTED[operation.service].get(effect.status)
    default_code, default_message = documented or (str(effect.status), _phrase(effect.status))
    response = azure_error(effect.status, effect.code or default_code, effect.message or default_message)
    if effect.retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(effect.retry_after))
    return response


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return _OVERLOADED


def _reworded(response: web.Response, effect: Effect) -> web.Response:
    reworded = azure_error(response.status, effect.code or "429", effect.message or "The request was throttled.")
    for name in ("Retry-After", "retry-after-ms"):
        if name in response.headers:
            reworded.headers[name] = response.headers[name]
    return reworded


def malformed_answer(kind: Malformed) -> web.Response:
    """Build a 200 that is not what the documentation promises."""
    if kind is Malformed.WRONG_SHAPE:
        return json_answer({"unexpected": [1, 2, 3]})
    body = b"" if kind is Malformed.EMPTY else b"<html><body>502 upstream gateway</body></html>"
    return web.Response(body=body, headers={"Content-Type": "application/json; charset=utf-8"})


async def hang(state: EmulatorState) -> web.Response:
    """Wait until the emulator closes (or the caller leaves, which cancels the handler)."""
    await state.closing.wait()
    return web.Response(status=503)


def drop(request: web.Request) -> None:
    """Abort the connection at once: what was not sent is lost."""
    if request.transport is not None:
        request.transport.abort()


def close_after_sending(request: web.Request) -> None:
    """Close the connection after what was written has gone out."""
    if request.transport is not None:
        request.transport.close()


async def cut(request: web.Request, response: web.Response, how: Truncation) -> web.StreamResponse:
    """Send the first half of a body and close, with a Content-Length that promised more or an unfinished chunk run."""
    body = response.body if isinstance(response.body, bytes) else b""
    short = web.StreamResponse(status=response.status, headers=_body_headers(response))
    if how is Truncation.CHUNKED:
        short.enable_chunked_encoding()
    else:
        short.content_length = len(body)
    await short.prepare(request)
    await short.write(body[: len(body) // 2])
    close_after_sending(request)
    return short


def _body_headers(response: web.Response) -> dict[str, str]:
    kept = ("Content-Type", ERROR_CODE_HEADER, "Retry-After")
    return {name: response.headers[name] for name in kept if name in response.headers}
