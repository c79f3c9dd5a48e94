"""Server-sent events as bytes: frames as they came, and the data in them.

WHATWG HTML, "Server-sent events": lines end in LF, CRLF or CR, a blank line ends an event, a line that begins with a
colon is a comment, several `data` lines are one text with line feeds between them, one byte order mark may come first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

DONE: Final = b"[DONE]"
"""The data of the last event of a stream of chat completion chunks."""

MAX_FRAME: Final = 1024 * 1024
"""Bytes of the longest frame that anybody should take; the decoder itself takes any."""

_BOM: Final = b"\xef\xbb\xbf"
_BLANK_LINE = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END = re.compile(rb"\r\n|\n|\r")
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")
_LONGEST_BLANK: Final = 4
_USUAL: Final = len(b"data: \n\n")


@dataclass(frozen=True, slots=True)
class Frame:
    """One event, or what stands where one could.

    Attributes:
        raw: Its exact bytes, the blank line that ends it included.
        data: Its `data` lines joined, None when it has none: comments, blank lines, other fields alone.
    """

    raw: bytes = field(repr=False)
    data: bytes | None = field(repr=False)

    @property
    def beside(self) -> bytes:
        """What its other lines say, comments among them, without the names of fields."""
        if self.data is not None and len(self.raw) == len(self.data) + _USUAL:
            return b""
        fields = map(_field, _LINE_END.split(self.raw.removeprefix(_BOM)))
        return b" ".join(value or name for name, value in fields if name != b"data" and (name or value))


class EventDecoder:
    """Bytes in pieces -> frames; whatever the pieces, the same frames, and their `raw` together is what was fed."""

    __slots__ = ("_at_start", "_buffer", "_scanned")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self._at_start = True

    @property
    def pending(self) -> int:
        """Bytes of an event whose end has not come yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; return the frames that they complete.

        A CR at the very end waits for the next byte, which may be its LF.
        """
        self._buffer += data
        return list(self._frames(closing=False))

    def close(self) -> list[Frame]:
        """Nothing more comes: what follows the last blank line is one last frame."""
        frames = list(self._frames(closing=True))
        if self._buffer:
            frames.append(self._frame(len(self._buffer)))
        return frames

    def _frames(self, *, closing: bool) -> Iterator[Frame]:
        while (end := self._end(closing=closing)) is not None:
            yield self._frame(end)

    def _end(self, *, closing: bool) -> int | None:
        """Where the first frame of the buffer ends."""
        buffer = self._buffer
        begin = len(_BOM) if self._at_start and buffer.startswith(_BOM) else 0
        found = _LINE_END.match(buffer, begin)
        if found is None:
            # A line end may have been seen half: the search goes back by what a blank line takes at most.
            found = _BLANK_LINE.search(buffer, max(begin, self._scanned - _LONGEST_BLANK))
        if found is None:
            self._scanned = len(buffer)
            return None
        if not closing and found.end() == len(buffer) and buffer[-1:] == b"\r":
            return None
        return found.end()

    def _frame(self, end: int) -> Frame:
        raw = bytes(self._buffer[:end])
        del self._buffer[:end]
        frame = Frame(raw, _data(raw.removeprefix(_BOM) if self._at_start else raw))
        self._scanned, self._at_start = 0, False
        return frame


def with_data(raw: bytes, data: bytes) -> bytes:
    """A frame with other data, which holds no line end; its other lines and its line ends stay."""
    bom = _BOM if raw.startswith(_BOM) else b""
    pieces = [bom]
    told = False
    for line, end in _LINE.findall(raw.removeprefix(bom)):
        if _field(line)[0] != b"data":
            pieces += (line, end)
        elif not told:
            pieces += (b"data: ", data, end)
            told = True
    return b"".join(pieces)


def event(data: bytes) -> bytes:
    """An event of its own."""
    return b"data: " + data + b"\n\n"


def _data(raw: bytes) -> bytes | None:
    if raw.startswith(b"data: ") and raw.endswith(b"\n\n") and raw.count(b"\n") == 2 and b"\r" not in raw:  # noqa: PLR2004 - the usual event: one line and a blank one
        return raw[6:-2]
    fields = (_field(line) for line in _LINE_END.split(raw))
    data = [value for name, value in fields if name == b"data"]
    return b"\n".join(data) if data else None


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")
