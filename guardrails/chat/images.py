"""Images that come along as data URLs: taken out of the body, and held against the limits of the service that judges.

Nothing is decoded but base64 and headers. The type is read from the bytes; what the URL declares is not believed.
Source of the limits: Azure AI Content Safety, `image:analyze`, api-version 2024-09-01.
"""

import binascii
import io
import re
from collections.abc import Iterable
from typing import Final

import imagesize

from guardrails.chat.address import field_path
from guardrails.chat.message import wrong
from guardrails.domain.content import Kind, Origin, Segment
from guardrails.domain.errors import TooLarge

MAX_BYTES: Final = 4 * 1024 * 1024
SMALLEST_SIDE: Final = 50
LONGEST_SIDE: Final = 7200

_DATA: Final = re.compile(r"[\x00-\x20]*d[\t\n\r]*a[\t\n\r]*t[\t\n\r]*a[\t\n\r]*:", re.IGNORECASE)
"""How a data URL may begin: readers of URLs overlook blanks before it, and line ends in the middle."""
_DATA_URL: Final = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)
_TYPES: Final = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|BM|II\*\x00|MM\x00\*|RIFF.{4}WEBP", re.DOTALL)
"""How a JPEG, PNG, GIF, BMP, TIFF or WEBP begins."""
_MOST_READS: Final = 20_000
"""A picture has some hundred blocks before its size is told. One of a million empty blocks is no picture."""


def image(url: str, pointer: str, origin: Origin) -> Segment:
    """The segment of an image's URL: the base64 of a data URL, or the address of an image somewhere else.

    Raises:
        InvalidRequest: it is a data URL without base64.
    """
    if _DATA.match(url) is None:
        return Segment(url, origin, pointer, editable=False, kind=Kind.REMOTE_IMAGE)
    start = _DATA_URL.match(url)
    if start is None:
        raise wrong("a data URL must hold an image in base64: data:image/png;base64,...", pointer)
    return Segment(url[start.end() :], origin, pointer, editable=False, kind=Kind.IMAGE)


def require_images(segments: Iterable[Segment]) -> None:
    """Hold every image that came along against the service's limits, equal ones once. Heavy for large ones.

    Raises:
        InvalidRequest: it is no base64, no image of a type the service takes, or too small or large in pixels.
        TooLarge: it is over `MAX_BYTES`.
    """
    distinct: dict[str, str] = {}
    for segment in segments:
        if segment.kind is Kind.IMAGE:
            distinct.setdefault(segment.text, segment.pointer)
    for payload, pointer in distinct.items():
        _require_image(payload, pointer)


def _require_image(payload: str, pointer: str) -> None:
    if len(payload) * 3 // 4 > MAX_BYTES + 2:
        raise TooLarge(f"an image may have at most {MAX_BYTES} bytes", field=field_path(pointer))
    data = _decoded(payload)
    if data is None:
        raise wrong("the data URL does not hold valid base64", pointer)
    if len(data) > MAX_BYTES:
        raise TooLarge(f"an image may have at most {MAX_BYTES} bytes", field=field_path(pointer))
    width, height = imagesize.get(_Head(data), exif_rotation=False) if _TYPES.match(data) else (-1, -1)
    if width < 0 or height < 0:
        raise wrong("must be an image: JPEG, PNG, GIF, BMP, TIFF or WEBP", pointer)
    if min(width, height) < SMALLEST_SIDE or max(width, height) > LONGEST_SIDE:
        detail = (
            f"an image must have {SMALLEST_SIDE} to {LONGEST_SIDE} pixels on each side; this has {width} x {height}"
        )
        raise wrong(detail, pointer)


def _decoded(payload: str) -> bytes | None:
    """Strictly: what one reader of a loose base64 sees in it need not be what another sees."""
    try:
        # Strict mode lets four and more signs of padding pass after a whole group.
        return None if payload.endswith("===") else binascii.a2b_base64(payload, strict_mode=True)
    except (binascii.Error, ValueError):
        return None


class _Head(io.BytesIO):
    """The bytes of an image for a parser of headers, which may ask for them so many times and no more."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self._reads += 1
        if self._reads > _MOST_READS:
            raise ValueError("too many blocks")
        return super().read(size)
