"""The part of an answer that is still to come: an event stream's bytes, read as they arrive."""

import asyncio
from collections.abc import Callable

import aiohttp

from guardrails.azure.target import Target
from guardrails.azure.trouble import CallError, Trouble, trouble_of_error

_BROKE_OFF = {Trouble.TIMEOUT: Trouble.SILENT, Trouble.RESET: Trouble.BROKE_OFF}
"""What has another name, and another mend, once a part of the answer is there."""


class OpenBody:
    """An open answer's body, for one reader. Who opened it closes it; an error has closed it already.

    Nothing is read ahead beyond aiohttp's own small buffer: who reads slowly slows the sender down.

    Args:
        response: A 2xx answer, its first bytes read.
        target: Whom it comes from; its `timeout_s` is the longest silence between bytes.
        first: The bytes already read.
    """

    def __init__(self, response: aiohttp.ClientResponse, target: Target, first: bytes) -> None:
        self._response = response
        self._target = target
        self._first = first
        self._told: Callable[[str], None] | None = None
        self._closed = False

    def when_ended(self, told: Callable[[str], None]) -> None:
        """Have `told` called once, when the body ends: `ok` (also when it is closed early) or a `FailureReason`."""
        self._told = told

    async def read(self) -> bytes:
        """The next bytes, as many as are there; empty when the body has come to its proper end.

        Raises:
            CallError: it broke off, was silent for too long, or was closed.
        """
        if self._closed:
            raise CallError(Trouble.BROKE_OFF, self._target, calls=1)
        if self._first:
            first, self._first = self._first, b""
            return first
        try:
            # Beside aiohttp's own sock_read: a reader is never woken when the chunked encoding turns into nonsense.
            async with asyncio.timeout(self._target.timeout_s):
                data = await self._response.content.readany()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            trouble = trouble_of_error(error)
        else:
            if not data:
                self._end("ok")
            return data
        # Raised out here, without the first error as its context: aiohttp's may hold the request's headers.
        failure = CallError(_BROKE_OFF.get(trouble, trouble), self._target, calls=1)
        self._end(failure.reason.value)
        self.close()
        raise failure

    def close(self) -> None:
        """Let go of the connection at once: what is still to come is not waited for. A second time does nothing."""
        self._closed = True
        self._end("ok")
        connection = self._response.connection
        if connection is not None and connection.transport is not None:
            # TLS would otherwise wait for the other side's farewell: half a minute where none comes.
            connection.transport.abort()
        self._response.close()

    def _end(self, outcome: str) -> None:
        told, self._told = self._told, None
        if told is not None:
            told(outcome)
