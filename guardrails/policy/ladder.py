"""What all rules together ask for on one category, as a ladder: flag from 2, block from 4."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guardrails.domain.content import Stage
from guardrails.domain.verdict import Action
from guardrails.policy.policy import Policy, Rule

ANY = float("-inf")
"""The lowest step: any finding but one of measure 0, also one without a number."""

OTHERS = "*"
"""Every category that no rule names."""


@dataclass(frozen=True, slots=True)
class Step:
    """An action and the measure from which it is asked for; for a redaction also how it hides."""

    action: Action
    at_least: float
    how: tuple[str, ...] = ()

    @property
    def reach(self) -> str:
        """From where, in words."""
        return "any" if self.at_least == ANY else f"from {self.at_least:g}"


Ladder = Mapping[Action, Step]


def ladder(policy: Policy, check: str, category: str, stage: Stage) -> Ladder:
    """The steps that matter: one that a stronger action reaches as early is left out."""
    rules = [rule for rule in policy.rules if rule.check == check and stage in rule.stages and _is_of(rule, category)]
    steps: dict[Action, Step] = {}
    lowest = float("inf")
    for action in (Action.BLOCK, Action.REDACT, Action.FLAG):
        own = [rule for rule in rules if rule.action is action]
        start = min(map(_start, own), default=float("inf"))
        if start < lowest:
            steps[action] = Step(action, start, tuple(sorted({_how(rule) for rule in own} - {""})))
            lowest = start
    return steps


def _is_of(rule: Rule, category: str) -> bool:
    return rule.categories is None or category in rule.categories


def _start(rule: Rule) -> float:
    return ANY if rule.at_least is None else rule.at_least


def _how(rule: Rule) -> str:
    return f"{rule.replacement}{', restored' if rule.restore else ''}" if rule.replacement else ""


def action_at(steps: Ladder, measure: float) -> Action:
    """What is asked for on a finding of this measure; ANY for one without a number."""
    return max((step.action for step in steps.values() if measure >= step.at_least), default=Action.ALLOW)


def compare(old: Ladder, new: Ladder) -> tuple[bool, bool]:
    """Whether somewhere more is asked for than before, and whether somewhere less is."""
    places = {step.at_least for steps in (old, new) for step in steps.values()} | {ANY}
    pairs = [(action_at(old, place), action_at(new, place)) for place in places]
    return any(after > before for before, after in pairs), any(after < before for before, after in pairs)


def categories(policies: Iterable[Policy], check: str) -> list[str]:
    """The categories that rules name for a check, and `OTHERS` where a rule is about every one."""
    found: set[str] = set()
    for policy in policies:
        for rule in policy.rules:
            if rule.check == check:
                found |= {OTHERS} if rule.categories is None else rule.categories
    return sorted(found, key=lambda category: (category == OTHERS, category))
