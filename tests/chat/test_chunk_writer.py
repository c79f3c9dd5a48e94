"""What we write into a stream is what callers' SDKs read."""

import httpx2
import orjson
import pytest
from chat_streams import CONTENT, END, NOTHING, called, chunk, drive, finish, said, shape
from openai import APIError, OpenAI
from openai.types.chat import ChatCompletionChunk

from guardrails.chat.held import HeldStream
from guardrails.chat.sse import EventDecoder
from guardrails.domain.content import Edit, Span

RESULTS = {"hate": {"filtered": True, "severity": "high"}}


def cut_after(*frames, release=False, refusal="No.", judged=False):
    stream = HeldStream(shape(judged=judged), NOTHING)
    for frame in frames:
        stream.feed(frame)
    if release and (window := stream.window()) is not None:
        stream.settle(window, ())
    out = stream.release() if release else b""
    return stream, out, stream.cut(RESULTS, refusal)


def body_of(raw):
    first, last = EventDecoder().feed(raw)
    assert last.raw == END
    body = orjson.loads(first.data)
    ChatCompletionChunk.model_validate(body, strict=True)
    return body


def read_by_sdk(raw, **options):
    """The chunks that the official SDK makes of a stream."""

    def respond(request):
        return httpx2.Response(200, content=raw, headers={"content-type": "text/event-stream"})

    client = OpenAI(
        api_key="x", base_url="http://localhost", http_client=httpx2.Client(transport=httpx2.MockTransport(respond))
    )
    with client:
        return list(client.chat.completions.create(model="m", messages=[], stream=True, **options))


def test_the_sdk_reads_a_stream_that_was_edited_and_cut():
    def judge(window):
        return [Edit(segment.pointer, Span(0, 4), "[X]") for segment in window.segments if "Anna" in segment.text]

    driven = drive([chunk(id="", prompt_filter_results=[]), b": keep-alive\r\n\r\n", said("Anna is "), said("here. ")],
                   shape(1, 0), judge=judge)  # fmt: skip
    raw = driven.out + HeldStream(shape(), NOTHING).cut(RESULTS, "No.")
    chunks = read_by_sdk(raw)
    assert [[choice.delta.content for choice in one.choices] for one in chunks] == [[], ["[X] is "], ["here. "], [None]]
    assert chunks[-1].choices[0].finish_reason == "content_filter"
    assert chunks[-1].choices[0].delta.refusal == "No."
    assert chunks[-1].choices[0].model_extra["content_filter_results"] == RESULTS


def test_the_sdk_raises_on_an_error_that_passed():
    driven = drive([said("Hi. "), chunk(error={"message": "overloaded", "code": "x"})], shape())
    with pytest.raises(APIError, match="overloaded"):
        read_by_sdk(driven.out)


def test_a_cut_ends_every_choice_that_has_begun_and_not_ended():
    stream, _, raw = cut_after(said("one. ", 2), finish(1), said("two. ", 0), release=True, judged=True)
    body = body_of(raw)
    assert {name: value for name, value in body.items() if name != "choices"} == {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "gpt-4o",
        "system_fingerprint": "fp_1",
    }  # fmt: skip
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert body["choices"][2] == {
        "index": 2, "delta": {"refusal": "No."}, "logprobs": None, "finish_reason": "content_filter",
        "content_filter_results": RESULTS,
        "content_filter_offsets": {"check_offset": 0, "start_offset": 0, "end_offset": 5},
    }  # fmt: skip
    assert stream.finished
    assert stream.drained
    assert (stream.cut(RESULTS, None), stream.release(), stream.window()) == (b"", b"", None)


def test_a_cut_says_what_it_leaves_out():
    stream, _, raw = cut_after(said("secret"), finish(), judged=True)
    (choice,) = body_of(raw)["choices"]
    assert choice["content_filter_offsets"] == {"check_offset": 0, "start_offset": 0, "end_offset": 6}
    assert (stream.released, stream.withheld) == ({}, {CONTENT: 6})


def test_a_choice_whose_end_has_gone_on_is_not_ended_again():
    _, out, raw = cut_after(finish(1), said("two. ", 0), release=True, judged=True)
    assert out == finish(1)
    assert [choice["index"] for choice in body_of(raw)["choices"]] == [0]


def test_where_nobody_read_the_stream_nothing_is_said_of_characters():
    _, _, raw = cut_after(said("a"))
    assert "content_filter_offsets" not in body_of(raw)["choices"][0]


def test_a_cut_before_any_choice_ends_the_first_one():
    _, _, raw = cut_after(refusal=None)
    body = body_of(raw)
    assert (body["id"], body["created"], body["model"]) == ("", 0, "")
    assert [(choice["index"], choice["delta"]) for choice in body["choices"]] == [(0, {})]


def test_a_cut_after_all_choices_ended_still_says_so():
    _, _, raw = cut_after(said("a"), finish(), release=True)
    assert [choice["finish_reason"] for choice in body_of(raw)["choices"]] == ["content_filter"]


def test_what_is_rewritten_is_a_chunk_too():
    def judge(window):
        return [Edit(segment.pointer, Span(0, 4), "[X]") for segment in window.segments if segment.editable]

    raw = drive([said("Anna is here. ") + called("", name="f") + called('{"a":"b"}') + finish() + END], shape(),
                judge=judge).out  # fmt: skip
    for frame in EventDecoder().feed(raw)[:-1]:
        ChatCompletionChunk.model_validate(orjson.loads(frame.data), strict=True)
