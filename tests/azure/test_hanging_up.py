"""Who closes an open answer is rid of it at once, also where the other side does not answer the farewell of TLS."""

import asyncio
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from azure_streams import ONE

from guardrails.domain.deadline import Deadline

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%s\r\n" % (len(ONE), ONE)
SOON_S = 15.0
"""Far less than the half minute for which TLS waits for a farewell."""
LONGEST_S = 60.0


class Hung:
    """A server of TLS that begins to answer one request, and hears nothing after it but that the connection is gone."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.gone = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.listening.getsockname()[1]}"

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            accepted, _ = self.listening.accept()
            with self._context.wrap_socket(accepted, server_side=True) as talking:
                talking.recv(65536)
                talking.sendall(HEAD + CHUNK)
                with socket.socket(fileno=os.dup(talking.fileno())) as wire:
                    while wire.recv(65536):
                        pass
        self.gone.set()

    def close(self) -> None:
        self.listening.close()
        self._thread.join(LONGEST_S)


@pytest.fixture
def hung(emulator) -> Iterator[Hung]:
    hung = Hung(emulator.certificates.server_context())
    yield hung
    hung.close()


async def test_the_other_side_is_left_at_once(client, target, hung):
    reply = await client.open(
        replace(target, endpoint=hung.url, credential="legacy"),
        "POST",
        "/openai/v1/chat/completions",
        params={},
        body=b"{}",
        headers={"Content-Type": "application/json"},
        deadline=Deadline.after(60),
    )
    assert reply.rest is not None
    assert (await reply.rest.read()).startswith(ONE)
    reply.rest.close()
    assert await asyncio.to_thread(hung.gone.wait, SOON_S)
