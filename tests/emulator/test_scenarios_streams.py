"""What a scenario does to a stream."""

import time

import aiohttp
import openai
import pytest
from emulator.azure_paths import BODIES, V1
from passing_time import let_hangs_last

from guardrails.emulator.presets import preset
from guardrails.emulator.scenarios import (
    Effect,
    Malformed,
    Scenario,
    Service,
    Truncation,
)

HELLO = BODIES[V1]


@pytest.fixture(autouse=True)
def silence_is_over_at_once(emulator, pass_time):
    let_hangs_last(emulator, pass_time, 31)


@pytest.fixture
def put(emulator):
    def put(effect: Effect, service: str = "*", **match) -> None:
        emulator.state.scenarios.add(Scenario(effect, service=service, **match))

    return put


async def read_stream(session, headers, text: str = "one two three four five") -> tuple[bytes, bool]:
    """Return what came of a stream, and whether it ended as it should."""
    body = {**HELLO, "stream": True, "messages": [{"role": "user", "content": text}]}
    timeout = aiohttp.ClientTimeout(total=None, sock_read=30)
    received = b""
    async with session.post(V1, json=body, headers=headers, timeout=timeout) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        try:
            async for data in answer.content.iter_any():
                received += data
        except (aiohttp.ClientError, TimeoutError):
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


@pytest.mark.parametrize("after", [0, 1, 3])
@pytest.mark.parametrize("fault", ["cut_stream_after", "reset_stream_after", "hang_stream_after"])
async def test_a_stream_breaks_after_its_events(emulator_session, bearer, put, fault, after):
    put(Effect(**{fault: after}), Service.CHAT)
    received, whole = await read_stream(emulator_session, bearer)
    assert (received.count(b"\n\n"), received.endswith(b"\n\n") or after == 0, whole) == (after, True, False)


async def test_a_reset_is_a_reset_on_the_wire(emulator_session, bearer, put):
    put(Effect(reset_stream_after=1), Service.CHAT)
    body = {**HELLO, "stream": True}
    async with emulator_session.post(V1, json=body, headers=bearer) as answer:
        with pytest.raises(aiohttp.ClientError) as failed:
            await answer.read()
    assert "ConnectionResetError" in str(failed.value)


@pytest.mark.parametrize("after", [0, 2, 3_600_000])
async def test_a_stream_may_end_properly_without_done(emulator_session, bearer, put, after):
    put(Effect(end_stream_after=after), Service.CHAT)
    received, whole = await read_stream(emulator_session, bearer)
    assert (whole, b"[DONE]" in received) == (True, False)
    assert received.count(b"\n\n") == after or (after > 3 and b'"finish_reason":"stop"' in received)


async def test_an_error_event_takes_the_place_of_the_rest_and_the_sdk_raises_on_it(emulator, azure, put):
    put(Effect(error_event_after=3), Service.CHAT)
    stream = await azure.chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "say: one two three four"}], stream=True
    )
    with pytest.raises(openai.APIError, match="had an error"):
        [chunk async for chunk in stream]


async def test_a_malformed_event_stands_where_it_was_put_and_the_stream_goes_on(emulator_session, bearer, put):
    put(Effect(malformed_event_after=2), Service.CHAT)
    received, whole = await read_stream(emulator_session, bearer)
    events = received.split(b"\n\n")
    assert (whole, events[2].endswith(b'[{"delta"'), received.endswith(b"data: [DONE]\n\n")) == (True, True, True)


@pytest.mark.parametrize(
    ("name", "whole", "events"),
    [
        ("cut_stream", False, 3),
        ("cut_before_first_event", False, 0),
        ("reset_stream", False, 3),
        ("reset_before_first_event", False, 0),
        ("silent_stream", False, 3),
        ("silent_before_first_event", False, 0),
        ("stream_ends_early", True, 3),
        ("empty_stream", True, 0),
        ("error_event", True, 4),
    ],
)
async def test_every_way_a_stream_ends_has_a_name(emulator, emulator_session, bearer, name, whole, events):
    emulator.state.scenarios.add(preset(name))
    received, ended = await read_stream(emulator_session, bearer)
    assert (ended, received.count(b"\n\n")) == (whole, events)


@pytest.mark.parametrize("name", ["throttled", "server_error_with_retry_after", "unavailable_with_retry_after"])
async def test_trouble_before_a_stream_is_a_plain_answer_with_its_wait(emulator, emulator_session, bearer, name):
    emulator.state.scenarios.add(preset(name, service="chat"))
    async with emulator_session.post(V1, json={**HELLO, "stream": True}, headers=bearer) as answer:
        assert (answer.status, answer.headers["Retry-After"]) in {(429, "1"), (500, "1"), (503, "1")}
        assert answer.content_type == "application/json"
