"""Images are held against the service's limits by what their bytes say, and decoded no further."""

import base64
import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import data_url, picture

from guardrails.chat.images import LONGEST_SIDE, MAX_BYTES, SMALLEST_SIDE, image, require_images
from guardrails.domain.content import Origin
from guardrails.domain.errors import InvalidRequest, TooLarge

POINTER = "/messages/0/content/1/image_url/url"
FIELD = "messages[0].content[1].image_url.url"
KINDS = ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"]


def require(data: bytes, declared: str = "image/png") -> None:
    require_images([image(data_url(data, declared), POINTER, Origin.USER)])


def refusal(data: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        require(data)
    assert caught.value.field == FIELD
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
@given(st.integers(1, 120), st.integers(1, 120))
@settings(max_examples=15)
def test_every_type_is_measured_by_its_bytes_whatever_is_declared(kind, width, height):
    data = picture(kind=kind, size=(width, height))
    if min(width, height) >= SMALLEST_SIDE:
        require(data, "text/plain")
    else:
        assert f"{width} x {height}" in refusal(data).detail


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG"])
@pytest.mark.parametrize("size", [(LONGEST_SIDE + 1, 60), (60, LONGEST_SIDE + 1)])
def test_an_image_too_long_in_pixels_is_refused_with_the_limit(kind, size):
    require(picture(kind=kind, size=(LONGEST_SIDE, SMALLEST_SIDE)))
    assert "50 to 7200 pixels" in refusal(picture(kind=kind, size=size)).detail


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='60' height='60'/>",
        b"<?xml version='1.0'?><svg width='60' height='60'/>",
        b"P1\n60 60\n",
        b"%PDF-1.7",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x02" * 200_000,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 30,
        b"GIF89a",
        b"BM",
        b"II*\x00\xff\xff\xff\xff" + b"\0" * 20,
        b"RIFF\0\0\0\0WEBPxxxx" + b"\0" * 30,
        b"\0\0\0\x18ftypheic" + b"\0" * 30,
    ],
    ids=range(14),
)
def test_what_is_no_image_of_a_type_the_service_takes_is_refused(data):
    assert "JPEG, PNG, GIF, BMP, TIFF or WEBP" in refusal(data).detail


@given(st.binary(max_size=60), st.sampled_from(KINDS), st.integers(0, 40))
def test_broken_headers_are_measured_or_refused_and_never_break_us(noise, kind, at):
    data = picture(kind=kind)
    with contextlib.suppress(InvalidRequest):
        require(data[:at] + noise + data[at + len(noise) :])


@pytest.mark.parametrize(
    "payload", ["AAA", "A A=", "AAAA\n", "AA-_", "%41%41", "AAAA====", "AA==AA==", "AA==x", "=AAA", "é", "\ud800"]
)
def test_what_is_no_strict_base64_is_refused(payload):
    with pytest.raises(InvalidRequest, match="valid base64"):
        require_images([image("data:image/png;base64," + payload, POINTER, Origin.USER)])


def test_four_mebibytes_fit_and_one_byte_more_does_not():
    data = picture()
    require(data + b"\0" * (MAX_BYTES - len(data)))
    for extra in (1, 2, 3, 1_000_000):
        with pytest.raises(TooLarge, match=f"{MAX_BYTES} bytes") as caught:
            require(data + b"\0" * (MAX_BYTES - len(data) + extra))
        assert caught.value.field == FIELD


def test_a_picture_of_nothing_but_empty_blocks_costs_little():
    started = time.process_time()  # its own work: what else the machine does does not count
    refusal(b"\xff\xd8" + b"\xff\xe5\x00\x02" * (MAX_BYTES // 4 - 1))
    assert time.process_time() - started < 5


def test_no_error_repeats_what_was_sent():
    secret = base64.b64encode(b"anna.smith@contoso.com").decode()
    with pytest.raises(InvalidRequest) as caught:
        require_images([image("data:image/png;base64," + secret, POINTER, Origin.USER)])
    assert secret not in f"{caught.value.detail} {caught.value}"
