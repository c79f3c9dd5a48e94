"""Carrying edits out on a body, by pointer."""

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from guardrails.chat.address import parts
from guardrails.chat.json_text import edited
from guardrails.domain.content import Edit

_Edits = dict[str, "_Edits | list[Edit]"]


def apply(body: Any, edits: Iterable[Edit]) -> Any:
    """The body with every edit made; `body` itself is never changed, and what no edit touches is shared, not copied.

    Spans are positions in the text that `extract_*` gave for the pointer. Strings that hold JSON stay valid JSON
    (`guardrails.chat.json_text`). `logprobs` of an edited choice are removed: they spell the same text by tokens.

    Raises:
        ValueError: a pointer is none, or does not lead to a string of this body: edits and body do not belong together.
    """
    tree: _Edits = {}
    for edit in edits:
        _plant(tree, parts(edit.pointer), edit)
    if not tree:
        return body
    result = _edited(body, tree)
    for index in map(str, tree.get("choices", ())):
        # `_edited` has copied this choice, so it is ours to change.
        choice = result["choices"][int(index)]
        if isinstance(choice, dict) and choice.get("logprobs") is not None:
            choice["logprobs"] = None
    return result


def _plant(tree: _Edits, path: Sequence[str], edit: Edit) -> None:
    if not path:
        raise ValueError("an edit needs a string inside the body")
    for part in path[:-1]:
        branch = tree.setdefault(part, {})
        tree = branch if isinstance(branch, dict) else _nowhere()
    leaf = tree.setdefault(path[-1], [])
    (leaf if isinstance(leaf, list) else _nowhere()).append(edit)


def _nowhere() -> NoReturn:
    raise ValueError("an edit does not lead to a string of this body")


def _edited(value: Any, tree: _Edits | list[Edit]) -> Any:
    if isinstance(tree, list):
        return edited(value, tree) if isinstance(value, str) else _nowhere()
    if isinstance(value, dict):
        members = dict(value)
        for name, branch in tree.items():
            members[name] = _edited(members[name] if name in members else _nowhere(), branch)
        return members
    if isinstance(value, list):
        elements = list(value)
        for name, branch in tree.items():
            index = int(name) if name.isdecimal() and int(name) < len(elements) else _nowhere()
            elements[index] = _edited(elements[index], branch)
        return elements
    return _nowhere()
