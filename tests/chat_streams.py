"""Streams of chat completion chunks for tests: made, driven through a held stream, and read back."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import orjson

from guardrails.chat.chunk import read
from guardrails.chat.held import HeldStream
from guardrails.chat.held_window import Shape, Window
from guardrails.chat.restorer import Restorer
from guardrails.chat.sse import DONE, EventDecoder
from guardrails.domain.content import Edit

CONTENT = "/choices/0/message/content"
NOTHING = Restorer({})
END = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Paced(Shape):
    """A shape, and how many new characters make a window."""

    window: int = 40


def shape(window=40, overlap=10, *, whole=False, judged=True) -> Paced:
    return Paced(overlap, whole, judged, window)


def chunk(*choices: Mapping[str, Any], **fields: Any) -> bytes:
    body = {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "gpt-4o",
        "system_fingerprint": "fp_1", "choices": list(choices), **fields,
    }  # fmt: skip
    return b"data: " + orjson.dumps(body) + b"\n\n"


def delta(index: int = 0, finish_reason: str | None = None, **members: Any) -> dict[str, Any]:
    return {"index": index, "delta": members, "finish_reason": finish_reason}


def said(text: str, index: int = 0) -> bytes:
    return chunk(delta(index, content=text))


def called(text: str, call: int = 0, index: int = 0, **function: Any) -> bytes:
    return chunk(delta(index, tool_calls=[{"index": call, "function": {"arguments": text, **function}}]))


def finish(index: int = 0, reason: str = "stop") -> bytes:
    return chunk(delta(index, reason))


def answer(pieces: Iterable[str], make: Callable[[str], bytes] = said) -> bytes:
    """A stream of one choice that says these pieces."""
    return b"".join([*map(make, pieces), finish(), END])


def texts(raw: bytes) -> dict[str, str]:
    """What a caller makes of a stream: the whole text at each pointer."""
    whole: dict[str, str] = defaultdict(str)
    decoder = EventDecoder()
    for frame in [*decoder.feed(raw), *decoder.close()]:
        if frame.data and frame.data != DONE:
            for piece in read(frame.data).pieces:
                whole[piece.pointer] += piece.text
    return dict(whole)


Judge = Callable[[Window], list[Edit]]


def silent(window: Window) -> list[Edit]:
    return []


@dataclass
class Driven:
    """What came of a stream, and what its judge saw.

    `steps`: after each release, what was released by then and how many windows were settled.
    """

    stream: HeldStream
    out: bytes = b""
    outs: list[bytes] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    steps: list[tuple[dict[str, int], int]] = field(default_factory=list)


def drive(
    raw: bytes | Iterable[bytes],
    how: Paced,
    *,
    restorer: Restorer = NOTHING,
    judge: Judge = silent,
    patience: int = 0,
) -> Driven:
    """Feed a stream, judge a window when enough is new, `patience` feeds later settle it."""
    stream = HeldStream(how, restorer)
    driven = Driven(stream)
    waiting: list[tuple[int, Window]] = []

    def release() -> None:
        piece = stream.release()
        driven.out += piece
        driven.outs.append(piece)
        driven.steps.append((stream.released, len(driven.windows)))

    def settle() -> None:
        _, window = waiting.pop()
        stream.settle(window, judge(window))
        driven.windows.append(window)

    for number, data in enumerate([raw] if isinstance(raw, bytes) else raw):
        stream.feed(data)
        if waiting and waiting[0][0] <= number:
            settle()
        if not waiting and stream.unjudged >= how.window and (window := stream.window()) is not None:
            waiting.append((number + patience, window))
            if not patience:
                settle()
        release()
    stream.end()
    if waiting:
        settle()
    while (window := stream.window()) is not None:
        waiting.append((0, window))
        settle()
        release()
    release()
    return driven


def split(raw: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    return [raw[start:end] for start, end in pairwise(places)]
