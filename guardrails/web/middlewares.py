"""What happens around every handler: an id, a name for the caller, a bound, one error shape, a log line and metrics."""

import secrets
import time
from collections.abc import Callable, Mapping

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from guardrails.domain.errors import GuardrailsError, Overloaded, Unrecordable
from guardrails.domain.request_id import is_request_id
from guardrails.telemetry.metrics import Metrics
from guardrails.web.callers import Callers, KnownCaller
from guardrails.web.problems import dialect_of, respond
from guardrails.web.services import services

REQUEST_ID = web.RequestKey("request_id", str)
CALLER = web.RequestKey("caller", KnownCaller)

REQUEST_ID_HEADER = "x-request-id"
OPEN_DOORS = frozenset({"/livez", "/readyz", "/metrics"})
"""Doors of operators and their probes: no key, and no content behind them. Of policies there are names and revisions,
and what is wrong with new ones (docs/threat-model.md)."""

CALLER_GONE = 499
"""What the log and the metrics call a request whose caller left before its answer."""

_log = structlog.get_logger("guardrails.access")


def door_of(request: web.Request) -> str:
    """The route's template (`/openai/deployments/{name}/...`), or `unknown`: never what the caller typed."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


ErrorAnswer = Callable[[web.Request, Exception], web.Response]
"""How a door answers an error."""


def observe(metrics: Metrics, answers: Mapping[str, ErrorAnswer]) -> Middleware:
    """Outermost: gives the request its id, turns every error into an answer, counts and logs it.

    Args:
        metrics: Where requests are counted.
        answers: How errors are answered by the doors that have their own way, by the door's path.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        asked = request.headers.get(REQUEST_ID_HEADER, "")
        request[REQUEST_ID] = asked if is_request_id(asked) else f"req_{secrets.token_hex(12)}"
        metrics.request_started()
        response: web.StreamResponse | None = None
        with structlog.contextvars.bound_contextvars(request_id=request[REQUEST_ID]):
            try:
                response = await _answered(request, handler, answers.get(door_of(request), _in_its_dialect))
                response.headers[REQUEST_ID_HEADER] = request[REQUEST_ID]
            finally:
                _tell(request, response, metrics, time.perf_counter() - started)
        return response

    return middleware


def _in_its_dialect(request: web.Request, error: Exception) -> web.Response:
    return respond(error, dialect_of(request.path))


async def _answered(request: web.Request, handler: Handler, answer: ErrorAnswer) -> web.StreamResponse:
    try:
        return await handler(request)
    except (GuardrailsError, web.HTTPException) as error:
        return answer(request, error)
    except Exception as error:  # noqa: BLE001 - whatever broke, the caller gets the one error shape
        _log.exception("handler_broke", door=door_of(request))
        return answer(request, error)


def _tell(request: web.Request, response: web.StreamResponse | None, metrics: Metrics, seconds: float) -> None:
    door = door_of(request)
    status = response.status if response is not None else CALLER_GONE
    headers = response.headers if response is not None else {}
    metrics.request_finished(door, status, seconds)
    if door in OPEN_DOORS:
        return
    caller = request.get(CALLER)
    _log.info(
        "request",
        door=door,
        status=status,
        duration_ms=round(seconds * 1000, 2),
        caller=caller.name if caller is not None else None,
        verdict=headers.get("x-guardrails-verdict"),
        verdict_id=headers.get("x-guardrails-id"),
    )


def authenticate(callers: Callers) -> Middleware:
    """Names the caller of every door that is not an operator's."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.match_info.http_exception is None and door_of(request) not in OPEN_DOORS:
            request[CALLER] = callers.authenticate(request.headers)
        return await handler(request)

    return middleware


def bound(limit: int) -> Middleware:
    """Takes in at most `limit` requests with a body at once; one more is told to come back."""
    inside = 0

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal inside
        if request.method != "POST":
            return await handler(request)
        if inside >= limit:
            raise Overloaded
        inside += 1
        try:
            return await handler(request)
        finally:
            inside -= 1

    return middleware


@web.middleware
async def recordable(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Takes in nothing that would be judged while its record cannot be written, where the settings say so."""
    is_judged = request.method == "POST" and request.match_info.http_exception is None
    if is_judged and not services(request).guard.can_record:
        raise Unrecordable
    return await handler(request)
