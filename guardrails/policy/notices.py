"""What holds, and is probably not what was meant. These are warnings: they stop nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.domain.check import CheckSpec
from guardrails.domain.content import Origin, Stage
from guardrails.domain.verdict import Action
from guardrails.policy.firing import Parts, read_by
from guardrails.policy.policy import Rule
from guardrails.policy.positions import Problem, Tree


def notices(tree: Tree, specs: Mapping[str, CheckSpec], parts: Parts) -> Iterator[Problem]:
    """A warning for each."""
    value: Mapping[str, Any] = tree.value
    if value.get("mode") == "monitor":
        yield tree.problem(("mode",), "`monitor` decides and records, and lets everything pass")
    yield from _unused(tree, specs)
    yield from _chat(tree, parts)
    yield from _gateways(tree)
    yield from _thresholds(tree, specs, parts)
    yield from _answers(tree, specs, parts)
    yield from _shadowed(tree, parts)
    yield from _own_words(tree)


def _unused(tree: Tree, specs: Mapping[str, CheckSpec]) -> Iterator[Problem]:
    checks, rules = tree.value.get("checks"), tree.value.get("rules")
    if not isinstance(checks, dict) or not isinstance(rules, list):
        return
    used = {str(rule.get("check")) for rule in rules if isinstance(rule, dict)}
    for name in checks:
        if name not in used and name in specs:
            sentence = "no rule is about this check: it is asked and paid for, and nothing but its failure counts"
            yield tree.problem(("checks", name), sentence, at_key=True)


def _chat(tree: Tree, parts: Parts) -> Iterator[Problem]:
    chat = tree.value.get("chat")
    if not isinstance(chat, dict):
        return
    hides = [rule.id for rule in parts.rules.values() if rule.action is Action.REDACT and Stage.INPUT in rule.stages]
    if chat.get("start_model") == "with_checks" and hides:
        sentence = f"has no effect: the rule {hides[0]!r} redacts at stage input, so the model waits for the checks"
        yield tree.problem(("chat", "start_model"), sentence)
    if chat.get("old_turns") == "drop" and tree.value.get("history") == "last_turn":
        yield tree.problem(("chat", "old_turns"), "has no effect: with `history: last_turn` old turns are not judged")


def _gateways(tree: Tree) -> Iterator[Problem]:
    gateways = tree.value.get("gateways")
    if isinstance(gateways, dict) and gateways.get("on_outage") == "report":
        sentence = "`report` leaves an outage to the gateway, and some let the text pass then (docs/gateways)"
        yield tree.problem(("gateways", "on_outage"), sentence)


def _thresholds(tree: Tree, specs: Mapping[str, CheckSpec], parts: Parts) -> Iterator[Problem]:
    for path, rule, plan, spec in parts.pairs(specs):
        levels = spec.levels(plan.options) if spec.levels is not None else None
        above = [level for level in levels or () if rule.at_least is not None and level >= rule.at_least]
        if above and rule.at_least is not None and min(above) != rule.at_least:
            sentence = (
                f"{plan.name} never reports {rule.at_least:g} as it is set up here: this fires from {min(above):g}"
            )
            yield tree.problem((*path, "at_least"), sentence)


def _answers(tree: Tree, specs: Mapping[str, CheckSpec], parts: Parts) -> Iterator[Problem]:
    for path, rule, plan, _ in parts.pairs(specs):
        read = read_by(rule, plan)
        if rule.stages == {Stage.OUTPUT} and read and Origin.ASSISTANT not in read:
            sentence = f"answers are written by the assistant, whose texts {plan.name} does not read at stage output"
            yield tree.problem(path, sentence)


def _shadowed(tree: Tree, parts: Parts) -> Iterator[Problem]:
    rules = list(parts.rules.items())
    for index, rule in rules:
        for other_index, other in rules:
            if other is rule or not _covers(other, rule) or other.action < rule.action:
                continue
            if other.action > rule.action:
                how = "which is stronger" if rule.action is not Action.ALLOW else "and an `allow` takes nothing back"
                yield tree.problem(
                    ("rules", index), f"changes nothing: the rule {other.id!r} always fires with it, {how}"
                )
                break
            if other.replacement == rule.replacement and (other_index < index or not _covers(rule, other)):
                yield tree.problem(("rules", index), f"changes nothing: the rule {other.id!r} says the same and more")
                break


def _covers(one: Rule, other: Rule) -> bool:
    """Whether one rule fires on every finding on which the other does."""
    return (
        one.check == other.check
        and one.stages >= other.stages
        and (one.categories is None or (other.categories is not None and one.categories >= other.categories))
        and (one.origins is None or (other.origins is not None and one.origins >= other.origins))
        and (one.at_least is None or (other.at_least is not None and one.at_least <= other.at_least))
    )


def _own_words(tree: Tree) -> Iterator[Problem]:
    """`restore: on` and its kind: what YAML made of them is what was meant, for once."""
    for path, taken in tree.bare.items():
        word = taken.removeprefix("YAML reads a bare `").partition("`")[0]
        if taken.startswith("YAML reads a bare") and word.lower() not in {"true", "false"}:
            yield tree.problem(path, f"{taken}: write true or false, or quote the word")
