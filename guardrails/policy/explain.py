"""Why a verdict is what it is: every rule against every finding, as facts, and what would have let a block pass.

Pure, like the decision, and made of its own parts: what is told as fired is what `decide` was given. Without any text.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from guardrails.domain.check import CheckReport, CheckSpec
from guardrails.domain.content import Inspection, Origin, Segment, Stage
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Reason, Verdict
from guardrails.policy.decide import decide, hits_of
from guardrails.policy.edits import Hit, Redaction, redactions_of
from guardrails.policy.lets_pass import LetsPass, lets_pass, next_above
from guardrails.policy.media import CHECK as MEDIA_CHECK
from guardrails.policy.policy import Policy, Rule, Source

MOST_FINDINGS = 500
"""The most findings and the most reasons that are explained one by one; those that decided come first."""


MOST_LOOKS = 20_000
"""The most pairs of a finding and a rule of an explanation, where a policy has very many rules."""


class Outcome(StrEnum):
    """What came of a rule that looked at a finding of its check."""

    FIRED = "fired"
    STAGE = "other stage"
    CATEGORY = "other category"
    BELOW = "below at_least"
    NO_MEASURE = "no measure to reach at_least"
    SAFE = "measure 0 means safe"
    ORIGIN = "other origin"
    OTHER = "another condition of the rule"


@dataclass(frozen=True, slots=True)
class Look:
    """One rule on one finding.

    Attributes:
        rule: The rule.
        outcome: Whether it fired, and if not, what it failed by.
        action: What it came to; None where it did not fire.
        distance: The measure less `at_least`: negative below it; None where one of them is no number.
        next_at_least: The next threshold at which it would not have fired on this; None where it did not, or none is.
        why: Why its redaction became a block.
    """

    rule: Rule
    outcome: Outcome
    action: Action | None = None
    distance: float | None = None
    next_at_least: float | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One finding, and every rule of the policy on its check. Without looks: no rule speaks of that check."""

    check: str
    finding: Finding
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Because:
    """One reason of the verdict, and where what it follows from stands. `decides`: it is of the verdict's action."""

    reason: Reason
    source: Source | None
    decides: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything about one verdict but the text.

    Attributes:
        verdict: The verdict; its edits are not for telling.
        stage: What was judged.
        because: Its reasons: findings, failed checks (`on_failure`) and what no check reads (`media`).
        seen: The findings, those that decided first.
        omitted: How many findings and reasons were left out because there are too many.
        redactions: What would be put in place of what; empty unless the verdict redacts.
        lets_pass: The smallest changes of the policy under which this would not have been blocked; None unless it was.
    """

    verdict: Verdict
    stage: Stage
    because: tuple[Because, ...]
    seen: tuple[Seen, ...]
    omitted: int
    redactions: tuple[Redaction, ...]
    lets_pass: LetsPass | None


def explain(
    policy: Policy, inspection: Inspection, reports: Sequence[CheckReport], specs: Mapping[str, CheckSpec]
) -> Explanation:
    """Explain what `decide` says of the same policy and evidence; `specs` are the checks that exist, by name."""
    verdict = decide(policy, inspection, reports)
    segments = {segment.pointer: segment for segment in inspection.segments}
    hits = tuple(hits_of(policy, inspection, reports, segments))
    ranked = _ranked(reports, hits)
    kept = ranked[: min(MOST_FINDINGS, max(1, MOST_LOOKS // len(policy.rules)))] if policy.rules else ranked
    seen = tuple(
        Seen(
            check,
            finding,
            tuple(_looks(policy, inspection.stage, check, finding, fired, specs, segments.get(finding.pointer))),
        )
        for check, finding, fired in kept[:MOST_FINDINGS]
    )
    because = tuple(_because(policy, verdict))
    return Explanation(
        verdict=verdict,
        stage=inspection.stage,
        because=because[:MOST_FINDINGS],
        seen=seen,
        omitted=len(ranked) - len(seen) + max(0, len(because) - MOST_FINDINGS),
        redactions=redactions_of(hits, segments) if verdict.action is Action.REDACT else (),
        lets_pass=lets_pass(policy, inspection, reports, hits, specs) if verdict.action is Action.BLOCK else None,
    )


def _because(policy: Policy, verdict: Verdict) -> Iterator[Because]:
    rules = {rule.id: rule.source for rule in policy.rules}
    kinds = {kind.value: source for kind, source in policy.media_sources.items()}
    for reason in verdict.reasons:
        if reason.rule == ON_FAILURE_RULE:
            source = policy.checks[reason.check].source
        elif reason.check == MEDIA_CHECK:
            source = kinds.get(reason.category or "")
        else:
            source = rules.get(reason.rule)
        yield Because(reason, source, reason.action is verdict.action)


def _ranked(reports: Iterable[CheckReport], hits: Iterable[Hit]) -> list[tuple[str, Finding, Mapping[str, Hit]]]:
    """Every finding once, with what fired on it by rule: strongest first; of two alike, as they were reported."""
    fired: dict[tuple[str, Finding], dict[str, Hit]] = {}
    for hit in hits:
        fired.setdefault((hit.rule.check, hit.finding), {})[hit.rule.id] = hit
    found = {(report.check, finding): None for report in reports for finding in report.findings}
    ranked = [(check, finding, fired.get((check, finding), {})) for check, finding in found]
    return sorted(ranked, key=lambda one: -max((hit.action for hit in one[2].values()), default=-1))


def _looks(  # noqa: PLR0917 - one finding with all it is held against
    policy: Policy,
    stage: Stage,
    check: str,
    finding: Finding,
    fired: Mapping[str, Hit],
    specs: Mapping[str, CheckSpec],
    segment: Segment | None,
) -> Iterator[Look]:
    spec = specs.get(check)
    origin = segment.origin if segment is not None else None
    for rule in policy.rules if check in policy.checks else ():
        if rule.check != check:
            continue
        hit = fired.get(rule.id)
        if hit is None:
            yield Look(rule, _unfired(rule, stage, finding, origin), distance=_distance(rule, finding))
            continue
        why = hit.detail if hit.action is not rule.action else None
        above = next_above(finding.measure, spec, policy.checks.get(check))
        yield Look(rule, Outcome.FIRED, hit.action, _distance(rule, finding), above, why)


def _unfired(rule: Rule, stage: Stage, finding: Finding, origin: Origin | None) -> Outcome:
    if stage not in rule.stages:
        return Outcome.STAGE
    if rule.origins is not None and origin is not None and origin not in rule.origins:
        return Outcome.ORIGIN
    if rule.categories is not None and finding.category not in rule.categories:
        return Outcome.CATEGORY
    if finding.measure is None:
        return Outcome.NO_MEASURE if rule.at_least is not None else Outcome.OTHER
    if rule.at_least is None:
        return Outcome.SAFE if finding.measure <= 0 else Outcome.OTHER
    return Outcome.BELOW if finding.measure < rule.at_least else Outcome.OTHER


def _distance(rule: Rule, finding: Finding) -> float | None:
    if rule.at_least is None or finding.measure is None or not math.isfinite(finding.measure):
        return None
    return round(finding.measure - rule.at_least, 6)
