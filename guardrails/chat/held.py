"""A streamed completion between the model and the caller: held until it is judged, let go in order.

Nothing here waits or asks anybody: whoever drives it feeds bytes in, has windows judged, and writes out what is let go.
Frames leave whole, in order and as the exact bytes that came, unless a text in them was edited or had values restored.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from guardrails.chat.channel import Channel
from guardrails.chat.chunk import noted, read, said_beside
from guardrails.chat.chunk_writer import Left, cut
from guardrails.chat.held_asides import HeldAsides
from guardrails.chat.held_choices import HeldChoices
from guardrails.chat.held_frame import FrameQueue, HeldFrame
from guardrails.chat.held_window import Shape, Window
from guardrails.chat.model_filter import Told
from guardrails.chat.piece import Chunk, Piece, Unreadable
from guardrails.chat.restorer import Restorer
from guardrails.chat.sse import DONE, MAX_FRAME, EventDecoder, Frame
from guardrails.domain.content import Edit, Segment

MAX_CHANNELS: Final = 4096
"""Texts of one answer that are followed."""


class HeldStream:
    """One stream of chat completion chunks.

    Args:
        shape: How it is held.
        restorer: What the caller may have back. It comes back after judging and editing.
    """

    def __init__(self, shape: Shape, restorer: Restorer) -> None:
        self._shape = shape
        self._restorer = restorer
        self._overlap = shape.overlap if shape.judged else 0
        self._reads = shape.judged or bool(restorer)
        self._decoder = EventDecoder()
        self._frames = FrameQueue()
        self._channels: dict[str, Channel] = {}
        self._held: dict[str, Channel] = {}
        self._fresh: dict[str, Channel] = {}
        self._asides = HeldAsides()
        self._choices = HeldChoices()
        self._envelope: dict[str, Any] = {}
        self._window: Window | None = None
        self._broken: str | None = None
        self._done = self._ended = self._was_cut = False

    @property
    def broken(self) -> str | None:
        """Why the stream cannot be judged or carried on, in words for operators that tell no content."""
        return self._broken

    @property
    def unjudged(self) -> int:
        """Characters that no window has held yet, all texts together."""
        return sum(channel.unjudged for channel in self._fresh.values()) + self._asides.unjudged

    @property
    def held_bytes(self) -> int:
        """Raw bytes that wait, those of an unfinished frame included."""
        return self._frames.held_bytes + self._decoder.pending

    @property
    def finished(self) -> bool:
        """Whether no more can come: `[DONE]` or the end was seen, or it was cut."""
        return self._done or self._ended or self._was_cut

    @property
    def drained(self) -> bool:
        """Whether it is finished and all of it was judged and let go."""
        return self._was_cut or (self.finished and not self._frames and self._broken is None)

    @property
    def complete(self) -> bool:
        """Whether it ended as it should: with `[DONE]`, or with every choice finished."""
        return self._done or self._choices.all_finished

    @property
    def filter_said(self) -> Told:
        """What the model's own filter said."""
        return self._choices.filter_said

    @property
    def released(self) -> dict[str, int]:
        """Pointer -> characters of the model's text whose frames were let go, as the model wrote them."""
        return dict(self._frames.released)

    @property
    def withheld(self) -> dict[str, int]:
        """Pointer -> characters of the model's text that came and were not let go, where there are any."""
        left = {at: channel.received - self._frames.released.get(at, 0) for at, channel in self._channels.items()}
        return {pointer: characters for pointer, characters in left.items() if characters}

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Never raises: what cannot be judged, or is over a bound, makes the stream `broken`."""
        if self._broken is not None or self._ended or self._was_cut:
            return
        self._take_all(self._decoder.feed(data))
        if self._decoder.pending > MAX_FRAME:
            self._break(f"an event of the stream is longer than {MAX_FRAME} bytes")

    def end(self, *, broke_off: bool = False) -> None:
        """The upstream's stream has ended. Where it broke off, an event without its end never came."""
        if self._broken is None and not self._ended and not self._was_cut:
            if not broke_off:
                self._take_all(self._decoder.close())
            self._ended = True

    def window(self) -> Window | None:
        """What is to be judged next, None when there is nothing new: half an escape of JSON is nothing yet.

        None too while a window is under judgement: where the next one begins depends on it.
        """
        if self._broken is not None or self._was_cut or self._window is not None or not self._shape.judged:
            return None
        segments: list[Segment] = []
        offsets: dict[str, int] = {}
        for pointer, channel in list(self._fresh.items()):
            taken = channel.window(complete=self._is_complete(channel))
            if taken is not None:
                segments.append(taken[0])
                offsets[pointer] = taken[1]
            if not channel.unjudged:
                del self._fresh[pointer]
        segments += self._asides.window()
        if segments:
            self._window = Window(tuple(segments), offsets)
        return self._window

    def settle(self, window: Window, edits: Sequence[Edit]) -> None:
        """What a window held may go on, with these edits.

        An edit of a text that cannot be edited, or one that begins in what has gone, makes the stream `broken`.

        Args:
            window: The one under judgement.
            edits: Spans are positions in the texts of its segments.

        Raises:
            ValueError: another window is under judgement, or an edit lies in none of its segments.
        """
        if window is not self._window:
            raise ValueError("this window is not under judgement")
        moved = window.moved(edit for edit in edits if self._may_change(window, edit))
        self._window = None
        self._asides.settle()
        for segment in window.segments:
            offset = window.offsets.get(segment.pointer)
            if offset is not None:
                own = moved.get(segment.pointer, ())
                self._channels[segment.pointer].settle(offset + len(segment.text), own)
        if edits:
            # What a rule hid in the answer stays hidden, also where the caller had sent the same value.
            self._restorer = self._restorer.without(edit.replacement for edit in edits)
        self._let_go()

    def release(self) -> bytes:
        """Everything that may go on now, in order."""
        if self._broken is not None or self._was_cut or not self._let_go():
            return b""
        if self._shape.whole and self._shape.judged and not (self.finished and self._frames.may_all_go()):
            return b""
        return self._frames.let_go()

    def cut(self, results: Mapping[str, Any], refusal: str | None) -> bytes:
        """End the stream here: the one last chunk, for every choice whose end has not gone on, and `[DONE]`.

        Nothing comes out of it any more, whatever it still holds.

        Args:
            results: The `content_filter_results` of the chunk's choices.
            refusal: The sentence that callers are told, if any.
        """
        if self._was_cut:
            return b""
        self._was_cut = True
        begun = self._choices.begun()
        ends = [choice for choice in begun if choice not in self._frames.closed] or begun or [0]
        return cut(self._envelope, [self._left(choice) for choice in ends], results, refusal)

    def _left(self, choice: int) -> Left:
        pointer = f"/choices/{choice}/message/content"
        channel = self._channels.get(pointer)
        received = channel.received if channel is not None else 0
        return Left(choice, self._frames.released.get(pointer, 0), received if self._reads else None)

    def _take_all(self, frames: Iterable[Frame]) -> None:
        for frame in frames:
            if self._broken is not None:
                return
            self._take(frame)
            if len(frame.raw) > MAX_FRAME:
                self._break(f"an event of the stream is longer than {MAX_FRAME} bytes")
            if self._frames.too_many:
                self._break("more of the stream waits for its verdict than may be held")

    def _take(self, frame: Frame) -> None:
        if frame.data and self._done:
            self._break("the stream goes on after its end")
            return
        try:
            self._hold(frame, self._read(frame))
        except Unreadable as error:
            if self._shape.judged:
                self._break(str(error))
            else:
                self._frames.add(HeldFrame(frame))

    def _read(self, frame: Frame) -> Chunk:
        if not frame.data:
            chunk = Chunk()
        elif frame.data.strip() == DONE:
            self._done, chunk = True, Chunk()
        else:
            chunk = read(frame.data) if self._reads else noted(frame.data)
        if self._shape.judged:
            chunk.asides += said_beside(frame)
        return chunk

    def _hold(self, frame: Frame, chunk: Chunk) -> None:
        held = HeldFrame(frame, chunk.pieces, chunk.finished)
        self._frames.add(held)
        self._envelope.update(chunk.envelope)
        self._choices.begin(chunk.begun)
        self._choices.hear(chunk.told)
        for piece in chunk.pieces:
            self._speak(piece, held)
        for aside in chunk.asides if self._shape.judged else ():
            self._asides.add(aside, held)
        self._choices.finish(chunk.finished)

    def _speak(self, piece: Piece, frame: HeldFrame) -> None:
        channel = self._channels.get(piece.pointer)
        if channel is None:
            if len(self._channels) >= MAX_CHANNELS:
                self._break(f"the answer holds more than {MAX_CHANNELS} texts")
                return
            channel = Channel(piece, self._overlap, restored=bool(self._restorer))
            self._channels[piece.pointer] = channel
        elif self._is_complete(channel):
            channel.spoke_again = True
        self._choices.speak(piece)
        channel.add(piece, frame)
        self._held[piece.pointer] = channel
        if self._shape.judged:
            self._fresh[piece.pointer] = channel

    def _is_complete(self, channel: Channel) -> bool:
        return self.finished or self._choices.is_complete(channel)

    def _let_go(self) -> bool:
        for pointer, channel in list(self._held.items()):
            complete = self._is_complete(channel)
            if not self._shape.judged:
                channel.pass_unjudged()
            channel.let_go(self._restorer, complete=complete, ended=self.finished)
            if channel.torn:
                self._break("an edit begins in text that has gone on")
                return False
            if not channel.is_held:
                del self._held[pointer]
        return True

    def _may_change(self, window: Window, edit: Edit) -> bool:
        if not window.is_fixed(edit.pointer):
            return True
        self._break("an edit of a text that cannot be edited")
        return False

    def _break(self, why: str) -> None:
        self._broken = self._broken or why
