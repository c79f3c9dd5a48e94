"""What was decided, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from guardrails.domain.content import Edit, Kind, Origin, Span

ON_FAILURE_RULE = "on_failure"
"""The rule id of a reason that comes from a failed check, not from a finding."""


class Action(IntEnum):
    """What a rule asks for, strictly ordered: the strongest wins, so the order of rules never matters."""

    ALLOW = 0
    FLAG = 1
    REDACT = 2
    BLOCK = 3

    @property
    def word(self) -> str:
        """The action as files and answers spell it: `allow`, `flag`, `redact`, `block`."""
        return self.name.lower()


class Mode(StrEnum):
    """Whether a verdict is carried out, or only decided and recorded."""

    ENFORCE = "enforce"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """A policy and the revision of its text that decided: `sha256:` and a hash."""

    name: str
    revision: str

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that fired on one finding, or a check that failed (`on_failure`), or what no check reads (`media`)."""

    rule: str
    action: Action
    check: str
    category: str | None = None
    measure: float | None = None
    at_least: float | None = None
    pointer: str | None = None
    span: Span | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The strongest action, every reason for it, and the edits that carry a redaction out.

    `degraded` is True when a check failed. `edits` is empty unless `action` is REDACT.
    """

    action: Action
    policy: PolicyRef
    mode: Mode
    reasons: tuple[Reason, ...] = ()
    degraded: bool = False
    edits: tuple[Edit, ...] = field(default=(), repr=False)

    @property
    def blocked(self) -> bool:
        """Whether the text must not travel on: a block in a policy that enforces."""
        return self.action is Action.BLOCK and self.mode is Mode.ENFORCE


@dataclass(frozen=True, slots=True)
class Coverage:
    """The receipt for one string: who wrote it, how long it is, which checks read it, and which did not and why.

    `kind` is None for what no check is given. The rest is what a decision depends on beside the findings: whether the
    string is `blank`, and whether its segment is `editable`, `old` and `trusted`.
    """

    pointer: str
    origin: Origin
    characters: int
    checks: tuple[str, ...]
    not_read: Mapping[str, str]
    kind: Kind | None = Kind.TEXT
    blank: bool = False
    editable: bool = True
    old: bool = False
    trusted: bool = False
