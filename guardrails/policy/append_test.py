"""A policy file's text with one test more; every other character of it stays as it is, comments included."""

from typing import Final

import yaml

from guardrails.domain.errors import ConfigurationError
from guardrails.policy.as_test import PolicyTest, flow_of, lines_of

_INDENT: Final = 2


def append_test(text: str, test: PolicyTest) -> str:
    """Add a test at the end of `tests`, in the form that is used there. The result must still be compiled.

    Raises:
        ConfigurationError: the text is no mapping in YAML, `tests` is no list, or has a test of this name.
    """
    try:
        document = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        raise ConfigurationError(["the policy's file is not YAML"]) from None
    if not isinstance(document, yaml.MappingNode) or document.flow_style:
        raise ConfigurationError(["the policy's file is not a mapping with one key on each line"])
    break_ = "\r\n" if "\r\n" in text else "\n"
    said = [(key, value) for key, value in document.value if key.value == "tests"]
    if not said:
        begin = text if text.endswith("\n") else text + break_
        return begin + _block(["", "tests:", *_indented(test, _INDENT)], break_)
    key, value = said[-1]
    if isinstance(value, yaml.SequenceNode):
        _require_new_name(value, test.name)
        if value.value:
            return _in_flow(text, value, test) if value.flow_style else _in_block(text, value, test, break_)
        text = text[: value.start_mark.index] + text[value.end_mark.index :]
    elif not (isinstance(value, yaml.ScalarNode) and value.tag == "tag:yaml.org,2002:null" and not value.value):
        raise ConfigurationError(["tests: must be a list"])
    return _after_line(text, key.end_mark.line, _indented(test, _INDENT), break_)


def _require_new_name(tests: yaml.SequenceNode, name: str) -> None:
    for one in tests.value:
        pairs = one.value if isinstance(one, yaml.MappingNode) else ()
        if any(key.value == "name" and value.value == name for key, value in pairs):
            raise ConfigurationError([f"tests: there is a test named {name!r} already"])


def _in_flow(text: str, tests: yaml.SequenceNode, test: PolicyTest) -> str:
    last = tests.value[-1].end_mark.index
    has_comma = text[last : tests.end_mark.index].lstrip().startswith(",")
    at = last + text[last:].index(",") + 1 if has_comma else last
    return f"{text[:at]}{'' if has_comma else ','} {flow_of(test)}{',' if has_comma else ''}{text[at:]}"


def _in_block(text: str, tests: yaml.SequenceNode, test: PolicyTest, break_: str) -> str:
    end = _last_leaf(tests).end_mark
    # A block scalar ends where the next line begins.
    line = end.line - 1 if end.column == 0 and end.line else end.line
    return _after_line(text, line, _indented(test, tests.start_mark.column), break_)


def _last_leaf(node: yaml.Node) -> yaml.Node:
    """The last thing of a block collection that has an end of its own; the collection itself ends at the next token."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def _after_line(text: str, line: int, more: list[str], break_: str) -> str:
    lines = text.splitlines(keepends=True)
    before = "".join(lines[: line + 1])
    ended = before if before.endswith("\n") else before + break_
    return ended + _block(more, break_) + "".join(lines[line + 1 :])


def _indented(test: PolicyTest, columns: int) -> list[str]:
    return [" " * columns + line for line in lines_of(test)]


def _block(lines: list[str], break_: str) -> str:
    return "".join(line + break_ for line in lines)
