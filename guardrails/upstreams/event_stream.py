"""An open event stream of one deployment."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from guardrails.azure.open_body import OpenBody
from guardrails.domain.errors import ServiceError
from guardrails.upstreams.unreachable import unreachable

EVENT_STREAM: Final = "text/event-stream"
"""The media type of server-sent events (WHATWG HTML, 9.2)."""


@dataclass(frozen=True, slots=True, eq=False)
class EventStream:
    """See `OpenStream`. It is its own iterator, so that nothing is left behind when a reader stops early."""

    headers: Mapping[str, str]
    deployment: str
    body: OpenBody = field(repr=False)
    attempts: int = 1

    def chunks(self) -> AsyncIterator[bytes]:
        """See `OpenStream.chunks`."""
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            data = await self.body.read()
        except ServiceError as error:
            failure = unreachable(error)
            failure.attempts = self.attempts
            raise failure from error
        if not data:
            raise StopAsyncIteration
        return data

    async def aclose(self) -> None:
        """See `OpenStream.aclose`."""
        self.body.close()
