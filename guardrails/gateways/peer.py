"""The other side: what a gateway sends us, and what it does with each answer.

`guardrails gateway try` plays it against a running service, and the contract tests of all adapters rest on it: an
answer is right when the gateway's own reading of it is what the verdict meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Outcome(StrEnum):
    """What becomes of the text."""

    PASS = "pass"  # noqa: S105 - no password
    """It goes on as it was."""
    BLOCK = "block"
    """It does not go on."""
    MUTATE = "mutate"
    """It goes on as we changed it."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a gateway does with an answer.

    Attributes:
        outcome: What becomes of the text.
        seen: What the gateway's own client sees, in a few words.
        when: The setting of the gateway under which this holds; empty where it always does.
    """

    outcome: Outcome
    seen: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Play:
    """One call as the gateway makes it.

    Attributes:
        name: `pass`, `block`, `mutate`, `output` or `stream`; several may share one.
        what: A few words for people.
        path: The door.
        body: JSON, or the bytes of a body that is passed on.
        expected: What must become of the text under the shipped policy.
    """

    name: str
    what: str
    path: str
    body: Any = field(repr=False)
    expected: Outcome
    method: str = "POST"
    query: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status and the decoded JSON, or None where the body is none."""

    status: int
    body: Any = field(repr=False)


class Peer(Protocol):
    """A gateway, as far as it concerns us."""

    @property
    def name(self) -> str:
        """That of its adapter."""

    @property
    def patience_s(self) -> float | None:
        """How long it waits for an answer unless it is told otherwise, in seconds; None where it must be told."""

    @property
    def plays(self) -> tuple[Play, ...]:
        """Its calls: at least one each of `pass`, `block`, `mutate` and, where it has them, `output` and `stream`."""

    def reads(self, play: Play, answer: Answer | None) -> tuple[Effect, ...]:
        """What it does with an answer; None stands for no answer at all: refused, reset or too late.

        More than one effect where it depends on a setting of the gateway, its default first.
        """
