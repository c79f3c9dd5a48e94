"""A compiled policy: what is checked, what each finding means, and what a refused caller is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guardrails.domain.content import Origin, Stage
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.policy.redaction import KEYED


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """How a policy uses one check.

    Attributes:
        name: The check's name.
        scan: The origins whose segments it reads.
        on_failure: What its failure means: BLOCK or FLAG, never less.
        options: The check's own options object, made by its spec's `parse_options`.
    """

    name: str
    scan: frozenset[Origin]
    on_failure: Action
    options: Any


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
    """

    id: str
    stages: frozenset[Stage]
    check: str
    categories: frozenset[str] | None
    at_least: float | None
    action: Action
    replacement: str | None
    restore: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy file, compiled. `deadline_s` bounds all its checks together, in seconds."""

    ref: PolicyRef
    description: str
    mode: Mode
    deadline_s: float
    checks: Mapping[str, CheckPlan]
    rules: tuple[Rule, ...]
    refusal: str

    @property
    def needs_placeholder_keys(self) -> bool:
        """Whether a rule hides in a way that needs a key."""
        return any(rule.replacement in KEYED for rule in self.rules)
