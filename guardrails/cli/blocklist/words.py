"""Differences between files and Azure, in words and as data. Items themselves only where they were asked for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from guardrails.blocklists.difference import Difference
from guardrails.blocklists.list_file import ListFile
from guardrails.blocklists.yaml_form import quoted
from guardrails.cli.terminal import counted
from guardrails.domain.blocklist import MOST_ITEMS, BlocklistContents, BlocklistItem

_MOST: Final = 10
Pair = tuple[ListFile, Difference]


def lines(pairs: Sequence[Pair], *, show: bool) -> Iterator[str]:
    """Each list's difference: a line that counts, then the items."""
    for file, change in pairs:
        yield f"{change.name} ({file.file}): {summary(change)}"
        marked = [*_marked(file, change, show=show)]
        shown = marked if show else marked[:_MOST]
        yield from shown
        if len(marked) > len(shown):
            yield f"  and {len(marked) - len(shown)} more; --json has all of them"


def summary(change: Difference) -> str:
    """`new list, 3 to add, 1 to change, 2 to remove`, or `the same`."""
    parts = ["new list"] if change.is_new else []
    counts = (("add", change.added), ("change", change.changed), ("remove", change.removed))
    parts += [f"{len(items)} to {verb}" for verb, items in counts if items]
    if change.description is not None and not change.is_new:
        parts.append("another description")
    return ", ".join(parts) or "the same"


def _marked(file: ListFile, change: Difference, *, show: bool) -> Iterator[str]:
    places = _lines(file)
    for item in change.added:
        yield f"  + line {places[item.text]}{_shown(item, show=show)}"
    for one in change.changed:
        what = " and ".join(one.what)
        yield f"  ~ line {places[one.wanted.text]}: {what}, {one.wanted.id}{_shown(one.wanted, show=show)}"
    for item in change.removed:
        yield f"  - {item.id}{_shown(item, show=show)}"
    if show and change.description is not None:
        yield f"  description: {quoted(change.description)}"


def _shown(item: BlocklistItem, *, show: bool) -> str:
    if not show:
        return ""
    kind = " (expression)" if item.is_regex else ""
    description = f" ({quoted(item.description)})" if item.description else ""
    return f": {quoted(item.text)}{kind}{description}"


def _lines(file: ListFile) -> Mapping[str, int]:
    return {entry.item.text: entry.mark.line for entry in file.entries}


def unnamed(files: Sequence[ListFile], there: Mapping[str, BlocklistContents]) -> tuple[BlocklistContents, ...]:
    """The lists of Azure that no file has: they are told, and left alone."""
    names = {file.name for file in files}
    return tuple(contents for name, contents in there.items() if name not in names)


def unnamed_line(lists: Sequence[BlocklistContents]) -> Iterator[str]:
    """One line about them, where there are any."""
    if lists:
        told = ", ".join(f"{one.name} ({counted(len(one.items), 'item')})" for one in lists)
        yield f"in Azure and in no file, left alone: {told}"


def as_data(
    pairs: Sequence[Pair], left_alone: Sequence[BlocklistContents], items_in_azure: int, *, show: bool
) -> dict[str, Any]:
    """The same for programs. `line` is of the file, `id` Azure's."""
    return {
        "same": all(change.is_empty for _, change in pairs),
        "lists": [_list(file, change, show=show) for file, change in pairs],
        "only_in_azure": [{"name": one.name, "items": len(one.items)} for one in left_alone],
        "items_in_azure": items_in_azure,
        "most_items": MOST_ITEMS,
    }


def _list(file: ListFile, change: Difference, *, show: bool) -> dict[str, Any]:
    places = _lines(file)
    told: dict[str, Any] = {
        "name": change.name,
        "file": file.file,
        "new": change.is_new,
        "description_changes": change.description is not None,
        "added": [{"line": places[item.text], **_item(item, show=show)} for item in change.added],
        "changed": [
            {"line": places[one.wanted.text], "what": one.what, **_item(one.wanted, show=show)}
            for one in change.changed
        ],
        "removed": [_item(item, show=show) for item in change.removed],
    }
    if show and change.description is not None:
        told["description"] = change.description
    return told


def _item(item: BlocklistItem, *, show: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"id": item.id} if item.id is not None else {}
    told["regex"] = item.is_regex
    return told | ({"text": item.text, "description": item.description} if show else {})
