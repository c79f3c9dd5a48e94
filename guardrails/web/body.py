"""A request's bytes -> a JSON object, or a clear 4xx that names the field or the limit."""

import asyncio
import json
from typing import Any

import orjson
from aiohttp import web

from guardrails.chat.tree import require_sound
from guardrails.domain.errors import InvalidRequest, TooLarge, UnsupportedMediaType

READ_TIMEOUT_S = 30.0
"""How long a caller may take to send its body."""

MAX_DEPTH = 64
"""Levels of nesting a body may have: far more than any chat has, far fewer than Python's stack."""

MAX_VALUES = 200_000
"""JSON values a body may hold, at any depth: a chat has thousands, and work on a body grows with their number, not with
its bytes. Four megabytes of empty lists are a million values."""

_SEARCHED_BYTES = 256 * 1024
"""In a body that is no JSON, and longer than this, nobody looks for the field that is to blame."""


async def read_object(request: web.Request, max_body: int) -> dict[str, Any]:
    """Read a request's body as a JSON object.

    Raises:
        UnsupportedMediaType: the body is declared to be something else than JSON.
        TooLarge: it is over `max_body` bytes, before or after decompression, or holds more than `MAX_VALUES` values.
        InvalidRequest: it is not JSON, not an object, nested too deep, not encoded as its headers say, or holds text
            that is not Unicode.
    """
    require_json(request)
    return parse_object(await read_body(request, max_body))


def require_json(request: web.Request) -> None:
    """Refuse a body that is declared to be something else than JSON.

    Raises:
        UnsupportedMediaType: it is.
    """
    if request.content_type != "application/json" and not request.content_type.endswith("+json"):
        raise UnsupportedMediaType("The body must be sent with Content-Type: application/json.")


async def read_body(request: web.Request, max_body: int) -> bytes:
    """The bytes of a request's body, decompressed.

    Raises:
        TooLarge: it is over `max_body` bytes, before or after decompression.
        InvalidRequest: it does not arrive in time, or is not encoded as its headers say.
    """
    limit = f"The body is larger than {max_body} bytes, the limit set by server.max_body."
    if request.content_length is not None and request.content_length > max_body:
        raise TooLarge(limit)
    try:
        return await _received(request)
    except TimeoutError:
        raise InvalidRequest(f"The body did not arrive within {READ_TIMEOUT_S:.0f} seconds.") from None
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge(limit) from None
    except web.RequestPayloadError:
        raise InvalidRequest(
            "The body is not encoded as its Content-Encoding and Transfer-Encoding headers say."
        ) from None


async def _received(request: web.Request) -> bytes:
    if request.content.is_eof():  # most bodies come along with their headers: there is nothing to wait for
        return await request.read()
    async with asyncio.timeout(READ_TIMEOUT_S):
        return await request.read()


def parse_object(raw: bytes) -> dict[str, Any]:
    """Decode bytes to a JSON object of bounded depth and size whose strings are all Unicode text."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _explained(raw, error) from None
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object.")
    _require_bounds(body)
    return body


_TOO_DEEP = f"The body is nested deeper than {MAX_DEPTH} levels."


def _explained(raw: bytes, error: orjson.JSONDecodeError) -> InvalidRequest:
    if "depth" in error.msg:
        return InvalidRequest(_TOO_DEEP)
    if not raw.strip():
        return InvalidRequest("The body is empty; send a JSON object.")
    place = f"line {error.lineno}, column {error.colno}"
    if "surrogate in string" not in error.msg:
        return InvalidRequest(f"The body is not JSON: {place}.")
    return _surrogate(raw) or InvalidRequest(f"The body holds a lone surrogate, which is not Unicode text: {place}.")


def _surrogate(raw: bytes) -> InvalidRequest | None:
    """The error that names the field of a lone surrogate, where it can be found at little cost."""
    if len(raw) > _SEARCHED_BYTES:
        return None
    try:
        require_sound(json.loads(raw))
    except InvalidRequest as error:
        return error
    except (ValueError, RecursionError):
        return None
    return None


def _require_bounds(body: dict[str, Any]) -> None:
    layer: list[Any] = [body]
    values = 0
    for _ in range(MAX_DEPTH):
        values += sum(map(len, layer))
        if values > MAX_VALUES:
            raise TooLarge(f"The body holds more than {MAX_VALUES} values.")
        layer = [
            item
            for node in layer
            for item in (node.values() if isinstance(node, dict) else node)
            if isinstance(item, (dict, list))
        ]
        if not layer:
            return
    raise InvalidRequest(_TOO_DEEP)
