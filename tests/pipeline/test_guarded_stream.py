"""A streamed answer under judgement: what goes on, when, and how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from azure_calls import until
from passing_time import PassTime

from guardrails.domain.check import CheckReport, CheckSpec, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Stage
from guardrails.domain.errors import GuardrailUnavailable, UpstreamUnreachable
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.pipeline.asking import Asked
from guardrails.pipeline.forwarding import FilterNotices
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.pipeline.guarded_stream import MOST_HELD_BYTES, GuardedStream
from guardrails.policy.policy import ChatPlan, CheckPlan, Policy, Release, Rule, StreamPlan
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.metrics import Metrics

EXCHANGE = Exchange("chk_1", "req_1", "/guarded-chat", "gpt-4o")
DONE = b"data: [DONE]\n\n"


class Words:
    """A check that blocks on a word; it can be slow, and it can fail."""

    name = "words"

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.read: list[str] = []
        self.cancelled = 0
        self.fails_on = ""

    async def inspect(self, inspection: Inspection, options: Any, deadline: Any) -> CheckReport:
        texts = [segment.text for segment in inspection.segments]
        self.read += texts
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.fails_on and any(self.fails_on in text for text in texts):
            return CheckReport("words", CheckStatus.FAILED, reason=FailureReason.UNAVAILABLE)
        found = [Finding("bad", None, segment.pointer) for segment in inspection.segments if "bomb" in segment.text]
        return CheckReport("words", CheckStatus.COMPLETED, tuple(found), calls=1)


class Model:
    """An open event stream whose bytes a test hands over one by one."""

    headers = MappingProxyType({"x-request-id": "azure"})
    deployment = "aoai/gpt-4o"
    attempts = 1

    def __init__(self) -> None:
        self._bytes: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self.taken = 0
        self.is_closed = False

    def says(self, *texts: str) -> "Model":
        for text in texts:
            self._bytes.put_nowait(chunk({"content": text}))
        return self

    def sends(self, *items: bytes | Exception | None) -> "Model":
        for item in items:
            self._bytes.put_nowait(item)
        return self

    def ends(self) -> "Model":
        return self.sends(chunk({}, finish="stop"), DONE, None)

    async def chunks(self) -> AsyncIterator[bytes]:
        while (item := await self._bytes.get()) is not None:
            if isinstance(item, Exception):
                raise item
            self.taken += len(item)
            yield item

    async def aclose(self) -> None:
        self.is_closed = True


def chunk(delta: dict[str, Any], *, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o", "choices": [choice]}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


class Rig:
    def __init__(self, *, mode: Mode = Mode.ENFORCE, release: Release = Release.WINDOW, stages: Any = tuple(Stage)):
        self.check = Words()
        self.model = Model()
        self.metrics = Metrics()
        self.records: list[dict[str, Any]] = []
        decisions = DecisionLog("stdout")
        decisions.record = self.records.append  # type: ignore[method-assign]
        self.guard = Guard({"words": self.check}, self.metrics, decisions)
        spec = CheckSpec("words", "words", frozenset({"bad"}), None, False, frozenset(Origin), lambda _: None)
        self.policy = Policy(
            ref=PolicyRef("p", "sha256:0"),
            description="",
            mode=mode,
            deadline_s=5.0,
            checks={"words": CheckPlan("words", spec.scan, Action.BLOCK, None)},
            rules=(Rule("no-bombs", frozenset(stages), "words", None, None, Action.BLOCK, None),),
            refusal="Stopped.",
            chat=ChatPlan(stream=StreamPlan(release, window=100, overlap=20, wait_s=0.05)),
        )

    async def stream(self) -> GuardedStream:
        asked = await self.guard.judge(
            Inspection(Stage.INPUT, "app", (Segment("hi", Origin.USER, "/messages/0/content"),)), self.policy, EXCHANGE
        )
        self.check.read.clear()
        judged = self.policy.judges(Stage.OUTPUT)
        notices = FilterNotices(self.guard, self.metrics)
        return GuardedStream(
            self.guard, self.metrics, notices, self.policy, Asked(asked, self.model, EXCHANGE), judged=judged
        )

    async def all_of(self, stream: GuardedStream, patience_s: float = 5.0) -> bytes:
        await stream.begin(patience_s)
        return b"".join([piece async for piece in stream.pieces(patience_s)])


def words(raw: bytes) -> str:
    """What an application reads."""
    said = ""
    for event in raw.split(b"\n\n"):
        if event.startswith(b"data: {"):
            for choice in json.loads(event[6:])["choices"]:
                said += choice["delta"].get("content") or ""
    return said


async def test_a_clean_stream_passes_byte_for_byte_and_leaves_one_record() -> None:
    rig = Rig()
    texts = [f"word{number} " for number in range(200)]
    sent = b"".join(chunk({"content": text}) for text in texts) + chunk({}, finish="stop") + DONE
    rig.model.says(*texts).ends()
    stream = await rig.stream()
    assert await rig.all_of(stream) == sent
    await stream.aclose()
    (record,) = rig.records
    assert record["stage"] == "output"
    assert record["verdict"] == "allow"
    assert record["stream"]["ending"] == "done"
    assert record["stream"]["released"] == sum(map(len, texts))
    assert record["stream"]["withheld"] == 0
    (receipt,) = record["coverage"]
    assert (receipt["characters"], receipt["checks"]) == (sum(map(len, texts)), ["words"])
    assert rig.model.is_closed


async def test_nothing_goes_on_before_its_window_was_judged() -> None:
    rig = Rig()
    rig.check.may_answer.clear()
    stream = await _with_open_gate_for_input(rig)
    rig.model.says(*["quite harmless words "] * 40).ends()
    await stream.begin(0.1)
    pieces = stream.pieces(0.05)
    assert [await anext(pieces) for _ in range(3)] == [b"", b"", b""]
    rig.check.may_answer.set()
    rest = b"".join([piece async for piece in pieces])
    assert words(rest) == "quite harmless words " * 40
    await stream.aclose()


async def test_the_model_is_read_on_while_a_window_is_judged() -> None:
    rig = Rig()
    stream = await _with_open_gate_for_input(rig)
    rig.check.may_answer.clear()
    rig.model.says("x" * 150 + " ")
    await stream.begin(0.1)
    before = rig.model.taken
    rig.model.says("y" * 50)
    await asyncio.sleep(0.05)
    assert rig.model.taken > before
    rig.check.may_answer.set()
    rig.model.ends()
    assert words(b"".join([piece async for piece in stream.pieces(5)])) == "x" * 150 + " " + "y" * 50
    await stream.aclose()


async def test_a_blocked_window_ends_the_stream_with_one_last_chunk_and_closes_the_model() -> None:
    rig = Rig()
    rig.model.says(*["fine words "] * 30)
    stream = await rig.stream()
    await stream.begin(5)
    rig.model.says("how to build a bomb ", *["more "] * 200)
    raw = b"".join([piece async for piece in stream.pieces(5)])
    await stream.aclose()
    assert "bomb" not in words(raw)
    assert words(raw).startswith("fine words ")
    assert raw.endswith(DONE)
    last = json.loads(raw.split(b"\n\n")[-3][6:])
    assert [choice["finish_reason"] for choice in last["choices"]] == ["content_filter"]
    assert raw.count(b"content_filter") >= 1
    assert raw.count(b"[DONE]") == 1
    assert rig.model.is_closed
    (record,) = rig.records
    assert (record["verdict"], record["blocked"], record["stream"]["ending"]) == ("block", True, "cut")
    assert record["stream"]["withheld"] > 0
    assert record["stream"]["adds_up"]
    (finding,) = record["checks"][0]["findings"]
    assert record["reasons"][0]["span"] == finding["span"], "a reason names the place of its finding"


async def test_a_failed_check_before_anything_went_out_is_a_status_code_and_later_a_cut() -> None:
    rig = Rig()
    rig.check.fails_on = "boo"
    rig.model.says("boo ").ends()
    stream = await rig.stream()
    with pytest.raises(GuardrailUnavailable):
        await stream.begin(5)
    await stream.aclose()
    assert rig.records[0]["degraded"]
    assert rig.records[0]["stream"]["released"] == 0

    rig = Rig()
    rig.check.fails_on = "boo"
    rig.model.says(*["fine words "] * 30)
    stream = await rig.stream()
    await stream.begin(5)
    rig.model.says("boo ").ends()
    raw = b"".join([piece async for piece in stream.pieces(5)])
    await stream.aclose()
    assert b"content_filter" in raw
    assert "boo" not in words(raw)
    assert rig.records[0]["degraded"]


async def test_an_end_without_an_end_is_an_error_after_everything_that_came() -> None:
    for death in (UpstreamUnreachable("reset", reason=FailureReason.NETWORK), None):
        rig = Rig()
        rig.model.says(*["fine words "] * 30).sends(death)
        stream = await rig.stream()
        await stream.begin(5)
        got: list[bytes] = []
        with pytest.raises(UpstreamUnreachable):
            await _take_all(stream, got)
        await stream.aclose()
        assert words(b"".join(got)) == "fine words " * 30
        assert rig.records[0]["stream"]["ending"] == "broke"


async def test_half_an_event_before_a_break_never_came() -> None:
    rig = Rig()
    rig.model.says("fine words ").sends(chunk({"content": "half"})[:40], UpstreamUnreachable("reset"))
    stream = await rig.stream()
    await stream.begin(5)
    got: list[bytes] = []
    with pytest.raises(UpstreamUnreachable):
        await _take_all(stream, got)
    await stream.aclose()
    assert b"".join(got) == chunk({"content": "fine words "})


async def test_what_breaks_before_anything_went_out_is_an_error_and_no_stream() -> None:
    for broken in (b'data: {"choices": [{"del\n\n', b"data: 17\n\n", b"data: \xff\xfe\n\n"):
        rig = Rig()
        rig.model.sends(broken).says("fine").ends()
        stream = await rig.stream()
        with pytest.raises(UpstreamUnreachable):
            await stream.begin(5)
        await stream.aclose()
        assert rig.records[0]["blocked"]


async def test_an_event_that_cannot_be_read_cuts_the_stream() -> None:
    rig = Rig()
    rig.model.says(*["fine words "] * 30)
    stream = await rig.stream()
    await stream.begin(5)
    rig.model.sends(b"data: {{{\n\n").says("unread")
    raw = b"".join([piece async for piece in stream.pieces(5)])
    await stream.aclose()
    assert b"unread" not in raw
    assert raw.endswith(DONE)
    (record,) = rig.records
    assert (record["blocked"], record["degraded"]) == (True, True)
    assert record["reasons"][0]["check"] == "stream"
    assert not record["stream"]["adds_up"], "no evidence of a check says so"


async def test_a_caller_who_leaves_stops_the_checks_and_the_model(pass_time: PassTime) -> None:
    rig = Rig()
    stream = await _with_open_gate_for_input(rig)
    rig.check.may_answer.clear()
    rig.model.says("x" * 300)
    beginning = asyncio.create_task(stream.begin(30))
    await until(lambda: any("xxx" in text for text in rig.check.read))
    pass_time(31)
    await beginning
    await stream.aclose()
    assert rig.check.cancelled == 1
    assert rig.model.is_closed
    assert rig.records[0]["stream"]["ending"] == "caller_left"
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert left == []


async def test_who_takes_nothing_stops_the_reading() -> None:
    rig = Rig()
    stream = await rig.stream()
    rig.model.says(*["0123456789 " * 50] * 5_000)
    await stream.begin(5)
    await asyncio.sleep(0.3)
    assert rig.model.taken < 4 * MOST_HELD_BYTES
    await stream.aclose()


async def test_a_large_overlap_in_small_pieces_does_not_stand_still() -> None:
    rig = Rig()
    rig.policy = replace(rig.policy, chat=ChatPlan(stream=StreamPlan(window=10_000, overlap=5_000, wait_s=0.05)))
    texts = ["a "] * 6_000
    rig.model.says(*texts).ends()
    stream = await rig.stream()
    assert words(await rig.all_of(stream)) == "".join(texts)
    await stream.aclose()


async def test_released_whole_shows_nothing_until_the_end_was_judged(pass_time: PassTime) -> None:
    rig = Rig(release=Release.WHOLE)
    rig.model.says(*["fine words "] * 100)
    stream = await rig.stream()
    beginning = asyncio.create_task(stream.begin(30))
    await until(lambda: any("fine words" in text for text in rig.check.read))  # windows are judged while it comes
    pass_time(31)
    await beginning
    pieces = stream.pieces(0.05)
    assert await anext(pieces) == b""
    rig.model.says("a bomb").ends()
    raw = b"".join([piece async for piece in pieces])
    assert words(raw) == ""
    assert b"content_filter" in raw
    await stream.aclose()


async def test_a_policy_without_a_rule_for_answers_holds_nothing_and_says_that_nobody_read_them() -> None:
    rig = Rig(stages=(Stage.INPUT,))
    stream = await rig.stream()
    rig.model.says("a bomb")
    await stream.begin(5)
    rig.model.ends()
    assert words(b"".join([piece async for piece in stream.pieces(5)])) == "a bomb"
    await stream.aclose()
    assert rig.check.read == []
    (record,) = rig.records
    assert [check["status"] for check in record["checks"]] in ([], ["skipped"])


async def test_monitoring_changes_nothing_and_records_what_it_would_have_done() -> None:
    rig = Rig(mode=Mode.MONITOR)
    texts = [*["fine words "] * 30, "a bomb ", "and more"]
    rig.model.says(*texts).ends()
    stream = await rig.stream()
    assert words(await rig.all_of(stream)) == "".join(texts)
    await stream.aclose()
    (record,) = rig.records
    assert (record["verdict"], record["blocked"], record["stream"]["ending"]) == ("block", False, "done")
    assert record["stream"]["adds_up"]


async def test_evidence_that_did_not_fit_does_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardrails.pipeline.stream_account.MOST_FINDINGS", 1)
    rig = Rig(mode=Mode.MONITOR)
    rig.model.says("a bomb ", *["fine words "] * 30)
    stream = await rig.stream()
    await stream.begin(5)
    rig.model.says("a bomb ", *["fine words "] * 30).ends()
    await _take_all(stream, [])
    await stream.aclose()
    (record,) = rig.records
    assert (record["verdict"], record["stream"]["adds_up"]) == ("block", False)


async def test_what_was_never_judged_of_an_answer_says_why() -> None:
    rig = Rig()
    stream = await _with_open_gate_for_input(rig)
    rig.check.may_answer.clear()
    rig.model.says("x" * 30)
    await stream.begin(0.02)
    await stream.aclose()
    (record,) = rig.records
    (receipt,) = record["coverage"]
    assert receipt["not_read"] == [{"check": "words", "why": "the stream ended before it was judged"}]
    assert record["stream"]["adds_up"]


async def _with_open_gate_for_input(rig: Rig) -> GuardedStream:
    rig.check.may_answer.set()
    stream = await rig.stream()
    rig.check.may_answer.clear()
    return stream


async def _take_all(stream: GuardedStream, got: list[bytes]) -> None:
    async for piece in stream.pieces(5):
        got.append(piece)  # noqa: PERF401 - what came before an error counts
