"""A held stream: nothing unjudged goes on, what is clean goes on byte for byte, and in order."""

import pytest
from chat_streams import CONTENT, END, NOTHING, answer, called, chunk, delta, drive, finish, said, shape, split, texts
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.held import HeldStream
from guardrails.chat.held_frame import MAX_HELD
from guardrails.chat.restorer import Restorer
from guardrails.chat.sse import MAX_FRAME
from guardrails.domain.content import Edit, Origin, Span

HELLO = "Hello there, this is a longer text. It has two sentences and 3 more words."

words = st.text(alphabet=st.sampled_from("abc  .\n,é😀\u200d\u0301\u05d0\u3002文"), min_size=1, max_size=12)
frames = st.one_of(
    words.map(said),
    words.map(lambda text: said(text, 1)),
    words.map(lambda text: chunk(delta(0, content=text), delta(1, content="x"))),
    st.just(b": keep-alive\n\n"),
    st.just(b"event: ping\r\n\r\n"),
    st.just(chunk(usage={"total_tokens": 1})),
    st.just(chunk({"index": 0, "finish_reason": None, "content_filter_results": {}, "content_filter_offsets": {}})),
    words.map(lambda text: chunk(provider=text)),
)
turns = st.tuples(
    st.lists(words.map(lambda text: chunk(delta(0, reasoning_content=text))), max_size=3),
    st.lists(frames, max_size=14),
    st.lists(words.map(called), max_size=4),
    st.lists(words.map(lambda text: called(text, 1, name="f")), max_size=4),
)
streams = turns.map(
    lambda turn: b"".join([
        chunk(id="", prompt_filter_results=[]), chunk(delta(0, role="assistant", content="")),
        *turn[0], *turn[1], *turn[2], *turn[3], finish(0, "tool_calls"), finish(1), chunk(usage={}), END,
    ])
)  # fmt: skip
shapes = st.builds(shape, st.integers(1, 60), st.integers(0, 25), whole=st.booleans())
cuts = st.lists(st.integers(0, 10_000), max_size=25)


@given(streams, shapes, cuts, st.integers(0, 4))
def test_a_clean_stream_passes_byte_for_byte_however_it_comes(raw, how, places, patience):
    driven = drive(split(raw, places), how, patience=patience)
    assert driven.stream.broken is None
    assert driven.out == raw
    assert driven.stream.drained
    assert driven.stream.unjudged == driven.stream.held_bytes == 0
    assert driven.stream.withheld == {}


@given(streams, shapes, cuts, st.integers(0, 4))
def test_nothing_is_released_unjudged_and_whatever_is_as_long_as_the_overlap_was_seen_whole(raw, how, places, patience):
    driven = drive(split(raw, places), how, patience=patience)
    whole = texts(raw)
    for released, settled in driven.steps:
        for pointer, end in released.items():
            seen = [
                (window.offsets[pointer], window.offsets[pointer] + len(segment.text))
                for window in driven.windows[:settled]
                for segment in window.segments
                if segment.pointer == pointer
            ]
            for start in range(end):
                stop = min(start + max(how.overlap, 1), len(whole[pointer]))
                assert any(begin <= start and stop <= last for begin, last in seen)


@given(streams, shapes, cuts)
def test_windows_hold_the_text_where_they_say(raw, how, places):
    whole = texts(raw)
    for window in drive(split(raw, places), how).windows:
        assert len({segment.pointer for segment in window.segments}) == len(window.segments)
        for segment in window.segments:
            assert segment.origin is Origin.ASSISTANT
            if segment.pointer in window.offsets:
                at = window.offsets[segment.pointer]
                assert whole[segment.pointer][at : at + len(segment.text)] == segment.text


@given(streams, cuts)
def test_a_stream_that_is_released_whole_is_silent_until_its_end(raw, places):
    driven = drive(split(raw, places), shape(whole=True))
    assert b"".join(driven.outs[:-1]) in {b"", raw}
    assert len(driven.windows) >= 1 or not texts(raw)


def test_without_a_rule_everything_goes_at_once():
    stream = HeldStream(shape(judged=False), NOTHING)
    for frame in (said("a"), b": x\n\n", b"data: not json\n\n", said("b"), finish(), END):
        stream.feed(frame)
        assert stream.release() == frame
        assert (stream.unjudged, stream.window()) == (0, None)
    assert stream.finished
    assert stream.drained


