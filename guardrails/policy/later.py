"""Words of the policy language that this version does not know yet.

They are refused by name, never ignored: a policy that says more than the service does would be weaker than it reads.
Where a word's value is what the service does anyway, it is accepted.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from guardrails.policy.positions import Path, Problem, Tree

_TODAY: Mapping[str, Callable[[Any], bool]] = {
    "shadow": lambda value: value in ([], None),
    "tests": lambda value: value in ([], None),
    "extends": lambda value: value is None,
}
_CHAT_TODAY: Mapping[str, Callable[[Any], bool]] = {}
_RULE_TODAY: Mapping[str, Callable[[Any], bool]] = {
    "origin": lambda _: False,
}
_HELP: Mapping[str, str] = {}


def set_aside(tree: Tree) -> Iterator[Problem]:
    """Take the words that come later out of the tree; yield a problem for each that asks for more than today."""
    if not isinstance(tree.value, dict):
        return
    yield from _take(tree, (), tree.value, _TODAY)
    chat = tree.value.get("chat")
    if isinstance(chat, dict):
        yield from _take(tree, ("chat",), chat, _CHAT_TODAY)
    rules = tree.value.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, dict):
            yield from _take(tree, ("rules", index), rule, _RULE_TODAY)


def _take(
    tree: Tree, path: Path, section: dict[str, Any], today: Mapping[str, Callable[[Any], bool]]
) -> Iterator[Problem]:
    for key in [key for key in section if key in today]:
        value = section.pop(key)
        if not today[key](value):
            only = f"; {_HELP[key]}" if key in _HELP else ""
            yield tree.problem((*path, key), f"is not supported yet{only}", at_key=True)
