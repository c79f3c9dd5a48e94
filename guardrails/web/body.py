"""A request's bytes -> a JSON object, or a clear 4xx that names the field or the limit."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import orjson
from aiohttp import web

from guardrails.domain.errors import InvalidRequest, TooLarge, UnsupportedMediaType

READ_TIMEOUT_S = 30.0
"""How long a caller may take to send its body."""

MAX_DEPTH = 64
"""Levels of nesting a body may have: far more than any chat has, far fewer than Python's stack."""


async def read_object(request: web.Request, max_body: int) -> dict[str, Any]:
    """Read a request's body as a JSON object.

    Raises:
        UnsupportedMediaType: the body is declared to be something else than JSON.
        TooLarge: it is over `max_body` bytes, before or after decompression.
        InvalidRequest: it is not JSON, not an object, nested too deep, or holds text that is not Unicode.
    """
    if request.content_type != "application/json" and not request.content_type.endswith("+json"):
        raise UnsupportedMediaType("The body must be sent with Content-Type: application/json.")
    limit = f"The body is larger than {max_body} bytes, the limit set by server.max_body."
    if request.content_length is not None and request.content_length > max_body:
        raise TooLarge(limit)
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            raw = await request.read()
    except TimeoutError:
        raise InvalidRequest(f"The body did not arrive within {READ_TIMEOUT_S:.0f} seconds.") from None
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge(limit) from None
    return parse_object(raw)


def parse_object(raw: bytes) -> dict[str, Any]:
    """Decode bytes to a JSON object of bounded depth whose strings are all Unicode text."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _explained(raw, error) from None
    if not isinstance(body, dict):
        raise InvalidRequest("The body must be a JSON object.")
    if _deeper_than(body, MAX_DEPTH):
        raise InvalidRequest(_TOO_DEEP)
    return body


_TOO_DEEP = f"The body is nested deeper than {MAX_DEPTH} levels."


def _explained(raw: bytes, error: orjson.JSONDecodeError) -> InvalidRequest:
    if "depth" in error.msg:
        return InvalidRequest(_TOO_DEEP)
    if not raw.strip():
        return InvalidRequest("The body is empty; send a JSON object.")
    try:
        lenient = json.loads(raw)
    except (ValueError, RecursionError):
        return InvalidRequest(f"The body is not JSON: line {error.lineno}, column {error.colno}.")
    for path in _surrogates(lenient, ""):
        return InvalidRequest("holds a lone surrogate, which is not Unicode text", field=path)
    return InvalidRequest(f"The body is not JSON: line {error.lineno}, column {error.colno}.")


def _surrogates(node: object, path: str) -> Iterator[str]:
    """The places of strings that cannot be encoded. Values before keys: a key cannot be named without quoting it."""
    stack: list[tuple[object, str]] = [(node, path)]
    while stack:
        here, place = stack.pop()
        if isinstance(here, str) and not _encodes(here):
            yield place or "body"
        elif isinstance(here, list):
            stack += [(item, f"{place}[{index}]") for index, item in enumerate(here)]
        elif isinstance(here, dict):
            for key, item in here.items():
                if not _encodes(key):
                    yield f"a key in {place or 'the body'}"
                else:
                    stack.append((item, f"{place}.{key}" if place else key))


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _deeper_than(body: object, levels: int) -> bool:
    layer: list[object] = [body]
    for _ in range(levels):
        layer = [
            item
            for node in layer
            for item in (node.values() if isinstance(node, dict) else node)  # type: ignore[attr-defined]
            if isinstance(item, dict | list)
        ]
        if not layer:
            return False
    return True