def test_the_start_of_the_next_text_ends_the_one_before_it():
    stream = HeldStream(shape(1, 20), NOTHING)
    for frame, out in (
        (chunk(delta(0, reasoning_content="I think so.")), b""),
        (said("Yes it is."), chunk(delta(0, reasoning_content="I think so."))),
        (called("", name="run"), said("Yes it is.")),
        (called('{"a": 1}'), called("", name="run")),
        (called("{", 1), called('{"a": 1}')),
    ):
        stream.feed(frame)
        if (window := stream.window()) is not None:
            stream.settle(window, ())
        assert stream.release() == out


def test_a_text_that_speaks_again_is_seen_together_with_the_end_of_what_had_gone():
    stream = HeldStream(shape(1, 20), NOTHING)

    def judge(frame):
        stream.feed(frame)
        window = stream.window()
        stream.settle(window, ())
        return [segment.text for segment in window.segments], texts(stream.release())

    thought = "/choices/0/message/reasoning_content"
    assert judge(chunk(delta(0, reasoning_content="4111 1111 "))) == (["4111 1111 "], {})
    assert judge(said("so ")) == (["so "], {thought: "4111 1111 "})
    assert judge(chunk(delta(0, reasoning_content="1111 1111 "))) == (["4111 1111 1111 1111 "], {})
    # From now on it is over only when its choice is.
    assert judge(called('{"a": ')) == (['{"a": '], {CONTENT: "so "})
    assert judge(chunk(delta(0, "stop", refusal="no"))) == (["no"], {
        thought: "1111 1111 ", "/choices/0/message/tool_calls/0/function/arguments": '{"a": ',
        "/choices/0/message/refusal": "no",
    })  # fmt: skip


def test_an_edit_that_begins_in_what_has_gone_breaks_the_stream():
    stream = HeldStream(shape(1, 20), NOTHING)
    for frame in (chunk(delta(0, reasoning_content="4111 1111 ")), said("so ")):
        stream.feed(frame)
        stream.settle(stream.window(), ())
        stream.release()
    stream.feed(chunk(delta(0, reasoning_content="1111 1111 ")))
    stream.settle(stream.window(), [Edit("/choices/0/message/reasoning_content", Span(0, 19), "*")])
    assert stream.release() == b""
    assert stream.broken == "an edit begins in text that has gone on"


def test_a_window_ends_at_a_border_and_the_next_begins_at_one():
    stream = HeldStream(shape(1, 8), NOTHING)
    stream.feed(said("The quick brown fox jum"))
    window = stream.window()
    assert window.segments[0].text == "The quick brown fox "
    assert stream.unjudged == 3
    assert stream.window() is None
    stream.settle(window, ())
    assert stream.release() == b""
    stream.feed(said("ps over"))
    window = stream.window()
    assert (window.segments[0].text, window.offsets) == ("brown fox jumps ", {CONTENT: 10})


def test_without_a_border_a_window_takes_all_there_is():
    stream = HeldStream(shape(1, 4), NOTHING)
    stream.feed(said("abcdefghijkl"))
    window = stream.window()
    assert window.segments[0].text == "abcdefghijkl"
    stream.settle(window, ())
    stream.feed(said("m"))
    assert stream.window().offsets == {CONTENT: 8}


def test_a_citation_that_repeats_is_judged_once():
    stream = HeldStream(shape(1, 4), NOTHING)
    stream.feed(chunk(citations=["https://a.de"]))
    stream.feed(chunk(citations=["https://a.de"]))
    window = stream.window()
    assert [(segment.text, segment.editable) for segment in window.segments] == [('["https://a.de"]', False)]
    assert stream.release() == b""
    stream.settle(window, ())
    stream.feed(chunk(citations=["https://a.de"]))
    assert stream.release() == chunk(citations=["https://a.de"]) * 3
    stream.feed(chunk(error={"message": "over"}))
    assert stream.window().segments[0].pointer == "/error"
    assert stream.release() == b""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"data: {\n\n", "not JSON"),
        (b"data: \xff\n\n", "not JSON"),
        (b"data: [DONE]x\n\n", "not JSON"),
        (chunk(delta(content=3)), "no list"),
        (END + said("more"), "after its end"),
        (b"data: " + b"x" * MAX_FRAME, "longer than"),
        (chunk(x="y" * MAX_FRAME), "longer than"),
        (said("x" * 1_000_000) * (MAX_HELD // 1_000_000 + 1), "than may be held"),
        (b"\n" * 140_000, "than may be held"),
        (chunk(*(delta(index, **{f"a{at}": "x" for at in range(50)}) for index in range(100))), "more than 4096 texts"),
    ],
)
def test_what_cannot_be_judged_breaks_the_stream_and_nothing_more_comes_out(data, why):
    stream = HeldStream(shape(), NOTHING)
    stream.feed(said("secret"))
    stream.feed(data)
    stream.end()
    assert why in stream.broken
    assert "secret" not in stream.broken
    assert (stream.release(), stream.window(), stream.drained) == (b"", None, False)
    stream.feed(said("more"))
    assert stream.release() == b""


