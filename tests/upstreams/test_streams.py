"""Streams of models: who answers until the first byte, and what every end becomes."""

import asyncio
import time
from collections.abc import Mapping

import orjson
import pytest
from aiohttp import web
from azure_calls import until
from azure_streams import DONE, ONE, TWO, by_cut, by_reset, by_silence, by_silence_of, properly, streams
from passing_time import let_hangs_last

from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import InvalidRequest, UpstreamError, UpstreamUnreachable
from guardrails.emulator.presets import preset
from guardrails.emulator.scenarios import Effect, EntraFault, Refusal, Scenario
from guardrails.emulator.scripted import ScriptedChoice
from guardrails.upstreams.upstream import OpenStream, Upstream

BODY = {"model": "said", "messages": [{"role": "user", "content": "say: one two three"}], "stream": True, "x": {"k": 1}}
ERROR = b'{"error": {"code":"content_filter", "spaces":  "kept"}}'


async def stream(upstream: Upstream, body: Mapping[str, object] = BODY, seconds: float = 30.0) -> OpenStream:
    return await upstream.stream(body, Deadline.after(seconds), "req-1")


async def all_of(opened: OpenStream) -> bytes:
    received = b"".join([data async for data in opened.chunks()])
    await opened.aclose()
    return received


def fails(status: int, body: bytes = ERROR, **headers: str):
    async def handler(_: web.Request) -> web.Response:
        told = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return web.Response(body=body, status=status, headers=told)

    return handler


async def reset(request: web.Request) -> web.Response:
    request.transport.abort()
    return web.Response()


@pytest.mark.parametrize("model", ["dated", "v1", "keyed", "phi", "phi-v1", "phi-ai"])
async def test_every_kind_of_model_streams_byte_for_byte(models, emulator, model):
    opened = await stream(models[model])
    received = await all_of(opened)
    assert received.endswith(b"data: [DONE]\n\n")
    assert b'"three"' in received or b"three" in received
    assert opened.headers["content-type"].startswith("text/event-stream")
    assert "x-ms-region" in opened.headers
    assert "strict-transport-security" not in opened.headers
    assert (opened.deployment, opened.attempts) == (models[model].deployments[0].label, 1)
    [call] = emulator.state.journal.of("chat")
    assert (call.body["stream"], call.body["x"]) == (True, {"k": 1})


async def test_the_request_asks_for_events_and_carries_our_id(scripted, endpoint):
    endpoint.script = [streams(ONE, DONE)]
    assert await all_of(await stream(scripted["phi"])) == ONE + DONE
    [seen] = endpoint.seen
    assert seen.headers["Accept"] == "text/event-stream"
    assert seen.headers["Accept-Encoding"] == "identity", "a compressor would hold events back"
    assert seen.headers["x-ms-client-request-id"] == "req-1"
    assert orjson.loads(endpoint.bodies[0]) == {**BODY, "model": "Phi-4"}


FIRST_FAILURES = {
    "429": (fails(429, Retry_After="7"), "429"),
    "500": (fails(500), "500"),
    "503": (fails(503), "503"),
    "reset": (reset, FailureReason.NETWORK),
    "reset after the headers": (streams(end=by_reset), FailureReason.BAD_RESPONSE),
    "cut before the first event": (streams(end=by_cut), FailureReason.BAD_RESPONSE),
    "empty stream": (streams(), FailureReason.BAD_RESPONSE),
    "not an event stream": (fails(200, b'{"choices": []}'), FailureReason.BAD_RESPONSE),
    "silence": None,
}


def silence(pass_time, seconds):
    return streams(end=by_silence_of(seconds, pass_time)), FailureReason.DEADLINE


@pytest.mark.parametrize("failure", FIRST_FAILURES)
async def test_until_the_first_byte_the_next_deployment_takes_over(scripted, endpoint, pass_time, failure):
    handler, _ = FIRST_FAILURES[failure] or silence(pass_time, 31)
    endpoint.script = [handler, streams(ONE, TWO, DONE)]
    opened = await stream(scripted["hasty"], seconds=60)
    assert (opened.deployment, opened.attempts) == ("dated/gpt-4o", 2)
    assert await all_of(opened) == ONE + TWO + DONE
    assert [seen.path for seen in endpoint.seen] == [
        "/models/chat/completions",
        "/openai/deployments/gpt-4o/chat/completions",
    ]


