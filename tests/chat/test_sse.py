"""Events of a stream: the same frames however the bytes come, and never a byte lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.sse import EventDecoder, Frame, event, with_data


def decode(*pieces):
    decoder = EventDecoder()
    return [frame for piece in pieces for frame in decoder.feed(piece)] + decoder.close()


def data(raw):
    return [frame.data for frame in decode(raw)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_blank_line_ends_an_event(end):
    raw = b"data: a" + end + end + b"event: x" + end + b"data: b" + end + end
    assert [frame.data for frame in decode(raw)] == [b"a", b"b"]
    assert [frame.raw for frame in decode(raw)] == [raw[: 7 + 2 * len(end)], raw[7 + 2 * len(end) :]]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b": keep-alive\n\n", [None]),
        (b"\n\n", [None, None]),
        (b"id: 1\nretry: 5\nevent: x\n\n", [None]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data\n\n", [b""]),
        (b"data: \n\n", [b""]),
        (b"data: a:b\n\n", [b"a:b"]),
        (b"datax: a\n\n", [None]),
        (b" data: a\n\n", [None]),
        (b": data: a\ndata: b\n\n", [b"b"]),
        (b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", [b"a", None]),
        (b"\xef\xbb\xbf\n\ndata: b\n\n", [None, None, b"b"]),
        (b"data: a\r\n\rdata: b\n\r\n", [b"a", b"b"]),
        (b"data: a", [b"a"]),
        (b"data: a\r\r", [b"a"]),
        (b"", []),
    ],
)
def test_fields_are_read_as_the_standard_says(raw, found):
    assert data(raw) == found


def test_an_event_that_ends_in_line_feeds_is_there_at_once_and_a_last_cr_waits_for_its_line_feed():
    decoder = EventDecoder()
    assert decoder.feed(b"data: a\n\n") == [Frame(b"data: a\n\n", b"a")]
    assert decoder.feed(b"data: b\r\n\r") == []
    assert decoder.pending == 10
    assert decoder.feed(b"\ndata") == [Frame(b"data: b\r\n\r\n", b"b")]
    assert decoder.close() == [Frame(b"data", b"")]


bits = st.sampled_from(
    [b"data: ", b"data", b":", b" ", b"x", b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"id: 1", b"\xef\xbb\xbf",
     b"\xef", "é".encode()]
)  # fmt: skip
raws = st.lists(bits, max_size=14).map(b"".join)


@given(raws, st.lists(st.integers(0, 60), max_size=6))
def test_any_split_gives_the_same_frames_and_all_the_bytes(raw, cuts):
    whole = decode(raw)
    assert b"".join(frame.raw for frame in whole) == raw
    places = [0, *sorted(cuts), len(raw)]
    assert decode(*(raw[start:end] for start, end in pairwise(places))) == whole
    assert decode(*(raw[at : at + 1] for at in range(len(raw)))) == whole


@given(raws.filter(lambda raw: b"data" in raw))
def test_other_data_changes_nothing_else(raw):
    for frame in decode(raw):
        changed = with_data(frame.raw, b"{}")
        again = decode(changed)
        if frame.raw.startswith(b"\xef\xbb\xbf"):
            continue  # what such a frame says depends on whether it is the first
        if frame.data is None:
            assert changed == frame.raw
        else:
            assert [one.data for one in again] == [b"{}"]


def test_the_other_lines_and_line_ends_of_an_event_stay():
    raw = b"id: 1\r\ndata: a\r\n: note\r\ndata: b\r\n\r\n"
    assert with_data(raw, b"{}") == b"id: 1\r\ndata: {}\r\n: note\r\n\r\n"
    assert with_data(b"\xef\xbb\xbfdata: a\n\n", b"{}") == b"\xef\xbb\xbfdata: {}\n\n"
    assert decode(event(b"x")) == [Frame(b"data: x\n\n", b"x")]


@pytest.mark.timeout(60)  # a square of its bytes would take minutes
def test_a_long_event_in_single_bytes_is_quick():
    raw = b"data: " + b"x" * 500_000 + b"\n\n"
    assert len(decode(*(raw[at : at + 1] for at in range(len(raw))))) == 1
