"""The choices of a streamed answer: which have begun, which have finished, and which part of each is being said."""

from collections.abc import Collection
from dataclasses import dataclass

from guardrails.chat.channel import Channel
from guardrails.chat.piece import Piece


@dataclass(slots=True)
class _Choice:
    rank: int = -1
    finished: bool = False


class HeldChoices:
    """What is known of the choices that have begun."""

    __slots__ = ("_choices",)

    def __init__(self) -> None:
        self._choices: dict[int, _Choice] = {}

    def begun(self) -> list[int]:
        """Their indices, in order."""
        return sorted(self._choices)

    def begin(self, indices: Collection[int]) -> None:
        """These are there."""
        for index in indices:
            if index not in self._choices:
                self._choices[index] = _Choice()

    def speak(self, piece: Piece) -> None:
        """A piece of text came."""
        choice = self._choices[piece.choice]
        choice.rank, choice.finished = piece.rank, False

    def finish(self, indices: Collection[int]) -> None:
        """These have a `finish_reason`."""
        for index in indices:
            self._choices[index].finished = True

    def is_complete(self, channel: Channel) -> bool:
        """Whether no more of a text is to be expected: see `Channel`."""
        choice = self._choices[channel.choice]
        return choice.finished or (choice.rank > channel.rank and not channel.spoke_again)
