"""What a scenario does to a stream."""

import time

import aiohttp
import pytest
from emulator.azure_paths import BODIES, V1

from guardrails.emulator.scenarios import (
    Effect,
    Malformed,
    Scenario,
    Service,
    Truncation,
)

HELLO = BODIES[V1]


@pytest.fixture
def put(emulator):
    def put(effect: Effect, service: str = "*", **match) -> None:
        emulator.state.scenarios.add(Scenario(effect, service=service, **match))

    return put


async def read_stream(session, headers, text: str = "one two three four five") -> tuple[bytes, bool]:
    """Return what came of a stream, and whether it ended as it should."""
    body = {**HELLO, "stream": True, "messages": [{"role": "user", "content": text}]}
    received = b""
    async with session.post(V1, json=body, headers=headers) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        try:
            async for data in answer.content.iter_any():
                received += data
        except aiohttp.ClientPayloadError:
            return received, False
    return received, True


async def test_a_slow_stream_waits_between_its_events(emulator_session, bearer, put):
    put(Effect(slow_stream_ms=20), Service.CHAT)
    begun = time.monotonic()
    received, whole = await read_stream(emulator_session, bearer)
    events = received.count(b"data: {")
    assert (whole, received.endswith(b"data: [DONE]\n\n")) == (True, True)
    assert time.monotonic() - begun >= 0.02 * events


async def test_a_cut_stream_ends_after_its_events_without_done(emulator_session, bearer, put):
    put(Effect(cut_stream_after=2), Service.CHAT)
    received, whole = await read_stream(emulator_session, bearer)
    assert (received.count(b"\n\n"), b"[DONE]" in received, whole) == (2, False, False)


async def test_a_truncated_stream_ends_inside_an_event(emulator_session, bearer, put):
    put(Effect(truncate=Truncation.CHUNKED), Service.CHAT)
    received, whole = await read_stream(emulator_session, bearer)
    assert (received.count(b"\n\n"), received.endswith(b"\n"), whole) == (1, False, False)


@pytest.mark.parametrize(
    ("kind", "expected"), [(Malformed.NOT_JSON, b'[{"delta"\n\n'), (Malformed.WRONG_SHAPE, b'{"unexpected"')]
)
async def test_a_malformed_stream_has_one_broken_event(emulator_session, bearer, put, kind, expected):
    put(Effect(malformed=kind), Service.CHAT)
    received, whole = await read_stream(emulator_session, bearer)
    assert (expected in received, received.endswith(b"data: [DONE]\n\n"), whole) == (True, True, True)


async def test_an_empty_stream_ends_at_once(emulator_session, bearer, put):
    put(Effect(malformed=Malformed.EMPTY), Service.CHAT)
    assert await read_stream(emulator_session, bearer) == (b"", True)