@pytest.mark.parametrize("failure", FIRST_FAILURES)
async def test_alone_it_is_what_the_caller_learns(scripted, endpoint, pass_time, failure):
    handler, told = FIRST_FAILURES[failure] or silence(pass_time, 61)
    endpoint.script = [handler]
    with pytest.raises((UpstreamError, UpstreamUnreachable)) as failed:
        await stream(scripted["phi"], seconds=60)
    error = failed.value
    if isinstance(error, UpstreamError):
        assert (str(error.status), error.body) == (told, ERROR)
    else:
        assert error.reason is told
        assert error.timed_out == (told is FailureReason.DEADLINE)
    assert len(endpoint.seen) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_any_other_4xx_is_the_answer_with_its_body_and_headers(scripted, endpoint, status):
    endpoint.script = [fails(status, Retry_After="7", apim_request_id="a", Set_Cookie="session=1", Server="secret")]
    with pytest.raises(UpstreamError) as failed:
        await stream(scripted["several"])
    assert (failed.value.status, failed.value.body) == (status, ERROR)
    assert dict(failed.value.headers) == {
        "content-type": "application/json",
        "retry-after": "7",
        "apim-request-id": "a",
    }
    assert len({seen.path for seen in endpoint.seen}) == 1


@pytest.mark.parametrize(("end", "timed_out"), [(by_reset, False), (by_cut, False), (by_silence, True)])
async def test_after_the_first_byte_nobody_else_is_asked(scripted, endpoint, pass_time, end, timed_out):
    endpoint.script = [streams(ONE, end=end, pause=0.1), streams(TWO, DONE)]
    opened = await stream(scripted["hasty"], seconds=60)
    assert await anext(opened.chunks()) == ONE
    if timed_out:
        asyncio.get_running_loop().call_soon(pass_time, 31)
    with pytest.raises(UpstreamUnreachable) as failed:
        await all_of(opened)
    assert (failed.value.timed_out, len(endpoint.seen)) == (timed_out, 1)
    await opened.aclose()


async def test_a_stream_that_breaks_says_how_many_were_asked(scripted, endpoint):
    endpoint.script = [fails(500), streams(ONE, end=by_cut, pause=0.1)]
    opened = await stream(scripted["hasty"])
    with pytest.raises(UpstreamUnreachable) as failed:
        await all_of(opened)
    assert failed.value.attempts == 2


async def test_a_stream_that_goes_on_outlives_its_deadline(scripted, endpoint, pass_time):
    passed = asyncio.Event()

    async def after_the_deadline(request: web.Request, response: web.StreamResponse) -> None:
        await passed.wait()
        await response.write(TWO)
        await properly(request, response)

    endpoint.script = [streams(ONE, end=after_the_deadline)]
    opened = await stream(scripted["hasty"], seconds=20)
    assert await anext(opened.chunks()) == ONE
    pass_time(25)
    passed.set()
    assert await all_of(opened) == TWO


async def test_all_tries_share_the_deadline_to_the_first_byte(scripted, endpoint, pass_time):
    endpoint.script = [streams(end=by_silence_of(seconds, pass_time)) for seconds in (31, 70)]
    began = time.monotonic()
    with pytest.raises(UpstreamUnreachable) as failed:
        await stream(scripted["hasty"], seconds=100)
    assert failed.value.timed_out
    assert (failed.value.attempts, len(endpoint.seen)) == (2, 2)
    assert 100 <= time.monotonic() - began < 120, "the second one's own time is 120 seconds"


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "text/event-stream-not", ""])
async def test_a_2xx_that_does_not_stream_says_so(scripted, endpoint, kind):
    endpoint.script = [streams(b'{"choices": []}', headers={"Content-Type": kind} if kind else {})]
    with pytest.raises(UpstreamUnreachable, match="did not stream") as failed:
        await stream(scripted["phi"])
    assert failed.value.reason is FailureReason.BAD_RESPONSE


async def test_the_type_of_a_stream_may_be_spelled_as_it_likes(scripted, endpoint):
    endpoint.script = [streams(ONE, headers={"Content-Type": "Text/Event-Stream ; charset=UTF-8"})]
    assert await all_of(await stream(scripted["phi"])) == ONE


async def test_a_redirect_is_not_followed(scripted, endpoint):
    endpoint.script = [fails(307, b"", Location="/elsewhere")]
    with pytest.raises(UpstreamUnreachable, match="redirect"):
        await stream(scripted["phi"])
    assert len(endpoint.seen) == 1


async def test_a_refused_token_is_renewed_once(models, emulator):
    emulator.state.scenarios.add(Scenario(Effect(refusal=Refusal.UNAUTHORIZED), service="chat", times=1))
    assert (await all_of(await stream(models["dated"]))).endswith(DONE)
    assert len(emulator.state.journal.of("entra")) == 2
    emulator.state.scenarios.add(Scenario(Effect(refusal=Refusal.UNAUTHORIZED), service="chat"))
    with pytest.raises(UpstreamError) as failed:
        await stream(models["dated"])
    assert failed.value.status == 401


