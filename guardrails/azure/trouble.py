"""What can go wrong in one call to Azure, recognised once: from an exception, or from an answer.

Azure's own messages never travel further than this module: they may echo what was sent. What leaves is a `Trouble`, the
service's error code, and a sentence of ours.
"""

import re
import ssl
from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import orjson

from guardrails.azure.reply import RawReply
from guardrails.azure.target import Target
from guardrails.domain.check import FailureReason
from guardrails.domain.errors import ServiceError


class Trouble(StrEnum):
    """One kind of failure that has one mend."""

    UNKNOWN_HOST = "unknown_host"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    RESET = "reset"
    TIMEOUT = "timeout"
    DEADLINE = "deadline"
    SILENT = "silent"
    BROKE_OFF = "broke_off"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a kind of trouble, not a secret
    KEY_REFUSED = "key_refused"
    ROLE_MISSING = "role_missing"
    KEYS_DISABLED = "keys_disabled"
    FORBIDDEN = "forbidden"
    REGIONAL_ENDPOINT = "regional_endpoint"
    UNKNOWN_DEPLOYMENT = "unknown_deployment"
    NOT_FOUND = "not_found"
    THROTTLED = "throttled"
    QUOTA = "quota"
    SERVER = "server"
    REJECTED = "rejected"
    REDIRECT = "redirect"
    TRUNCATED = "truncated"
    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    UNENCODABLE = "unencodable"


_KNOWN: Final[Mapping[Trouble, tuple[FailureReason, str]]] = {
    Trouble.UNKNOWN_HOST: (FailureReason.NETWORK, "the host name is not known"),
    Trouble.REFUSED: (FailureReason.NETWORK, "the connection was refused"),
    Trouble.UNREACHABLE: (FailureReason.NETWORK, "no connection within the time for connecting"),
    Trouble.TLS: (FailureReason.NETWORK, "the TLS certificate is not trusted"),
    Trouble.RESET: (FailureReason.NETWORK, "the connection broke before an answer"),
    Trouble.TIMEOUT: (FailureReason.DEADLINE, "no answer within the call's own timeout"),
    Trouble.DEADLINE: (FailureReason.DEADLINE, "no answer before the deadline"),
    Trouble.SILENT: (FailureReason.DEADLINE, "the answer stood still for longer than the call's own timeout"),
    Trouble.BROKE_OFF: (FailureReason.NETWORK, "the connection broke in the middle of the answer"),
    Trouble.TOKEN_REFUSED: (FailureReason.UNAUTHORIZED, "the bearer was refused"),
    Trouble.KEY_REFUSED: (FailureReason.UNAUTHORIZED, "the key was refused"),
    Trouble.ROLE_MISSING: (FailureReason.FORBIDDEN, "the principal lacks the role for this call"),
    Trouble.KEYS_DISABLED: (FailureReason.FORBIDDEN, "the resource does not accept keys"),
    Trouble.FORBIDDEN: (FailureReason.FORBIDDEN, "the resource's network or access rules forbid the call"),
    Trouble.REGIONAL_ENDPOINT: (
        FailureReason.REJECTED,
        "regional endpoints do not accept tokens; the resource's own custom subdomain does",
    ),
    Trouble.UNKNOWN_DEPLOYMENT: (FailureReason.REJECTED, "there is no such deployment on the resource"),
    Trouble.NOT_FOUND: (FailureReason.REJECTED, "there is no such operation at this endpoint and api-version"),
    Trouble.THROTTLED: (FailureReason.THROTTLED, "too many requests"),
    Trouble.QUOTA: (FailureReason.THROTTLED, "the quota of the pricing tier is used up"),
    Trouble.SERVER: (FailureReason.UNAVAILABLE, "the service failed"),
    Trouble.REJECTED: (FailureReason.REJECTED, "the request was refused"),
    Trouble.REDIRECT: (FailureReason.BAD_RESPONSE, "the answer was a redirect"),
    Trouble.TRUNCATED: (FailureReason.BAD_RESPONSE, "the answer was cut short or is not HTTP"),
    Trouble.NOT_JSON: (FailureReason.BAD_RESPONSE, "the answer is not JSON"),
    Trouble.TOO_LARGE: (FailureReason.BAD_RESPONSE, "the answer is larger than we read"),
    Trouble.UNENCODABLE: (FailureReason.REJECTED, "the request cannot be encoded as JSON"),
}


