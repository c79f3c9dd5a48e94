"""One frame of a stream while it waits for what it holds."""

from collections import deque
from collections.abc import Collection
from typing import Final

from guardrails.chat.chunk_writer import rewritten
from guardrails.chat.piece import Path, Piece
from guardrails.chat.sse import Frame

MAX_HELD: Final = 8 * 1024 * 1024
"""Bytes of all frames of one stream that wait."""

MAX_FRAMES: Final = 131_072
"""Frames of one stream that wait."""


class HeldFrame:
    """A frame that leaves whole, when nothing in it waits any more.

    Attributes:
        frame: As it came.
        waiting: How many of its texts may not go on yet.
        finishes: The choices that end with it.
    """

    __slots__ = ("_changes", "finishes", "frame", "pieces", "waiting")

    def __init__(self, frame: Frame, pieces: list[Piece] | None = None, finishes: Collection[int] = ()) -> None:
        self.frame = frame
        self.pieces: list[Piece] = [] if pieces is None else pieces
        self.waiting = len(self.pieces)
        self.finishes = finishes
        self._changes: dict[Path, str] = {}

    def pass_piece(self, path: Path, before: str, now: str) -> None:
        """The piece at a path may go on as it is now."""
        self.waiting -= 1
        if now != before:
            self._changes[path] = now

    def bytes(self) -> bytes:
        """What goes on: exactly what came, unless a text in it is another one now."""
        if self._changes and self.frame.data is not None:
            return rewritten(self.frame.raw, self.frame.data, self._changes)
        return self.frame.raw


class FrameQueue:
    """The frames that wait, in order.

    Attributes:
        held_bytes: Their raw bytes.
        closed: The choices whose end was let go.
        released: Pointer -> characters of the model's text that were let go, as the model wrote them.
    """

    __slots__ = ("_frames", "closed", "held_bytes", "released")

    def __init__(self) -> None:
        self._frames: deque[HeldFrame] = deque()
        self.held_bytes = 0
        self.closed: set[int] = set()
        self.released: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def too_many(self) -> bool:
        """Whether more waits than may be held."""
        return self.held_bytes > MAX_HELD or len(self._frames) > MAX_FRAMES

    def add(self, frame: HeldFrame) -> None:
        """Take the next frame."""
        self._frames.append(frame)
        self.held_bytes += len(frame.frame.raw)

    def may_all_go(self) -> bool:
        """Whether nothing waits in any frame."""
        return not any(frame.waiting for frame in self._frames)

    def let_go(self) -> bytes:
        """The bytes of the frames up to the first one in which something waits."""
        pieces: list[bytes] = []
        while self._frames and not self._frames[0].waiting:
            frame = self._frames.popleft()
            self.held_bytes -= len(frame.frame.raw)
            self.closed.update(frame.finishes)
            for piece in frame.pieces:
                self.released[piece.pointer] = self.released.get(piece.pointer, 0) + len(piece.text)
            pieces.append(frame.bytes())
        return b"".join(pieces)
