"""The choices of a streamed answer: which have begun, which have finished, and which part of each is being said."""

from collections.abc import Collection
from dataclasses import dataclass

from guardrails.chat.channel import Channel
from guardrails.chat.model_filter import Told
from guardrails.chat.piece import Piece
from guardrails.domain.forwarded import FilterResult


@dataclass(slots=True)
class _Choice:
    rank: int = -1
    finished: bool = False


class HeldChoices:
    """What is known of the choices that have begun."""

    __slots__ = ("_categories", "_choices", "_results")

    def __init__(self) -> None:
        self._choices: dict[int, _Choice] = {}
        self._results: dict[FilterResult, None] = {}
        self._categories: set[str] = set()

    @property
    def all_finished(self) -> bool:
        """Whether there are any, and each has a `finish_reason`."""
        return bool(self._choices) and all(choice.finished for choice in self._choices.values())

    @property
    def filter_said(self) -> Told:
        """What the model's own filter said, all chunks together."""
        return tuple(self._results), tuple(sorted(self._categories))

    def hear(self, told: Told) -> None:
        """The model's filter said something."""
        results, categories = told
        self._results |= dict.fromkeys(results)
        self._categories |= set(categories)

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
