"""The `tests` section: tests that could not be run, or would prove nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from guardrails.domain.check import CheckSpec
from guardrails.domain.content import Origin, Stage
from guardrails.domain.finding import BLOCKLIST
from guardrails.domain.verdict import ON_FAILURE_RULE
from guardrails.policy.firing import Parts
from guardrails.policy.media import RULE_PREFIX
from guardrails.policy.near import hint
from guardrails.policy.positions import Path, Problem, Tree
from guardrails.policy.suite import default_origin

_CANNED = ("findings", "failed")
_TEXTS = ("text", "messages", "documents")


def suite_problems(tree: Tree, specs: Mapping[str, CheckSpec], parts: Parts) -> Iterator[Problem]:
    """Everything wrong with `tests` that the document's shape does not tell."""
    tests = tree.value.get("tests")
    names: set[str] = set()
    for index, test in enumerate(tests if isinstance(tests, list) else ()):
        if not isinstance(test, dict):
            continue
        path: Path = ("tests", index)
        name = test.get("name")
        if isinstance(name, str) and name in names:
            yield tree.problem((*path, "name"), "is the name of an earlier test")
        names.add(str(name))
        yield from _content(tree, path, test)
        yield from _failed(tree, path, test)
        yield from _expected(tree, path, test)
        for number, finding in enumerate(_items(test, "findings")):
            if isinstance(finding, dict):
                yield from _finding(tree, (*path, "findings", number), _Found(finding, _stage(test)), specs, parts)


def _items(section: Mapping[str, Any], key: str) -> list[Any]:
    said = section.get(key)
    return said if isinstance(said, list) else []


class _Found(NamedTuple):
    finding: Mapping[str, Any]
    stage: Stage


def _stage(test: Mapping[str, Any]) -> Stage:
    said = test.get("stage", Stage.INPUT.value)
    return Stage(said) if said in tuple(Stage) else Stage.INPUT


def _content(tree: Tree, path: Path, test: Mapping[str, Any]) -> Iterator[Problem]:
    canned = [key for key in _CANNED if key in test]
    texts = [key for key in _TEXTS if key in test]
    if canned and texts:
        yield tree.problem((*path, texts[0]), "is for the services; it cannot stand beside findings", at_key=True)
    elif "text" in test and "messages" in test:
        yield tree.problem((*path, "messages"), "cannot stand beside `text`", at_key=True)
    elif texts == ["documents"]:
        yield tree.problem((*path, "documents"), "come with `text` or `messages`", at_key=True)
    if test.get("stage") == Stage.OUTPUT.value and "documents" in test:
        yield tree.problem((*path, "documents"), "belong to stage input", at_key=True)


def _failed(tree: Tree, path: Path, test: Mapping[str, Any]) -> Iterator[Problem]:
    for number, name in enumerate(_items(test, "failed")):
        if isinstance(name, str):
            yield from _planned(tree, (*path, "failed", number), name)


def _planned(tree: Tree, path: Path, name: str) -> Iterator[Problem]:
    checks = tree.value.get("checks")
    if isinstance(checks, dict) and name not in checks:
        yield tree.problem(path, f"is not under `checks`{hint(name, checks)}")


def _expected(tree: Tree, path: Path, test: Mapping[str, Any]) -> Iterator[Problem]:
    expect = test.get("expect")
    rules = tree.value.get("rules")
    if not isinstance(expect, dict) or not isinstance(rules, list):
        return
    known = {rule["id"] for rule in rules if isinstance(rule, dict) and isinstance(rule.get("id"), str)}
    for number, name in enumerate(_items(expect, "rules")):
        if isinstance(name, str) and name not in known | {ON_FAILURE_RULE} and not name.startswith(RULE_PREFIX):
            yield tree.problem((*path, "expect", "rules", number), f"unknown rule{hint(name, known)}")


def _finding(tree: Tree, path: Path, found: _Found, specs: Mapping[str, CheckSpec], parts: Parts) -> Iterator[Problem]:
    finding, stage = found
    name = finding.get("check")
    if not isinstance(name, str):
        return
    yield from _planned(tree, (*path, "check"), name)
    spec = specs.get(name)
    if spec is None:
        return
    category = finding.get("category")
    if isinstance(category, str) and category not in spec.categories:
        yield tree.problem((*path, "category"), f"{name} has no such category{hint(category, spec.categories)}")
    yield from _measure(tree, path, finding, spec)
    origin = finding.get("origin", default_origin(stage).value)
    plan = parts.plans.get(name)
    if plan is not None and origin in tuple(Origin) and origin not in plan.scans(stage):
        sentence = f"{name} does not read {origin} texts at stage {stage}, so this is never found"
        yield tree.problem((*path, "origin") if "origin" in finding else path, sentence)


def _measure(tree: Tree, path: Path, finding: Mapping[str, Any], spec: CheckSpec) -> Iterator[Problem]:
    measure = finding.get("measure")
    is_yes = spec.measure is None or finding.get("category") == BLOCKLIST
    if is_yes and measure is not None:
        yield tree.problem((*path, "measure"), "such a finding has no number; leave it out", at_key=True)
    elif not is_yes and spec.measure is not None:
        lowest, highest = spec.measure.lowest, spec.measure.highest
        if measure is None:
            yield tree.problem(path, f"needs a `measure`, {lowest:g} to {highest:g} ({spec.measure.unit})")
        elif isinstance(measure, int | float) and not isinstance(measure, bool) and not lowest <= measure <= highest:
            yield tree.problem((*path, "measure"), f"must be {lowest:g} to {highest:g} ({spec.measure.unit})")
