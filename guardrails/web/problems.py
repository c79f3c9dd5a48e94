"""The only place that knows status codes: an error -> the answer its caller gets.

Our own doors answer `application/problem+json` (RFC 9457). The SDK paths answer the OpenAI error shape, so that the
official SDKs raise what applications already catch. `/guarded-chat` is both: a problem with the `error` member of the
OpenAI shape (contract, section 2).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum

import orjson
from aiohttp import hdrs, web

from guardrails.chat.filter_results import refusal_body
from guardrails.domain.errors import (
    GuardrailsError,
    GuardrailUnavailable,
    InvalidRequest,
    NotAllowed,
    NotAuthenticated,
    Overloaded,
    Refused,
    TooLarge,
    UnknownDecision,
    UnknownName,
    Unrecordable,
    UnsupportedMediaType,
    UnsupportedOperation,
    UpstreamError,
    UpstreamUnreachable,
)
from guardrails.web.verdict_headers import verdict_headers

PROBLEM_JSON = "application/problem+json"
_NO_DECISION = (
    "There is no decision of this id that this policy can explain to you. Either it is not one of yours by this "
    "policy, or this process no longer has its record: it is older than what is kept, of another replica, or was not "
    "recorded. `guardrails policy explain --decision` looks in files of records."
)
_NO_RETRY = {"x-should-retry": "false"}


class Dialect(StrEnum):
    """Which error shape a door speaks."""

    PROBLEM = "problem"
    OPENAI = "openai"
    BOTH = "both"


def dialect_of(path: str) -> Dialect:
    """The error shape of a path, also of one that has no door."""
    if path.startswith("/guarded-chat"):
        return Dialect.BOTH
    if path.startswith(("/openai/", "/v1/")):
        return Dialect.OPENAI
    return Dialect.PROBLEM


@dataclass(frozen=True, slots=True)
class Problem:
    """One error answer, before it is put into a shape. `code` is stable; `detail` is a sentence for people."""

    status: int
    code: str
    detail: str
    field: str | None = None
    known: Sequence[str] | None = None
    headers: Mapping[str, str] = dataclass_field(default_factory=dict)


def respond(error: Exception, dialect: Dialect) -> web.Response:
    """The answer to any error. What is not ours to explain is a 500 that says nothing about it."""
    response = _response(error, dialect)
    if isinstance(error, GuardrailsError) and error.verdict is not None:
        response.headers.update(verdict_headers(error.verdict, error.verdict_id))
    return response


def error_event(error: Exception) -> bytes:
    """Any error as an event in the middle of a stream: too late for a status code, and the SDKs raise on it."""
    return b"data: " + orjson.dumps({"error": _openai(describe(error))}) + b"\n\n"


def _response(error: Exception, dialect: Dialect) -> web.Response:
    if isinstance(error, UpstreamError):
        return web.Response(status=error.status, body=error.body, headers=error.headers)
    if isinstance(error, Refused):
        body = orjson.dumps(refusal_body(error.verdict, error.message))
        return web.Response(status=400, body=body, content_type="application/json")
    return _rendered(describe(error), dialect)


def describe(error: Exception) -> Problem:
    """An error in words, before it is put into a shape."""
    if isinstance(error, InvalidRequest):
        return _invalid(error)
    if isinstance(error, UnknownName):
        known = ", ".join(error.known) or "none"
        detail = f"There is no {error.kind} of this name for you; you may use: {known}."
        return Problem(404, _NOT_FOUND[error.kind], detail, field=error.kind, known=error.known)
    if isinstance(error, UnknownDecision):
        return Problem(404, "unknown_decision", _NO_DECISION, field="decision")
    if isinstance(error, NotAuthenticated | NotAllowed | UnsupportedOperation):
        return _closed(error)
    if isinstance(error, web.HTTPException):
        return _http(error)
    return _fault(error)


def _invalid(error: InvalidRequest) -> Problem:
    detail = f"{error.field}: {error.detail}" if error.field else error.detail
    if isinstance(error, TooLarge):
        return Problem(413, "too_large", detail, field=error.field)
    if isinstance(error, UnsupportedMediaType):
        return Problem(415, "unsupported_media_type", detail)
    return Problem(400, "invalid_request", detail, field=error.field)


def _closed(error: NotAuthenticated | NotAllowed | UnsupportedOperation) -> Problem:
    if isinstance(error, NotAuthenticated):
        return Problem(401, "not_authenticated", str(error), headers={hdrs.WWW_AUTHENTICATE: "Bearer"})
    if isinstance(error, NotAllowed):
        return Problem(403, "not_allowed", str(error))
    return Problem(404, "unsupported_operation", str(error))


def _fault(error: Exception) -> Problem:
    if isinstance(error, GuardrailUnavailable):
        return Problem(503, "guardrail_unavailable", error.message, headers=_NO_RETRY | _retry_after(5.0))
    if isinstance(error, Overloaded):
        detail = "As many requests as the service takes in at once are being judged; try again in a moment."
        return Problem(503, "overloaded", detail, headers=_retry_after(error.retry_after))
    if isinstance(error, Unrecordable):
        detail = "Decision records cannot be written now, and nothing is judged without one; try again in a moment."
        return Problem(503, "records_unavailable", detail, headers=_retry_after(5.0))
    if isinstance(error, UpstreamUnreachable):
        status, code = (504, "upstream_timeout") if error.timed_out else (502, "upstream_unreachable")
        return Problem(status, code, error.detail)
    if isinstance(error, GuardrailsError):
        return Problem(503, "unavailable", "The service cannot answer this now.", headers=_retry_after(5.0))
    return Problem(500, "internal_error", "The service has a fault; its log has it under this request's id.")


def _http(error: web.HTTPException) -> Problem:
    details = {
        404: ("not_found", "There is no such door."),
        405: ("method_not_allowed", f"Use {error.headers.get(hdrs.ALLOW, 'another method')}."),
        413: ("too_large", "The body is larger than server.max_body."),
    }
    code, detail = details.get(error.status, ("http_error", error.reason))
    allow = {str(hdrs.ALLOW): error.headers[hdrs.ALLOW]} if hdrs.ALLOW in error.headers else {}
    return Problem(error.status, code, detail, headers=allow)


_NOT_FOUND = {"policy": "unknown_policy", "model": "unknown_model"}


def _retry_after(seconds: float) -> dict[str, str]:
    return {hdrs.RETRY_AFTER: str(max(1, math.ceil(seconds)))}


def _rendered(problem: Problem, dialect: Dialect) -> web.Response:
    body: dict[str, object] = {}
    if dialect is not Dialect.OPENAI:
        body |= {
            "type": f"urn:azure-guardrails:problem:{problem.code.replace('_', '-')}",
            "title": problem.code.replace("_", " ").capitalize(),
            "status": problem.status,
            "code": problem.code,
            "detail": problem.detail,
        }
        body |= {"field": problem.field} if problem.field else {}
        body |= {"known": list(problem.known)} if problem.known is not None else {}
    if dialect is not Dialect.PROBLEM:
        body["error"] = _openai(problem)
    content_type = "application/json" if dialect is Dialect.OPENAI else PROBLEM_JSON
    return web.Response(
        status=problem.status, body=orjson.dumps(body), content_type=content_type, headers=problem.headers
    )


def _openai(problem: Problem) -> dict[str, object]:
    kind = "invalid_request_error" if problem.status < 500 else "server_error"  # noqa: PLR2004 - HTTP's border
    return {"message": problem.detail, "type": kind, "param": problem.field, "code": problem.code}
