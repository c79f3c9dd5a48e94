"""The `rules` section: what only makes sense, or not, beside the checks it speaks of."""

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.domain.check import CheckSpec
from guardrails.domain.finding import BLOCKLIST
from guardrails.domain.verdict import ON_FAILURE_RULE
from guardrails.policy.media import RULE_PREFIX
from guardrails.policy.near import hint
from guardrails.policy.positions import Path, Problem, Tree
from guardrails.policy.redaction import REPLACEMENTS, RESTORABLE


def rule_problems(tree: Tree, specs: Mapping[str, CheckSpec]) -> Iterator[Problem]:
    """Everything wrong with `rules` that the document's shape does not tell."""
    rules = tree.value.get("rules")
    seen: set[str] = set()
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict):
            path: Path = ("rules", index)
            yield from _empty(tree, path, rule)
            yield from _id(tree, path, rule, seen)
            yield from _replacement(tree, path, rule)
            yield from _restoring(tree, path, rule)
            yield from _check(tree, path, rule, specs)


def _empty(tree: Tree, path: Path, rule: Mapping[str, Any]) -> Iterator[Problem]:
    for key in ("stage", "origin", "category", "at_least", "with"):
        if key in rule and rule[key] is None:
            yield tree.problem((*path, key), "has no value; give it one, or leave the key out", at_key=True)


def _id(tree: Tree, path: Path, rule: Mapping[str, Any], seen: set[str]) -> Iterator[Problem]:
    name = rule.get("id")
    if not isinstance(name, str):
        return
    if name == ON_FAILURE_RULE:
        yield tree.problem(
            (*path, "id"), f"{ON_FAILURE_RULE!r} is the name of the rule for failed checks; choose another"
        )
    if name.startswith(RULE_PREFIX):
        yield tree.problem((*path, "id"), f"names that begin with {RULE_PREFIX!r} are those of media; choose another")
    if name in seen:
        yield tree.problem((*path, "id"), f"the id {name!r} is used by an earlier rule")
    seen.add(name)


def _replacement(tree: Tree, path: Path, rule: Mapping[str, Any]) -> Iterator[Problem]:
    if "with" not in rule:
        return
    said = rule["with"]
    if rule.get("action") != "redact":
        yield tree.problem((*path, "with"), "only a rule whose action is redact can have it", at_key=True)
    if not isinstance(said, str):
        return
    if said not in REPLACEMENTS:
        yield tree.problem((*path, "with"), f"unknown way to redact{hint(said, REPLACEMENTS)}")


def _restoring(tree: Tree, path: Path, rule: Mapping[str, Any]) -> Iterator[Problem]:
    if rule.get("restore") is not True:
        return
    path = (*path, "restore")
    if rule.get("with") != RESTORABLE:
        yield tree.problem(path, f"only a rule with `with: {RESTORABLE}` can restore what it hid", at_key=True)
    if rule.get("stage") in ("output", ["output"]):
        yield tree.problem(path, "only what is hidden at stage input can come back in the answer", at_key=True)


def _check(tree: Tree, path: Path, rule: Mapping[str, Any], specs: Mapping[str, CheckSpec]) -> Iterator[Problem]:
    name = rule.get("check")
    if not isinstance(name, str):
        return
    spec = specs.get(name)
    if spec is None:
        yield tree.problem((*path, "check"), f"unknown check{hint(name, specs)}")
        return
    planned = tree.value.get("checks")
    if isinstance(planned, dict) and name not in planned:
        yield tree.problem(
            (*path, "check"), f"the check {name!r} is not listed under `checks`, so this rule would never fire"
        )
    if rule.get("action") == "redact" and not spec.spans:
        yield tree.problem(
            (*path, "action"), f"{name} does not tell where in a text it saw something, so it cannot redact"
        )
    yield from _categories(tree, path, rule, spec)
    yield from _threshold(tree, path, rule, spec)


def _listed(rule: Mapping[str, Any]) -> list[Any]:
    said = rule.get("category")
    return said if isinstance(said, list) else [] if said is None else [said]


def _categories(tree: Tree, path: Path, rule: Mapping[str, Any], spec: CheckSpec) -> Iterator[Problem]:
    listed = _listed(rule)
    for index, category in enumerate(listed):
        if isinstance(category, str) and category and category != "*" and category not in spec.categories:
            yield tree.problem(
                (*path, "category", index), f"{spec.name} has no such category{hint(category, spec.categories)}"
            )
    if "*" in listed and len(listed) > 1:
        yield tree.problem((*path, "category"), '"*" means every category and stands alone')


def _threshold(tree: Tree, path: Path, rule: Mapping[str, Any], spec: CheckSpec) -> Iterator[Problem]:
    limit = rule.get("at_least")
    path = (*path, "at_least")
    if limit is None:
        return
    if spec.measure is None:
        yield tree.problem(path, f"{spec.name} says yes or no, without a number; leave it out", at_key=True)
    elif BLOCKLIST in _listed(rule):
        yield tree.problem(
            path, f"a {BLOCKLIST} match has no number and would never reach it; give {BLOCKLIST} a rule of its own"
        )
    elif isinstance(limit, int | float) and not isinstance(limit, bool):
        measure = spec.measure
        if not measure.lowest < limit <= measure.highest:
            yield tree.problem(
                path, f"must be above {measure.lowest:g} and at most {measure.highest:g} ({measure.unit})"
            )