class CallError(ServiceError):
    """A call to Azure that gave no usable answer. `trouble` is the kind, which `azure/explain.py` knows the mend of."""

    def __init__(
        self,
        trouble: Trouble,
        target: Target,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        calls: int = 0,
    ) -> None:
        reason, sentence = _KNOWN[trouble]
        told = f" ({status}{f' {code}' if code else ''})" if status else ""
        super().__init__(
            reason,
            f"{target.name}: {sentence}{told}.",
            status=status,
            code=code,
            retry_after=retry_after,
            calls=calls,
        )
        self.trouble = trouble


def trouble_of_error(error: BaseException) -> Trouble:
    """Which trouble an aiohttp or asyncio exception means."""
    return next((trouble for kinds, trouble in _ERRORS if isinstance(error, kinds)), Trouble.RESET)


_ERRORS: Final[tuple[tuple[tuple[type[BaseException], ...], Trouble], ...]] = (
    ((aiohttp.ClientConnectorDNSError, aiohttp.InvalidURL), Trouble.UNKNOWN_HOST),
    ((aiohttp.ClientSSLError, ssl.SSLError), Trouble.TLS),
    ((aiohttp.ConnectionTimeoutError,), Trouble.UNREACHABLE),
    ((TimeoutError,), Trouble.TIMEOUT),
    ((aiohttp.ClientConnectorError,), Trouble.REFUSED),
    ((aiohttp.ClientPayloadError, aiohttp.ClientResponseError), Trouble.TRUNCATED),
)
"""The first that fits: the special kinds of aiohttp's errors derive from the plainer ones below them."""


_AUDIENCE = re.compile(r"audience is incorrect \((https://[a-z0-9.-]{1,100})\)")


def audience_wanted(body: bytes) -> str | None:
    """The audience that a 401 says the token should have had: a plain https origin, or None."""
    found = _AUDIENCE.search(str(_error_object(body).get("message", "")))
    return found.group(1) if found else None


_SAFE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def _error_object(body: bytes) -> Mapping[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(document, dict):
        return {}
    error = document.get("error", document)
    return error if isinstance(error, dict) else {}


def error_code(body: bytes) -> str | None:
    """The service's error code, the inner one where there is one; None when it is absent or not code-like."""
    error = _error_object(body)
    inner = error.get("innererror")
    for holder in (inner if isinstance(inner, dict) else {}, error):
        code = holder.get("code")
        if isinstance(code, str) and _SAFE_CODE.fullmatch(code):
            return code
    return None


def trouble_of_reply(status: int, body: bytes, *, with_key: bool = False) -> Trouble:
    """Which trouble an answer that is not 2xx means (error bodies: azure reference, sections 2.11, 3.2 and 4.5)."""
    error = _error_object(body)
    code, message = str(error.get("code", "")), str(error.get("message", "")).lower()
    if status < HTTPStatus.BAD_REQUEST:
        return Trouble.REDIRECT
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _denied(status, code, message, with_key=with_key)
    if status == HTTPStatus.BAD_REQUEST and "custom subdomain" in message:
        return Trouble.REGIONAL_ENDPOINT
    if status == HTTPStatus.NOT_FOUND:
        return Trouble.UNKNOWN_DEPLOYMENT if code in _NO_DEPLOYMENT else Trouble.NOT_FOUND
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Trouble.THROTTLED
    failing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT
    return Trouble.SERVER if failing else Trouble.REJECTED


_NO_DEPLOYMENT = frozenset({"DeploymentNotFound", "unknown_model", "model_not_found"})


_NO_ROLE = ("does not have access to api", "does not have access to this resource")


def _denied(status: int, code: str, message: str, *, with_key: bool) -> Trouble:
    if code == "PermissionDenied" or any(words in message for words in _NO_ROLE):
        return Trouble.ROLE_MISSING
    if "quota" in message:
        return Trouble.QUOTA
    if code == "AuthenticationTypeDisabled":
        return Trouble.KEYS_DISABLED
    if status == HTTPStatus.FORBIDDEN:
        return Trouble.FORBIDDEN
    return Trouble.KEY_REFUSED if with_key else Trouble.TOKEN_REFUSED


def refusal(target: Target, reply: RawReply, *, retry_after: float | None, with_key: bool) -> CallError:
    """The error that an answer that is not 2xx means."""
    return CallError(
        trouble_of_reply(reply.status, reply.body, with_key=with_key),
        target,
        status=reply.status,
        code=error_code(reply.body),
        retry_after=retry_after,
        calls=reply.calls,
    )
