"""Rules that can never fire, which read stricter than they are. These are errors."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from guardrails.domain.check import CheckSpec
from guardrails.domain.content import Origin
from guardrails.domain.finding import BLOCKLIST
from guardrails.policy.policy import CheckPlan, Rule
from guardrails.policy.positions import Path, Problem, Tree


@dataclass(frozen=True, slots=True)
class Parts:
    """The checks, and the rules by their place, in which nothing is wrong, whatever is wrong with the rest."""

    plans: Mapping[str, CheckPlan] = field(repr=False)
    rules: Mapping[int, Rule]

    def pairs(self, specs: Mapping[str, CheckSpec]) -> Iterator[tuple[Path, Rule, CheckPlan, CheckSpec]]:
        """Each rule with its place, and what is known of its check."""
        for index, rule in self.rules.items():
            if rule.check in self.plans:
                yield ("rules", index), rule, self.plans[rule.check], specs[rule.check]


def firing_problems(tree: Tree, specs: Mapping[str, CheckSpec], parts: Parts) -> Iterator[Problem]:
    """A problem for each part of a rule of which no finding can ever come."""
    for path, rule, plan, spec in parts.pairs(specs):
        yield from _unread(tree, path, rule, plan)
        yield from _unreported(tree, path, rule, plan, spec)
        yield from _unreached(tree, path, rule, plan, spec)


def read_by(rule: Rule, plan: CheckPlan) -> frozenset[Origin]:
    """Who wrote what the rule's check reads, at any of the rule's stages."""
    return frozenset[Origin]().union(*map(plan.scans, rule.stages))


def _unread(tree: Tree, path: Path, rule: Rule, plan: CheckPlan) -> Iterator[Problem]:
    read = read_by(rule, plan)
    at = f" at stage {next(iter(rule.stages))}" if len(rule.stages) == 1 else ""
    if not read:
        yield tree.problem(path, f"{plan.name} reads nothing{at}, so this rule would never fire")
        return
    said = tree.value["rules"][path[1]].get("origin")
    for index, origin in enumerate(said if isinstance(said, list) else [said]):
        if rule.origins is not None and origin not in read:
            place = (*path, "origin", index) if isinstance(said, list) else (*path, "origin")
            known = ", ".join(sorted(read))
            yield tree.problem(
                place, f"{plan.name} does not read {origin} texts{at}, so nothing is found there (it reads: {known})"
            )


def _unreported(tree: Tree, path: Path, rule: Rule, plan: CheckPlan, spec: CheckSpec) -> Iterator[Problem]:
    if spec.reports is None or rule.categories is None:
        return
    reported = spec.reports(plan.options)
    said = tree.value["rules"][path[1]]["category"]
    for index, category in enumerate(said if isinstance(said, list) else [said]):
        if category in reported:
            continue
        place = (*path, "category", index) if isinstance(said, list) else (*path, "category")
        if category == BLOCKLIST:
            yield tree.problem(place, f"{plan.name} has no `blocklists` to match, so this would never fire")
        else:
            yield tree.problem(
                place, f"{category} is not among the `categories` of {plan.name}, so it is never looked for"
            )


def _unreached(tree: Tree, path: Path, rule: Rule, plan: CheckPlan, spec: CheckSpec) -> Iterator[Problem]:
    levels = spec.levels(plan.options) if spec.levels is not None else None
    if levels and rule.at_least is not None and rule.at_least > max(levels):
        yield tree.problem(
            (*path, "at_least"),
            f"{plan.name} never reports {rule.at_least:g} as it is set up here; its highest is {max(levels):g}",
        )
