"""A list as YAML: name, description, items."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from guardrails.blocklists.list_file import (
    MAX_BYTES,
    Entry,
    ListFile,
    description_problem,
    name_problem,
    repeated,
    text_problem,
)
from guardrails.domain.blocklist import BlocklistContents, BlocklistItem
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.near import hint
from guardrails.policy.positions import FAST, Mark, Path, Problem, Tree, read

_KEYS: Final = ("name", "description", "items")
_ITEM_KEYS: Final = ("text", "description", "regex")
_NOT_TEXT: Final = "must be text (quote it if YAML reads it as something else)"
_CONTROL: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may stand in no YAML file as it is (YAML 1.1, section 5.1)."""


def parse(text: str, file: str) -> ListFile:
    """Read a list.

    Args:
        text: The file's text.
        file: Its name, as problems should tell it.

    Raises:
        ConfigurationError: every problem at once, each as `file:line:col: path: sentence`; none repeats an item.
    """
    control = _CONTROL.search(text)
    if control is not None:
        sentence = "holds a control character; write it as an escape in double quotes"
        raise ConfigurationError([Problem(_place(text, control.start()), (), sentence).at(file)])
    tree = read(text, most_bytes=MAX_BYTES, loader=FAST)
    problems = list(tree.problems)
    entries: list[Entry] = []
    if not isinstance(tree.value, dict):
        problems += () if problems else (tree.problem((), "must be a mapping with name and items"),)
    else:
        problems += _header(tree, tree.value)
        problems += _items(tree, tree.value.get("items"), entries)
        problems += repeated(entries)
    if problems:
        raise ConfigurationError([problem.at(file) for problem in sorted(set(problems), key=_order)])
    value: Mapping[str, Any] = tree.value
    return ListFile(file, value["name"], tree.values["name",], value.get("description") or None, tuple(entries))


def _place(text: str, offset: int) -> Mark:
    begun = text.rfind("\n", 0, offset) + 1
    return Mark(text.count("\n", 0, offset) + 1, offset - begun + 1)


def _order(problem: Problem) -> tuple[Any, ...]:
    return problem.mark, tuple(map(str, problem.path)), problem.sentence


def _header(tree: Tree, value: Mapping[str, Any]) -> Iterator[Problem]:
    for key in value:
        if key not in _KEYS:
            yield tree.problem((key,), f"unknown key{hint(key, _KEYS)}", at_key=True)
    for key in ("name", "items"):
        if key not in value:
            yield tree.problem((key,), "is required")
    if "name" in value:
        yield from _text(tree, ("name",), value["name"], name_problem)
    if value.get("description") is not None:
        yield from _text(tree, ("description",), value["description"], description_problem)


def _items(tree: Tree, items: object, entries: list[Entry]) -> Iterator[Problem]:
    """Problems of all items; those that hold are put into `entries`."""
    if items is None and "items" not in tree.value:
        return
    if not isinstance(items, list):
        yield tree.problem(("items",), "must be a list; write [] for a list without items")
        return
    for index, item in enumerate(items):
        path: Path = ("items", index)
        section = item if isinstance(item, dict) else {"text": item}
        wrong = list(_item(tree, path, section, bare=section is not item))
        yield from wrong
        if not wrong:
            description = section.get("description") or None
            kept = BlocklistItem(section["text"], description, is_regex=section.get("regex", False))
            entries.append(Entry(kept, tree.values[path]))


def _item(tree: Tree, path: Path, section: Mapping[str, Any], *, bare: bool) -> Iterator[Problem]:
    for key in section:
        if key not in _ITEM_KEYS:
            yield tree.problem((*path, key), f"unknown key{hint(key, _ITEM_KEYS)}", at_key=True)
    if "text" not in section:
        yield tree.problem((*path, "text"), "is required")
    else:
        yield from _text(tree, path if bare else (*path, "text"), section["text"], text_problem)
    if section.get("description") is not None:
        yield from _text(tree, (*path, "description"), section["description"], description_problem)
    if not isinstance(section.get("regex", False), bool):
        yield tree.problem((*path, "regex"), "must be true or false")


def _text(tree: Tree, path: Path, value: object, problem: Any) -> Iterator[Problem]:  # noqa: ANN401 - any of three
    # A number or date would go to Azure in another spelling than the file's, an empty value is often a stray dash.
    sentence = problem(value) if isinstance(value, str) else "is empty" if value is None else _NOT_TEXT
    if sentence is not None:
        yield tree.problem(path, sentence)


def render(contents: BlocklistContents) -> str:
    """A list as the text of a file; `parse` reads it back as it was."""
    lines = [f"name: {quoted(contents.name)}"]
    if contents.description:
        lines.append(f"description: {quoted(contents.description)}")
    lines.append("items:" if contents.items else "items: []")
    lines += [f"  - {_rendered(item)}" for item in contents.items]
    return "\n".join(lines) + "\n"


def _rendered(item: BlocklistItem) -> str:
    if not item.description and not item.is_regex:
        return quoted(item.text)
    parts = [f"text: {quoted(item.text)}"]
    parts += [f"description: {quoted(item.description)}"] if item.description else []
    parts += ["regex: true"] if item.is_regex else []
    return f"{{{', '.join(parts)}}}"


def quoted(text: str) -> str:
    """In double quotes, as YAML and JSON read it; what cannot be seen or turns the direction of writing is escaped."""
    return _ESCAPED.sub(lambda found: _escape(ord(found.group())), json.dumps(text, ensure_ascii=False))


_ESCAPED: Final = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def _escape(code: int) -> str:
    return f"\\u{code:04x}"
