"""Texts that belong to one frame alone, until they are judged."""

from collections.abc import Iterator

from guardrails.chat.held_frame import HeldFrame
from guardrails.chat.piece import Aside
from guardrails.domain.content import Origin, Segment


class HeldAsides:
    """The asides of a stream. One that repeats what was last judged at its place, as citations do, waits for nothing.

    Attributes:
        unjudged: Characters that no window has held.
    """

    __slots__ = ("_fresh", "_judged", "_taken", "unjudged")

    def __init__(self) -> None:
        self._fresh: dict[str, list[tuple[str, HeldFrame]]] = {}
        self._taken: dict[str, list[tuple[str, HeldFrame]]] = {}
        self._judged: dict[str, str] = {}
        self.unjudged = 0

    def add(self, aside: Aside, frame: HeldFrame) -> None:
        """Take the next one, of a frame."""
        if self._judged.get(aside.pointer) == aside.text:
            return
        self._fresh.setdefault(aside.pointer, []).append((aside.text, frame))
        self.unjudged += len(aside.text)
        frame.waiting += 1

    def window(self) -> Iterator[Segment]:
        """What is to be judged next: those of one place one below the other."""
        for pointer, waiting in self._fresh.items():
            text = "\n".join(dict.fromkeys(text for text, _ in waiting))
            yield Segment(text, Origin.ASSISTANT, pointer, editable=False)
        self._taken, self._fresh = self._fresh, {}
        self.unjudged = 0

    def settle(self) -> None:
        """What the last window held may go on."""
        for pointer, waiting in self._taken.items():
            self._judged[pointer] = waiting[-1][0]
            for _, frame in waiting:
                frame.waiting -= 1
        self._taken = {}
