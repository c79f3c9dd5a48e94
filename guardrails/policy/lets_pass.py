"""What would have let a block pass: for everything that blocks, the smallest change of the policy. Facts, no advice."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from guardrails.domain.check import CheckReport, CheckSpec
from guardrails.domain.content import Inspection, Kind
from guardrails.domain.verdict import ON_FAILURE_RULE, Action
from guardrails.policy.decide import decide
from guardrails.policy.edits import Hit
from guardrails.policy.media import CHECK as MEDIA_CHECK
from guardrails.policy.policy import CheckPlan, Policy, Rule, Source

_FINE = 100
"""Steps of a confidence: people write 0.7 and 0.85."""
_NOISE = 1e-9


@dataclass(frozen=True, slots=True)
class Change:
    """One value of the policy, as it is and as it would have had to be.

    Attributes:
        where: As a person would name it: `rules.harm.at_least`, `checks.pii.on_failure`, `media.audio`.
        now: What the policy says; None where it says nothing.
        needed: The nearest value that would not have blocked.
        source: Where it stands.
        why: Why it is no threshold, where the rule could have one.
    """

    where: str
    now: float | str | None
    needed: float | str
    source: Source | None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class LetsPass:
    """Changes that all of them together would have let the text pass, and the verdict it would have had then."""

    changes: tuple[Change, ...]
    action: Action


def next_above(measure: float | None, spec: CheckSpec | None, plan: CheckPlan | None) -> float | None:
    """The next threshold above a measure; None where there is none.

    A hundredth of a confidence, a severity: the next one that the check can report with its options, since a threshold
    that is never reported is no threshold.
    """
    scale = spec.measure if spec is not None else None
    if measure is None or spec is None or scale is None or not math.isfinite(measure):
        return None
    steps = 1 if scale.highest - scale.lowest > 1 else _FINE
    above = (math.floor(measure * steps + _NOISE) + 1) / steps
    if spec.levels is not None and plan is not None and (levels := spec.levels(plan.options)):
        return min((level for level in levels if level >= above), default=None)
    return above if scale.lowest < above <= scale.highest else None


def lets_pass(
    policy: Policy,
    inspection: Inspection,
    reports: Sequence[CheckReport],
    hits: Iterable[Hit],
    specs: Mapping[str, CheckSpec],
) -> LetsPass:
    """The changes for everything that blocks this evidence; `hits` are those of the decision."""
    blocking: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.action is Action.BLOCK:
            blocking.setdefault(hit.rule.id, []).append(hit)
    changes: list[Change] = []
    rules: list[Rule] = []
    for rule in policy.rules:
        plan = policy.checks.get(rule.check)
        change, changed = _of_rule(rule, blocking[rule.id], specs, plan) if rule.id in blocking else (None, rule)
        changes += () if change is None else (change,)
        rules.append(changed)
    reasons = [reason for reason in decide(policy, inspection, reports).reasons if reason.action is Action.BLOCK]
    failed = {reason.check: None for reason in reasons if reason.rule == ON_FAILURE_RULE}
    kinds = {Kind(reason.category): None for reason in reasons if reason.check == MEDIA_CHECK and reason.category}
    changes = [*_of_failures(policy, failed), *_of_media(policy, kinds), *changes]
    plans = {name: replace(plan, on_failure=Action.FLAG) for name, plan in policy.checks.items() if name in failed}
    other = replace(
        policy,
        rules=tuple(rules),
        checks={**policy.checks, **plans},
        media={**policy.media, **dict.fromkeys(kinds, Action.FLAG)},
        banned=policy.banned - frozenset(kinds),
    )
    return LetsPass(tuple(changes), decide(other, inspection, reports).action)


def _of_rule(
    rule: Rule, hits: Sequence[Hit], specs: Mapping[str, CheckSpec], plan: CheckPlan | None
) -> tuple[Change, Rule]:
    spec = specs.get(rule.check)
    above = [next_above(hit.finding.measure, spec, plan) for hit in hits]
    reachable = [one for one in above if one is not None]
    if len(reachable) == len(above):
        needed = max(reachable)
        change = Change(f"rules.{rule.id}.at_least", rule.at_least, needed, rule.source)
        return change, replace(rule, at_least=needed)
    why = _no_threshold(spec, hits, plan)
    return (
        Change(f"rules.{rule.id}.action", rule.action.word, Action.FLAG.word, rule.source, why),
        replace(rule, action=Action.FLAG, replacement=None, restore=False),
    )


def _no_threshold(spec: CheckSpec | None, hits: Sequence[Hit], plan: CheckPlan | None) -> str:
    if spec is None or spec.measure is None:
        return "the check says yes or no, without a number"
    if any(hit.finding.measure is None for hit in hits):
        return "a match of a blocklist has no number"
    levels = spec.levels(plan.options) if spec.levels is not None and plan is not None else ()
    highest = max(levels, default=spec.measure.highest)
    return f"no threshold is above the measure: {spec.measure.unit} ends at {highest:g}"


def _of_failures(policy: Policy, failed: Iterable[str]) -> Iterator[Change]:
    for name in failed:
        plan = policy.checks[name]
        yield Change(f"checks.{name}.on_failure", plan.on_failure.word, Action.FLAG.word, plan.source)


def _of_media(policy: Policy, kinds: Iterable[Kind]) -> Iterator[Change]:
    for kind in kinds:
        # Of an image, `check` and `block` both stop one that no check reads.
        now = "check" if kind is Kind.IMAGE and kind not in policy.banned else Action.BLOCK.word
        yield Change(f"media.{kind}", now, Action.FLAG.word, policy.media_sources.get(kind))
