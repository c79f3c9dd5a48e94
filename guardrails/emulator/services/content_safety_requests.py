"""What all Content Safety operations share: reading a JSON object, naming what is wrong with it, refusing it.

A wrong body is answered 400 `InvalidRequestBody`; the message has the form of the one real answer known:
`<reason> | Request Id: <guid>, Timestamp: <iso>.` with empty `details`.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Final
from uuid import uuid4

import orjson
from aiohttp import web

from guardrails.emulator.azure_errors import azure_error

LONGEST_TEXT: Final = 10_000
_ROOT: Final = "/contentsafety"


class Refused(Exception):
    """A request the service refuses: `status`, `code` and the reason, which names the field or the limit."""

    def __init__(self, reason: str, *, status: int = 400, code: str = "InvalidRequestBody") -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


def answering(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a handler so that `Refused` becomes the answer."""

    @wraps(handler)
    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except Refused as refused:
            stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            message = f"{refused} | Request Id: {uuid4()}, Timestamp: {stamp}."
            return azure_error(refused.status, refused.code, message, details=[])

    return answer


def path(operation: str) -> str:
    """The route of an operation such as `text:analyze`."""
    return f"{_ROOT}/{operation}"


async def read_object(request: web.Request) -> dict[str, object]:
    """Return the body as a JSON object.

    Raises:
        Refused: when it is no JSON (lone surrogates included) or no object.
    """
    try:
        body = orjson.loads(await request.read())
    except orjson.JSONDecodeError:
        raise Refused("Deserialize failed: the request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise Refused("Deserialize failed: the request body must be a JSON object")
    return body


def text_of(body: Mapping[str, object], name: str, *, longest: int = LONGEST_TEXT) -> str:
    """Return the required, not empty string field `name` of at most `longest` code points.

    Raises:
        Refused: when it is missing, no string, empty or too long.
    """
    text = body.get(name)
    if text is None:
        raise Refused(f"Deserialize failed: {name} is required")
    if not isinstance(text, str):
        raise Refused(f"Deserialize failed: {name} must be a string")
    if not text:
        raise Refused(f"Deserialize failed: {name} must not be empty")
    if len(text) > longest:
        raise Refused(f"Deserialize failed: the length of {name} must not exceed {longest} characters")
    return text


def strings_of(body: Mapping[str, object], name: str) -> list[str] | None:
    """Return the optional field `name`, a list of strings; None when absent or null.

    Raises:
        Refused: when it is anything else.
    """
    values = body.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Refused(f"Deserialize failed: {name} must be a list of strings")
    return values


def flag_of(body: Mapping[str, object], name: str) -> bool:
    """Return the optional boolean field `name`, False when absent or null.

    Raises:
        Refused: when it is anything else.
    """
    value = body.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Refused(f"Deserialize failed: {name} must be true or false")
    return value