def test_a_last_event_without_its_blank_line_is_judged_too():
    raw = said("Hello")[:-2]
    stream = HeldStream(shape(), NOTHING)
    stream.feed(raw)
    assert (stream.unjudged, stream.held_bytes) == (0, len(raw))
    stream.end()
    assert stream.finished
    window = stream.window()
    assert window.segments[0].text == "Hello"
    assert stream.release() == b""
    stream.settle(window, ())
    assert stream.release() == raw
    assert stream.drained


def test_only_the_window_under_judgement_is_settled_and_only_inside_it():
    stream = HeldStream(shape(), NOTHING)
    stream.feed(said(HELLO) + called("{}", name="run"))
    window = stream.window()
    for edit in (Edit("/x", Span(0, 1), ""), Edit(CONTENT, Span(0, 1000), "")):
        with pytest.raises(ValueError, match="no segment"):
            stream.settle(window, [edit])
    name = "/choices/0/message/tool_calls/0/function/name"
    stream.settle(window, [Edit(name, Span(0, 3), "x")])
    assert stream.broken == "an edit of a text that cannot be edited"
    with pytest.raises(ValueError, match="not under judgement"):
        stream.settle(window, ())


@given(streams, st.integers(0, 200), cuts)
def test_released_and_withheld_are_all_that_came(raw, at, places):
    stream = HeldStream(shape(20, 5), NOTHING)
    for data in split(raw[: at * 20], places):
        stream.feed(data)
        if (window := stream.window()) is not None:
            stream.settle(window, ())
        stream.release()
    whole = texts(raw[: len(raw[: at * 20]) - stream._decoder.pending])
    together = {p: stream.released.get(p, 0) + stream.withheld.get(p, 0) for p in whole}
    assert together == {pointer: len(text) for pointer, text in whole.items()}


def test_a_restorer_alone_needs_no_judgement():
    restorer = Restorer({"[EMAIL_k3v9q2m7]": "anna@contoso.com"})
    raw = answer(["To [EM", "AIL_k3v9", "q2m7]", " now"])
    driven = drive([raw[at : at + 50] for at in range(0, len(raw), 50)], shape(judged=False), restorer=restorer)
    assert texts(driven.out) == {CONTENT: "To anna@contoso.com now"}
    assert driven.windows == []


def test_what_a_comment_says_is_judged_like_everything_else():
    stream = HeldStream(shape(), NOTHING)
    stream.feed(b": a secret in a comment\n\n")
    assert stream.release() == b""
    window = stream.window()
    assert [(segment.pointer, segment.text) for segment in window.segments] == [("/stream", "a secret in a comment")]
    stream.settle(window, ())
    assert stream.release() == b": a secret in a comment\n\n"


@pytest.mark.parametrize("line", [b"event: note this", b"id: a secret", b"a line that is no field"])
def test_other_lines_of_an_event_are_judged_too(line):
    stream = HeldStream(shape(), NOTHING)
    stream.feed(line + b"\n" + finish())
    assert stream.release() == b""
    assert stream.window().segments[0].pointer == "/stream"


def test_a_comment_of_one_word_goes_on_and_one_that_is_no_text_breaks_the_stream():
    stream = HeldStream(shape(), NOTHING)
    stream.feed(b": keep-alive\n\n")
    assert stream.release() == b": keep-alive\n\n"
    stream.feed(b": \xff\n\n")
    assert stream.broken is not None
    assert stream.release() == b""
