"""What is measured: every rule of a policy, and every category of its checks that no rule looks at."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from guardrails.domain.check import CheckSpec
from guardrails.domain.content import Stage
from guardrails.domain.finding import BLOCKLIST, Finding
from guardrails.lab.tuning.samples import Sample
from guardrails.policy.decide import matches
from guardrails.policy.policy import CheckPlan, Policy, Rule

YES: Final = 1.0
"""The score of a text in which a check says yes without a number."""
STEP: Final = 1000
"""Confidences are told apart to a thousandth. They are rounded down, so none reaches a threshold it does not reach."""
_HAIR: Final = 1e-6
"""What binary fractions lack: 0.57 * 1000 is a little less than 570."""
_GRID: Final = 20


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing to find a threshold for.

    Attributes:
        name: The rule's id, or `check/category` where there is no rule.
        check: Whose findings it looks at.
        wanted: The categories it looks at.
        every: All categories the check can report under this policy.
        stages: Where it holds.
        unit: `severity` or `confidence`; None where the check says yes or no.
        thresholds: What `at_least` may sensibly be; empty without a unit.
        rule: The rule; None for a category without one.
    """

    name: str
    check: str
    wanted: frozenset[str]
    every: frozenset[str]
    stages: frozenset[Stage]
    unit: str | None
    thresholds: tuple[float, ...]
    rule: Rule | None = None

    def looks_at(self, sample: Sample) -> bool:
        """Whether it holds for such a text: at its stage, and by who wrote it."""
        origins = self.rule.origins if self.rule is not None else None
        return sample.stage in self.stages and (origins is None or sample.origin in origins)

    def fires(self, findings: Sequence[Finding]) -> bool:
        """Whether the rule, as it stands, fires on these findings of its check."""
        return self.rule is not None and any(matches(self.rule, finding) for finding in findings)

    def score(self, findings: Sequence[Finding]) -> float:
        """The highest measure among the findings it looks at; 0 where there is nothing."""
        own = [finding.measure for finding in findings if finding.category in self.wanted]
        if self.unit is None:
            return YES if own else 0.0
        highest = max((measure for measure in own if measure is not None), default=0.0)
        if self.unit == "severity" or highest <= 0:
            return float(max(highest, 0))
        return max(1, math.floor(highest * STEP + _HAIR)) / STEP

    @property
    def today(self) -> float:
        """The score from which the rule fires as it stands; infinite where there is no rule."""
        if self.rule is None:
            return math.inf
        return self.lowest if self.rule.at_least is None else self.rule.at_least

    @property
    def lowest(self) -> float:
        """The lowest score that is more than nothing."""
        return 1 / STEP if self.unit == "confidence" else 1.0


def subjects(policy: Policy, specs: Mapping[str, CheckSpec]) -> tuple[Subject, ...]:
    """The policy's rules in their order, then the categories that none of them looks at."""
    rules = [_of_rule(rule, policy.checks[rule.check], specs[rule.check]) for rule in policy.rules]
    return (*rules, *_unused(policy, specs))


def _of_rule(rule: Rule, plan: CheckPlan, spec: CheckSpec) -> Subject:
    wanted = rule.categories or spec.categories
    return Subject(
        rule.id,
        rule.check,
        wanted,
        reported(plan, spec),
        rule.stages,
        _unit(spec, wanted),
        _grid(plan, spec, wanted, rule),
        rule,
    )


def _unused(policy: Policy, specs: Mapping[str, CheckSpec]) -> Iterator[Subject]:
    for plan in policy.checks.values():
        spec = specs[plan.name]
        every = reported(plan, spec)
        used = {name for rule in policy.rules if rule.check == plan.name for name in rule.categories or spec.categories}
        for category in sorted(every - used):
            wanted = frozenset({category})
            yield Subject(
                f"{plan.name}/{category}",
                plan.name,
                wanted,
                every,
                frozenset(Stage),
                _unit(spec, wanted),
                _grid(plan, spec, wanted, None),
            )


def reported(plan: CheckPlan, spec: CheckSpec) -> frozenset[str]:
    """The categories a check can report with the options of a plan, customers' own lists aside."""
    named = frozenset(getattr(plan.options, "categories", None) or ())
    return (named if named and named <= spec.categories else spec.categories) - {BLOCKLIST}


def _unit(spec: CheckSpec, wanted: frozenset[str]) -> str | None:
    return None if spec.measure is None or wanted == {BLOCKLIST} else spec.measure.unit


def _grid(plan: CheckPlan, spec: CheckSpec, wanted: frozenset[str], rule: Rule | None) -> tuple[float, ...]:
    unit = _unit(spec, wanted)
    if unit is None or spec.measure is None:
        return ()
    own = () if rule is None or rule.at_least is None else (rule.at_least,)
    if unit == "confidence":
        return tuple(sorted({*own, *(step / _GRID for step in range(1, _GRID + 1))}))
    step = 2 if getattr(plan.options, "severity_levels", "eight") == "four" else 1
    return tuple(sorted({*own, *map(float, range(step, int(spec.measure.highest) + 1, step))}))
