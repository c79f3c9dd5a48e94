"""A row of the leak matrix: a position, and what must become of each plant there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.leaks.plants import PLANTS


class Outcome(StrEnum):
    """What becomes of one plant. All but `TRAVELS` mean that it is not told to whoever is behind the service."""

    REDACTED = "redacted"
    """It is replaced and the rest passes."""
    BLOCKED = "blocked"
    """The request is a 400 `content_filter` and no model is asked; the answer is withheld."""
    REFUSED = "refused"
    """A 4xx that names the field (of an answer: a 502), whatever is written there."""
    TRAVELS = "travels"
    """A hole, and the row says why it is one."""


class Reading(StrEnum):
    """How the service takes a position."""

    EDITABLE = "editable"
    WHOLE = "whole"
    UNREAD = "unread"
    REFUSED = "refused"
    MEDIA = "media"
    """The policy's `media` blocks what stands here, whatever its strings say."""


SHIELDED = frozenset({"user", "tool", "document"})
"""Whose texts Prompt Shield reads."""

NOT_SHIELDED = "Prompt Shield reads users, tools and documents, not {0}"


@dataclass(frozen=True, slots=True)
class Row:
    """One position in one form. `plants` are those that can stand there; `holes` name the plant that travels and why.

    `policy` is the matrix's, or `media-allowed`, which lets media in and does the rest alike.
    `named` means that the plant is the name of a member of the object at the pointer.
    """

    pointer: str
    reading: Reading
    origin: str = ""
    form: str = "as text"
    named: bool = False
    plants: tuple[str, ...] = tuple(PLANTS)
    holes: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    policy: str = "default"

    def __str__(self) -> str:
        policy = "" if self.policy == "default" else f" [{self.policy}]"
        return f"{self.pointer}{' (a name)' if self.named else ''} [{self.form}]{policy}"

    def outcome(self, plant: str) -> Outcome:
        """What must become of this plant."""
        if plant in self.holes:
            return Outcome.TRAVELS
        if self.reading in {Reading.UNREAD, Reading.REFUSED}:
            return Outcome.TRAVELS if self.reading is Reading.UNREAD else Outcome.REFUSED
        if self.reading is Reading.MEDIA:
            return Outcome.BLOCKED
        if plant == "attack" and self.origin not in SHIELDED:
            return Outcome.TRAVELS
        if PLANTS[plant].secret and self.reading is Reading.EDITABLE:
            return Outcome.REDACTED
        return Outcome.BLOCKED

    def notes(self) -> Iterator[str]:
        """Why what travels does."""
        if self.why:
            yield self.why
        yield from dict.fromkeys(self.holes.values())
        if (
            "attack" in self.plants
            and self.reading in {Reading.EDITABLE, Reading.WHOLE}
            and self.origin not in SHIELDED
        ):
            yield NOT_SHIELDED.format("the system" if self.origin == "system" else "the assistant")


@dataclass(frozen=True, slots=True)
class Split:
    """A plant that no single string holds. `pointers` are where its two halves stand, in a body or in an answer."""

    where: str
    stage: str
    outcomes: Mapping[str, Outcome]
    why: str

    def __str__(self) -> str:
        return self.where
