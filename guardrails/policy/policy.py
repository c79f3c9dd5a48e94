"""A compiled policy: what is checked, what each finding means, and what a refused caller is told."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from guardrails.domain.asked import Asked, Options
from guardrails.domain.content import MEDIA, Kind, Origin, Stage
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.policy.redaction import KEYED


class History(StrEnum):
    """Which messages of a conversation are judged again with every request."""

    ALL = "all"
    """Every one, by a call each time."""
    NEW = "new"
    """Every one; what was seen in a text before comes from the verdict cache."""
    LAST_TURN = "last_turn"
    """Those of the last turn; earlier ones are not read."""


class OldTurns(StrEnum):
    """What becomes of an earlier turn that a rule blocks."""

    BLOCK = "block"
    """The request is refused, and every later one that carries the turn."""
    DROP = "drop"
    """The turn is left out of what goes to the model."""


class StartModel(StrEnum):
    """When the model is called: after the verdict on the input, or beside the checks."""

    AFTER_CHECKS = "after_checks"
    WITH_CHECKS = "with_checks"


class OnOutage(StrEnum):
    """What a gateway is told when nothing but a check that could not run stands against a text."""

    VERDICT = "verdict"
    """An explicit block, as `on_failure` says."""
    REPORT = "report"
    """A 503: the gateway does what it is set to do without us, which may be to let the text pass."""


class Release(StrEnum):
    """When parts of a streamed answer go on: window by window, or all at the end."""

    WINDOW = "window"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """How a streamed answer is judged.

    Attributes:
        release: Window by window, or whole.
        window: Characters that are judged together.
        overlap: Characters at the end of a window that are held back and judged again with what follows them.
        wait_s: Seconds after which a window that has not filled is judged as it is.
    """

    release: Release = Release.WINDOW
    window: int = 800
    overlap: int = 200
    wait_s: float = 1.0

    @property
    def told(self) -> dict[str, object]:
        """As plain JSON, for decision records."""
        return {
            "release": self.release.value,
            "window": self.window,
            "overlap": self.overlap,
            "wait_ms": round(self.wait_s * 1000),
        }


@dataclass(frozen=True, slots=True)
class ChatPlan:
    """What concerns guarded chats only."""

    start_model: StartModel = StartModel.AFTER_CHECKS
    stream: StreamPlan = StreamPlan()
    old_turns: OldTurns = OldTurns.BLOCK


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """What concerns the doors of gateways only."""

    on_outage: OnOutage = OnOutage.VERDICT


_HASH_DIGITS = 16
"""64 bits: two lists of trusted texts of one company never share them."""

_UNREAD_MEDIA: Mapping[Kind, Action] = MappingProxyType(dict.fromkeys(sorted(MEDIA), Action.BLOCK))
_NOWHERE: Mapping[Kind, "Source"] = MappingProxyType({})


class Source(NamedTuple):
    """Where in the files of policies something is said: the file as problems tell it, and the line, from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """How a policy uses one check.

    Attributes:
        name: The check's name.
        scan: The origins whose segments it reads on the way to the model.
        scan_output: Those it reads on the way back; None where they are the same.
        on_failure: What its failure means: BLOCK or FLAG, never less.
        options: The check's own options object, made by its spec's `parse_options`.
        reads: The kinds of segments it can read.
        skips_trusted: Whether it leaves out trusted texts.
        skips_old: Whether it leaves out what stands before the last turn.
        source: Where it stands; no part of what it is.
        told: Those of its options that its evidence depends on, as decision records keep them.
    """

    name: str
    scan: frozenset[Origin]
    on_failure: Action
    options: Any
    reads: frozenset[Kind] = frozenset({Kind.TEXT})
    skips_trusted: bool = False
    skips_old: bool = False
    source: Source | None = field(default=None, compare=False)
    scan_output: frozenset[Origin] | None = None

    told: Options = field(default_factory=lambda: MappingProxyType({}))

    def scans(self, stage: Stage) -> frozenset[Origin]:
        """The origins whose segments it reads at a stage."""
        return self.scan if stage is Stage.INPUT or self.scan_output is None else self.scan_output

    @property
    def asked(self) -> dict[str, object]:
        """What it is given and asked, as plain JSON."""
        skips = (("trusted", self.skips_trusted), ("old", self.skips_old))
        return {
            "scan": sorted(self.scan),
            "scan_output": None if self.scan_output is None else sorted(self.scan_output),
            "reads": sorted(self.reads),
            "skips": [word for word, does in skips if does],
            "options": dict(self.told),
        }


