"""aioresponses on aiohttp 3.14: its responses are made without the `stream_writer` that `ClientResponse` now wants."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import aioresponses.core
from aiohttp import ClientResponse
from aioresponses import aioresponses as AioResponses  # noqa: N812 - it is a class


class _Response(ClientResponse):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream_writer": SimpleNamespace(output_size=0), **kwargs})


@contextmanager
def answering() -> Iterator[AioResponses]:
    """Inject failures into single calls of any aiohttp session, without a server."""
    kept = aioresponses.core.ClientResponse
    aioresponses.core.ClientResponse = _Response
    try:
        with AioResponses() as mocked:
            yield mocked
    finally:
        aioresponses.core.ClientResponse = kept
