"""Recorded decisions judged again by other policies, without a call: what would have been decided otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from guardrails.domain.check import CheckSpec
from guardrails.domain.verdict import Action, Mode, Verdict
from guardrails.lab.effect import Effect
from guardrails.lab.evidence import Evidence, Unreplayable, read_evidence
from guardrails.lab.recorded import Alike
from guardrails.lab.rejudge import Rejudged, rejudge
from guardrails.policy.policy import Policy

_REMEMBERED: Final = 10_000
_ACTIONS: Final = {action.word: action for action in Action}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What of a verdict a replay compares: the action, whether the text was stopped, and what spoke for that most."""

    action: Action
    blocked: bool
    strongest: tuple[tuple[str, str | None], ...]


class Judge:
    """Judges evidence by the policy of its record's name, each kind of evidence once.

    Args:
        policies: By name.
        specs: The checks that exist.
        by: The policy that judges everything, whatever the record's own was called; None for the one of its name.
    """

    def __init__(
        self, policies: Mapping[str, Policy], specs: Mapping[str, CheckSpec], by: Policy | None = None
    ) -> None:
        self._policies = policies
        self._specs = specs
        self._by = by
        self._known: dict[bytes, Rejudged] = {}

    def judge(self, alike: Alike) -> Rejudged:
        """The verdict on a group, or why there is none. Raises Unreplayable."""
        key = orjson.dumps(alike.evidence)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = self._judged(read_evidence(alike.evidence))
        return known

    def _judged(self, evidence: Evidence) -> Rejudged:
        policy = self._by or self._policies.get(evidence.policy)
        if policy is None:
            return Rejudged(None, (f"the policy {evidence.policy} is not among those it is judged by",))
        return rejudge(policy, evidence, self._specs)


def replay(groups: Iterable[Alike], now: Judge, *, then: Judge | None = None, most_ids: int = 10) -> Effect:
    """Judge recorded decisions again.

    Args:
        groups: From `read_alike`.
        now: The policies that are tried.
        then: The policies they are compared with; None for what was decided when it was recorded.
        most_ids: How many ids are kept of each kind of change.
    """
    effect = Effect(most_ids)
    for alike in groups:
        try:
            before = _recorded(alike) if then is None else _outcome(then.judge(alike))
            after = _outcome(now.judge(alike))
        except Unreplayable as reason:
            effect.skip(alike, reason.whys)
            continue
        _enter(effect, alike, before, after)
    return effect


def _recorded(alike: Alike) -> Outcome:
    read_evidence(alike.evidence)
    action = _ACTIONS.get(alike.verdict or "")
    if action is None:
        raise Unreplayable("the record names a verdict that is not known")
    return Outcome(action, alike.blocked, alike.strongest)


def _outcome(judged: Rejudged) -> Outcome:
    if judged.verdict is None:
        raise Unreplayable(*judged.gaps)
    return outcome_of(judged.verdict)


def outcome_of(verdict: Verdict) -> Outcome:
    """What of a verdict is compared."""
    strongest = {(reason.rule, reason.category) for reason in verdict.reasons if reason.action is verdict.action}
    blocked = verdict.action is Action.BLOCK and verdict.mode is Mode.ENFORCE
    return Outcome(verdict.action, blocked, tuple(sorted(strongest, key=repr)))


def _enter(effect: Effect, alike: Alike, before: Outcome, after: Outcome) -> None:
    effect.records.add(alike)
    effect.replayed.add(alike)
    effect.matrix[before.action.word][after.action.word] += alike.count
    if before.blocked != after.blocked:
        change = effect.newly_blocked if after.blocked else effect.newly_allowed
    elif before.action is not after.action:
        change = effect.otherwise_changed
    else:
        effect.unchanged.add(alike)
        return
    rises = (after.blocked, after.action) > (before.blocked, before.action)
    change.note(alike, after.strongest if rises else before.strongest)