@dataclass(frozen=True, slots=True)
class Rule:
    """What a kind of finding asks for.

    Attributes:
        id: Unique in its policy; verdicts name it.
        stages: The stages it holds at.
        check: The check whose findings it looks at.
        categories: The categories it looks at; None for every one.
        at_least: The measure a finding must reach, in the check's own unit; None where any finding counts.
        action: What it asks for.
        replacement: The name of a way to redact (`guardrails.policy.redaction`); None unless `action` is REDACT.
        restore: Whether the answer to a request gets back what this rule hid in it.
        source: Where it stands; no part of what it is.
        origins: Who wrote the texts whose findings it looks at; None for everyone.
    """

    id: str
    stages: frozenset[Stage]
    check: str
    categories: frozenset[str] | None
    at_least: float | None
    action: Action
    replacement: str | None
    restore: bool = False
    origins: frozenset[Origin] | None = None
    source: Source | None = field(default=None, compare=False)


@lru_cache(maxsize=64)
def _hash(texts: frozenset[str]) -> str:
    # Remembered: every record has it, and a list may have ten thousand entries.
    return hashlib.sha256("".join(sorted(texts)).encode()).hexdigest()[:_HASH_DIGITS]


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy file, compiled.

    Attributes:
        ref: Its name and revision.
        description: For people.
        mode: Whether its verdicts are carried out.
        deadline_s: Bounds all its checks together, in seconds.
        checks: What is looked for, by the check's name.
        rules: What findings mean.
        refusal: What a refused caller is told.
        history: Which messages are judged again.
        trusted: The SHA-256, in hex, of each text that is the owner's own.
        media: What the presence of each kind that is no text asks for, where no check reads it.
        banned: The kinds of which `media` is asked for also where a check reads them.
        chat: What concerns guarded chats only.
        gateways: What concerns the doors of gateways only.
        media_sources: Where what `media` says stands, as far as the file says it; no part of what the policy is.
        shadows: The policies that are decided on the same evidence and never carried out.
        only: The one check it was narrowed to; None for a whole policy.
    """

    ref: PolicyRef
    description: str
    mode: Mode
    deadline_s: float
    checks: Mapping[str, CheckPlan]
    rules: tuple[Rule, ...]
    refusal: str
    history: History = History.ALL
    trusted: frozenset[str] = frozenset()
    media: Mapping[Kind, Action] = field(default_factory=lambda: _UNREAD_MEDIA)
    banned: frozenset[Kind] = frozenset()
    chat: ChatPlan = ChatPlan()
    gateways: GatewayPlan = GatewayPlan()
    shadows: tuple["Policy", ...] = ()
    media_sources: Mapping[Kind, Source] = field(default_factory=lambda: _NOWHERE, compare=False)
    only: str | None = None

    def judges(self, stage: Stage) -> bool:
        """Whether any rule holds at a stage. Where none does, nothing that checks could find there would matter.

        What is no text does matter there: `media` holds at both stages.
        """
        return any(stage in rule.stages for rule in self.rules)

    @property
    def asked(self) -> Asked:
        """What the checks are asked, for the records of its verdicts."""
        checks = {name: plan.asked for name, plan in self.checks.items()}
        return Asked(checks, self.only, self.trusted_hash, self.chat.stream.told)

    @property
    def trusted_hash(self) -> str | None:
        """A hash over the list of trusted texts; None where there is none."""
        return _hash(self.trusted) if self.trusted else None

    @property
    def needs_placeholder_keys(self) -> bool:
        """Whether a rule hides in a way that needs a key."""
        return any(rule.replacement in KEYED for rule in self.rules)
