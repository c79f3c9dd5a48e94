"""pydantic's errors as problems of a policy file: placed, in our words, with the nearest right word."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from guardrails.domain.content import Origin, Stage
from guardrails.domain.verdict import Mode
from guardrails.policy.document import (
    ChatSection,
    ExpectSection,
    FindingSection,
    GatewaysSection,
    MediaSection,
    PolicyDocument,
    RuleSection,
    Section,
    TestSection,
)
from guardrails.policy.near import hint
from guardrails.policy.positions import Path, Problem, Tree

_WORDS: Mapping[str, tuple[str, ...]] = {
    "verdict": ("allow", "flag", "redact", "block"),
    "action": ("allow", "flag", "redact", "block"),
    "mode": tuple(Mode),
    "stage": tuple(Stage),
    "origin": tuple(Origin),
}
_NAME = "must begin with a letter or digit, then letters, digits, dot, dash, underscore, at most 64"
_KINDS: Mapping[str, str] = {
    "string_type": "must be text (quote it if YAML reads it as something else)",
    "string_sub_type": "must be text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "mapping_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "finite_number": "must be a finite number",
}


_OF_A_TEST: Mapping[str, type[Section]] = {"findings": FindingSection, "expect": ExpectSection}


def problems_of(error: ValidationError, tree: Tree) -> Iterator[Problem]:
    """The problems of the document as a whole."""
    for entry in error.errors(include_url=False, include_input=False):
        path: Path = entry["loc"]
        yield problem_at(tree, path, entry, _known_keys(path))


def problem_at(tree: Tree, path: Path, entry: Mapping[str, Any], known: tuple[str, ...]) -> Problem:
    """One pydantic error at a path of the file; `known` are the keys its mapping may have."""
    if entry["type"] == "extra_forbidden":
        return tree.problem(path, f"unknown key{hint(path[-1], known)}", at_key=True)
    return tree.problem(path, _sentence(tree, path, entry))


def _sentence(tree: Tree, path: Path, entry: Mapping[str, Any]) -> str:
    kind = entry["type"]
    if kind == "missing":
        return "is required"
    if path == ("version",):
        return "must be 1, the only version of the policy language there is"
    if kind in {"literal_error", "enum"}:
        words = next((_WORDS[part] for part in map(str, reversed(path)) if part in _WORDS), ())
        near = hint(value_at(tree, path), words) if words else ""
        return f"must be {entry['ctx']['expected']}{near}"
    if kind == "string_pattern_mismatch" and (path[-1] in {"policy", "id", "extends"} or path[0] == "shadow"):
        return _NAME
    if kind == "string_type" and path in tree.bare:
        return f"must be text; {tree.bare[path]}: put it in quotes"
    return _KINDS.get(kind) or _own_words(entry["msg"])


def value_at(tree: Tree, path: Path) -> Any:
    """The value at a path, or at the nearest enclosing one that is there (a lone word where a list may be)."""
    value = tree.value
    for part in path:
        is_there = part in value if isinstance(value, dict) else isinstance(value, list) and part in range(len(value))
        if not is_there:
            break
        value = value[part]
    return value


def _own_words(text: str) -> str:
    text = re.sub(r"^(Value error|Assertion failed), ", "", text)
    return re.sub(r"^\w+ should ", "must ", text)


def _known_keys(path: Path) -> tuple[str, ...]:
    model: type[Section] = PolicyDocument
    if path[:1] == ("chat",):
        model = ChatSection
    elif path[:1] == ("media",):
        model = MediaSection
    elif path[:1] == ("gateways",):
        model = GatewaysSection
    elif path[:1] == ("rules",):
        model = RuleSection
    elif path[:1] == ("tests",):
        model = _OF_A_TEST.get(str(path[2]) if len(path) > 3 else "", TestSection)  # noqa: PLR2004 - tests, index, part, key
    return tuple(info.alias or name for name, info in model.model_fields.items())
