"""A text planted in each string of a body, one at a time: what none of them may let pass unseen."""

import copy
from collections.abc import Iterator
from typing import Any


def leaves_of(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every string of a JSON value."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from leaves_of(member, (*path, name))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from leaves_of(element, (*path, index))


def with_text(body: Any, path: tuple[str | int, ...], text: str) -> Any:
    """A copy of the body with another string at a place."""
    changed = copy.deepcopy(body)
    here = changed
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = text
    return changed