async def test_without_a_token_it_is_unreachable_and_does_not_say_why(models, emulator):
    emulator.state.scenarios.add(Scenario(Effect(entra=EntraFault.WRONG_SECRET), service="entra"))
    with pytest.raises(UpstreamUnreachable) as failed:
        await stream(models["dated"])
    assert emulator.config.tenant_id not in failed.value.detail
    assert emulator.state.journal.of("chat") == []


async def test_a_body_that_is_no_json_is_the_callers_mistake(models):
    with pytest.raises(InvalidRequest):
        await stream(models["dated"], {"messages": "\ud800"})


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("cut_stream", {FailureReason.BAD_RESPONSE, FailureReason.NETWORK}),
        ("reset_stream", {FailureReason.BAD_RESPONSE, FailureReason.NETWORK}),
        ("silent_stream", {FailureReason.DEADLINE}),
    ],
)
async def test_every_break_of_the_emulator_in_mid_stream_is_an_error(models, emulator, pass_time, name, reasons):
    let_hangs_last(emulator, pass_time, 31)
    emulator.state.scenarios.add(preset(name))
    opened = await stream(models["hasty"])
    with pytest.raises(UpstreamUnreachable) as failed:
        await all_of(opened)
    assert failed.value.reason in reasons
    assert len(emulator.state.journal.of("chat")) <= 1, "nobody else is asked"
    await opened.aclose()


@pytest.mark.parametrize("name", ["stream_without_done", "stream_ends_early", "error_event", "malformed_event"])
async def test_what_the_events_say_is_not_judged_here(models, emulator, name):
    emulator.state.scenarios.add(preset(name))
    assert (await all_of(await stream(models["dated"]))).count(b"\n\n") >= 3


@pytest.mark.parametrize(
    "name",
    [
        "cut_before_first_event",
        "reset_before_first_event",
        "silent_before_first_event",
        "empty_stream",
        "throttled",
        "server_error_with_retry_after",
        "unavailable",
        "reset",
    ],
)
async def test_every_break_of_the_emulator_before_a_stream_hands_over(models, emulator, pass_time, name):
    let_hangs_last(emulator, pass_time, 31)
    emulator.state.scenarios.add(preset(name, service="chat", deployment="Phi-4"))
    opened = await stream(models["hasty"], seconds=60)
    assert (opened.deployment, opened.attempts) == ("dated/gpt-4o", 2)
    assert (await all_of(opened)).endswith(DONE)


class Watched:
    """A stream of a scripted endpoint that says when its reader left."""

    def __init__(self, *pieces: bytes) -> None:
        self.came, self.gone = asyncio.Event(), asyncio.Event()
        self._answer = streams(*pieces, end=by_silence)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.came.set()
        try:
            return await self._answer(request)
        except asyncio.CancelledError:
            self.gone.set()
            raise


async def test_who_stops_waiting_closes_the_connection(scripted, endpoint):
    watched = Watched()
    endpoint.script = [watched]
    caller = asyncio.create_task(stream(scripted["dated"], seconds=30))
    await asyncio.wait_for(watched.came.wait(), 5)
    caller.cancel()
    await asyncio.wait_for(watched.gone.wait(), 5)
    with pytest.raises(asyncio.CancelledError):
        await caller


async def test_closing_ends_the_models_work_and_a_second_time_does_nothing(scripted, endpoint):
    watched = Watched(ONE)
    endpoint.script = [watched]
    opened = await stream(scripted["dated"])
    assert await anext(aiter(opened)) == ONE
    await opened.aclose()
    await opened.aclose()
    await asyncio.wait_for(watched.gone.wait(), 5)
    with pytest.raises(UpstreamUnreachable):
        await anext(aiter(opened))


async def test_over_tls_too_closing_ends_the_models_work_at_once(models, emulator):
    forever = Effect(slow_stream_ms=100, says=(ScriptedChoice(content=("word ",) * 500),))
    emulator.state.scenarios.add(Scenario(forever, service="chat"))
    opened = await stream(models["dated"])
    await opened.aclose()
    await until(lambda: len(emulator.state.journal.of("chat")) == 1, seconds=15)


async def test_a_cancelled_reader_leaves_the_stream_to_be_closed(scripted, endpoint):
    watched = Watched(ONE)
    endpoint.script = [watched]
    opened = await stream(scripted["dated"])
    reader = asyncio.create_task(all_of(opened))
    await asyncio.sleep(0.1)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await opened.aclose()
    await asyncio.wait_for(watched.gone.wait(), 5)


async def test_no_text_of_the_conversation_is_in_a_repr(scripted, endpoint):
    endpoint.script = [streams(b'data: "a hidden answer"\n\n')]
    opened = await stream(scripted["dated"])
    assert "hidden" not in repr(opened)
    await opened.aclose()
