"""The blocklists of one emulator, and how items match: terms on word borders, expressions with a time limit."""

import math
import re
import time
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import regex

MOST_ITEMS: Final = 10_000
_MOST_REPEATS: Final = 1000
_REPEAT: Final = re.compile(r"\{\s*([0-9]*)\s*,?\s*([0-9]*)\s*\}")


class UnusableExpression(Exception):
    """An expression that does not compile, or would need too much memory to."""


class TooManyItems(Exception):
    """More than 10,000 items in all lists together."""


@dataclass(frozen=True, slots=True)
class Item:
    """A term (`pattern` None) or an expression. `folded` is the term in comparable form."""

    identifier: str
    text: str
    description: str | None
    pattern: regex.Pattern[str] | None
    folded: str

    def occurs_in(self, text: str, folded: str, *, until: float) -> bool:
        """Whether the item matches `text`, of which `folded` is the comparable form; the case does not matter.

        Raises:
            TimeoutError: when an expression is not done at `until`, a time of the monotonic clock.
        """
        if self.pattern is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            return self.pattern.search(text, timeout=left) is not None
        place = folded.find(self.folded)
        while place != -1:
            if _stands_alone(folded, place, place + len(self.folded)):
                return True
            place = folded.find(self.folded, place + 1)
        return False


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (_joined(text[start - 1 : start], text[start]) or _joined(text[end - 1], text[end : end + 1]))


def _joined(left: str, right: str) -> bool:
    """Whether both sides are letters or digits of scripts that put spaces between words."""
    return all(side.isalnum() and side < "\u2e80" for side in (left, right))


@dataclass(slots=True)
class Blocklist:
    """A named list; items by their identifier, in the order they were first added."""

    name: str
    description: str | None = None
    items: dict[str, Item] = field(default_factory=dict)


@dataclass(slots=True)
class BlocklistStore:
    """All lists by name."""

    lists: dict[str, Blocklist] = field(default_factory=dict)

    def put(self, name: str, description: str | None) -> bool:
        """Create the list or change its description when one is given; tell whether it is new."""
        known = self.lists.get(name)
        if known is None:
            self.lists[name] = Blocklist(name, description)
            return True
        if description is not None:
            known.description = description
        return False

    def put_items(self, blocklist: Blocklist, drafts: list[tuple[str, str | None, bool]]) -> list[Item]:
        """Add (text, description, is expression) drafts; the same text again keeps its identifier.

        Raises:
            TooManyItems: when all lists together would hold more than 10,000; nothing is added then.
            UnusableExpression: for an expression that cannot be used; nothing is added then.
        """
        by_text = {item.text: item.identifier for item in blocklist.items.values()}
        items = []
        for text, description, is_expression in drafts:
            identifier = by_text.setdefault(text, str(uuid4()))
            pattern = _compiled(text) if is_expression else None
            items.append(Item(identifier, text, description, pattern, fold(text)))
        added = {item.identifier for item in items} - blocklist.items.keys()
        if sum(len(known.items) for known in self.lists.values()) + len(added) > MOST_ITEMS:
            raise TooManyItems
        blocklist.items.update({item.identifier: item for item in items})
        return items


def _compiled(expression: str) -> regex.Pattern[str]:
    """Counted repetitions are compiled by copying, so nested ones are bounded by their product."""
    counts = [max(int(number or 1) for number in found.groups()) for found in _REPEAT.finditer(expression)]
    if math.prod(max(1, count) for count in counts) > _MOST_REPEATS:
        raise UnusableExpression
    try:
        return regex.compile(expression, regex.IGNORECASE)
    except regex.error as error:
        raise UnusableExpression from error


def fold(text: str) -> str:
    """The form in which a term and a text are compared."""
    return " ".join(text.casefold().split())
