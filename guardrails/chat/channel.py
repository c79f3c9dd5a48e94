"""One text of a streamed answer on its way through judging, editing and restoring."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from guardrails.chat.growing_text import GrowingText
from guardrails.chat.piece import Path, Piece
from guardrails.chat.restorer import Restorer
from guardrails.chat.restoring import RestoringText
from guardrails.chat.splice import Replacement, carved
from guardrails.domain.content import Edit, Origin, Segment

_ENDS_OF_SENTENCES: Final = frozenset("\u3002\uff01\uff1f\uff1b\uff0c\u3001")
"""Those that no white space follows, as in Chinese; the others are followed by some, which is a border itself."""


class Carrier(Protocol):
    """The frame that a piece stands in."""

    def pass_piece(self, path: Path, before: str, now: str) -> None:
        """The piece at a path may go on as it is now."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    carrier: Carrier
    path: Path
    text: str = field(repr=False)
    start: int
    end: int


class Channel:
    """The text at one pointer of the answer.

    Its text is judged window by window. What was judged is let go up to `overlap` characters before the end of what was
    judged, so that a pattern of up to that length is seen whole before any of it goes; all of it when the text is
    complete. What is let go has its edits made, then values restored, and the pieces are handed to their frames.

    A text is complete when its choice has finished or the stream has ended, and also while a later part of the same
    message speaks: the reasoning when the content begins, the name of a call when its arguments do. One that speaks
    again after that is seen by its next window together with the end of what had gone, and from then on it is complete
    only at the end of its choice.

    Attributes:
        pointer: Its address.
        choice: The index of its choice.
        rank: See `Piece`.
        torn: An edit begins in what has gone on already: it cannot be made any more.
    """

    __slots__ = ("_edits", "_final", "_judged", "_last", "_released", "_restoring", "_taken", "_taken_raw", "_text",
                 "_waiting", "choice", "editable", "overlap", "pointer", "rank", "spoke_again", "torn")  # fmt: skip

    def __init__(self, piece: Piece, overlap: int, *, restored: bool) -> None:
        """Args: piece: Its first. overlap: In characters. restored: Whether values may come back in it."""
        self.pointer = piece.pointer
        self.choice = piece.choice
        self.rank = piece.rank
        self.editable = not piece.is_name
        self.overlap = overlap
        self.spoke_again = False
        self.torn = False
        self._text = GrowingText()
        self._waiting: deque[_Waiting] = deque()
        self._final: deque[Replacement] = deque()
        self._edits: list[Edit] = []
        self._last = (0, False)
        self._taken = self._judged = self._released = self._taken_raw = 0
        always_json = piece.pointer.endswith("/arguments")
        self._restoring = RestoringText(always_json=always_json) if restored and self.editable else None

    @property
    def received(self) -> int:
        """Characters that came."""
        return self._text.raw_length

    @property
    def unjudged(self) -> int:
        """Characters that no window has held."""
        return self._text.raw_length - self._taken_raw

    @property
    def is_held(self) -> bool:
        """Whether any piece waits."""
        return bool(self._waiting or self._restoring)

    def add(self, piece: Piece, carrier: Carrier) -> None:
        """Take the next piece, which stands in a frame."""
        start = self._text.raw_length
        self._text.feed(piece.text)
        self._waiting.append(_Waiting(carrier, piece.path, piece.text, start, self._text.raw_length))

    def window(self, *, complete: bool) -> tuple[Segment, int] | None:
        """What is to be judged next and where it begins, None when there is nothing new."""
        if complete:
            self._text.flush()
        end = self._text.end
        if end == self._taken:
            return None
        if not complete:
            end = self._border(end)
        self._taken = end
        self._taken_raw = self._text.raw_at(end)
        start = self._text.start
        return Segment(self._text.seen(start, end), Origin.ASSISTANT, self.pointer, self.editable), start

    def settle(self, end: int, edits: Iterable[Edit]) -> None:
        """What was in windows up to `end` may go on, with these edits too, which are positions in the whole text."""
        self._judged = end
        for edit in edits:
            if edit.span.start < self._released < edit.span.end:
                self.torn = True
            if edit.span.start < edit.span.end:
                self._edits.append(edit)

    def pass_unjudged(self) -> None:
        """Everything that came may go on."""
        self._taken = self._judged = self._text.end
        self._taken_raw = self._text.raw_length

    def let_go(self, restorer: Restorer, *, complete: bool, ended: bool) -> None:
        """Hand over to their frames the pieces that may go on now.

        Args:
            restorer: What may come back from here on.
            complete: Whether no more of this text is to be expected.
            ended: Whether no more can come.
        """
        if complete:
            self._text.flush()
        everything = complete and self._judged == self._text.end
        if (self._judged, everything) == self._last:
            return
        self._last = (self._judged, everything)
        limit = self._judged if everything else self._parting(self._judged - self.overlap)
        if limit > self._released:
            self._let_go_up_to(limit, everything=everything, ended=ended)
        done = self._text.raw_length if everything else self._text.raw_at(self._released)
        while self._waiting and self._waiting[0].end <= done:
            piece = self._waiting.popleft()
            text = carved(piece.text, piece.start, self._final) if self._final else piece.text
            if self._restoring is None:
                piece.carrier.pass_piece(piece.path, piece.text, text)
            else:
                self._restoring.add(piece, text)
        if self._restoring:
            self._restore(restorer, complete=everything)

    def _restore(self, restorer: Restorer, *, complete: bool) -> None:
        if self._restoring is None:
            return
        for piece, text in self._restoring.decided(restorer, is_json=self._text.is_json, complete=complete):
            if isinstance(piece, _Waiting):
                piece.carrier.pass_piece(piece.path, piece.text, text)

    def _let_go_up_to(self, limit: int, *, everything: bool, ended: bool) -> None:
        changes = self._text.changes(self._edits, self._judged) if self._edits else []
        limit = self._whole_changes(limit, changes, everything=everything)
        for change in changes:
            start, end = change.span
            if start < self._released < end:
                self.torn = True
                return
            if self._released <= start and end <= limit:
                self._final.append(Replacement(self._text.raw_at(start), self._text.raw_at(end), change.replacement))
        self._released = max(self._released, limit)
        keep = self._released
        if everything and not ended:
            # It may speak again: what stands at the join is then seen together.
            keep = max(self._text.start, self._text.aligned(max(self._text.start, keep - self.overlap), keep))
        self._text.forget(keep)
        self._edits = [edit for edit in self._edits if edit.span.end > keep]

    def _whole_changes(self, limit: int, changes: Iterable[Edit], *, everything: bool) -> int:
        """Where to part the text so that no change is cut in two.

        A change at the very end of what was judged may be the beginning of a longer one and waits, unless it is all
        that is held.
        """
        if everything:
            return limit
        for change in changes:
            start, end = change.span
            if start < limit < end:
                return start if end >= self._judged and start > self._released else end
        return limit

    def _parting(self, limit: int) -> int:
        """The newest border up to a position where the text may be parted: windows begin with whole words."""
        if limit <= self._released:
            return self._released
        at = self._newest_border(max(self._released, limit - max(self.overlap, 1)), limit) or limit
        return max(self._released, self._text.aligned(at, self._judged))

    def _border(self, end: int) -> int:
        return self._newest_border(max(self._taken, end - self.overlap), end) or end

    def _newest_border(self, start: int, end: int) -> int | None:
        """The newest position after `start`, up to `end`, that follows white space or the end of a sentence."""
        text = self._text.seen(start, end)
        for at in range(len(text) - 1, -1, -1):
            if text[at].isspace() or text[at] in _ENDS_OF_SENTENCES:
                return start + at + 1
        return None
