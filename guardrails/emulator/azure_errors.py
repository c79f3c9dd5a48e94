"""The error bodies of Azure's services, in one place.

Every service wraps its errors as `{"error": {"code", "message", ...}}` and repeats the code in the header
`x-ms-error-code`; the token check in front of them answers without the wrapping. Sources: the Content Safety,
Language and Azure OpenAI specifications and recorded answers.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from aiohttp import web

ERROR_CODE_HEADER: Final = "x-ms-error-code"

INVALID_KEY: Final = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for "
    "an active subscription and use a correct regional API endpoint for your resource."
)
KEYS_DISABLED: Final = "Key based authentication is disabled for this resource."
NO_CUSTOM_SUBDOMAIN: Final = (
    "Please provide a custom subdomain for token authentication, otherwise API key is required."
)


def azure_error(
    status: int,
    code: str,
    message: str,
    *,
    inner: Mapping[str, object] | None = None,
    target: str | None = None,
    details: Sequence[Mapping[str, object]] | None = None,
) -> web.Response:
    """Build the wrapped error answer.

    `inner` becomes `innererror`; `details` is left out when None and kept when empty, because Content Safety
    sends an empty list.
    """
    error: dict[str, object] = {"code": code, "message": message}
    if target is not None:
        error["target"] = target
    if details is not None:
        error["details"] = [dict(detail) for detail in details]
    if inner is not None:
        error["innererror"] = dict(inner)
    return json_answer({"error": error}, status=status, headers={ERROR_CODE_HEADER: code})


def openai_error(
    status: int,
    message: str,
    *,
    code: str | None = None,
    kind: str | None = "invalid_request_error",
    param: str | None = None,
) -> web.Response:
    """Build the error shape of the chat completions API for a request that is wrong in itself."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_answer({"error": error}, status=status)


def unauthorized_token(audience: str) -> web.Response:
    """Build the 401 for a bearer that is missing, expired, foreign or meant for another audience: not wrapped."""
    message = f"Unauthorized. Access token is missing, invalid, audience is incorrect ({audience}), or have expired."
    return json_answer({"statusCode": 401, "message": message}, status=401)


def json_answer(
    body: object,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json; charset=utf-8",
) -> web.Response:
    """Serialise `body` as Azure does: UTF-8, no escapes, content type with its charset."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return web.Response(body=text, status=status, headers={**(headers or {}), "Content-Type": content_type})
