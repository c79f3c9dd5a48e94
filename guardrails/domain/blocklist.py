"""Blocklists: named lists of terms that a Content Safety resource matches texts against.

The limits are those of the service (Azure AI Content Safety, "Use a blocklist", and its REST specification 2024-09-01).
"""

import re
from dataclasses import dataclass, field
from typing import Final

MOST_ITEMS: Final = 10_000
"""In all lists of a resource together."""

LONGEST_ITEM: Final = 128
"""Code points of an item's text."""

LONGEST_DESCRIPTION: Final = 1024
"""Code points of the description of a list or item."""

LIST_NAME: Final = re.compile(r"[0-9A-Za-z._~-]{1,64}")
"""What a list's name is, as a whole."""


@dataclass(frozen=True, slots=True)
class Blocklist:
    """A named list of a resource."""

    name: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class BlocklistItem:
    """A term of a list, or an expression. `id` is the service's, None for an item not yet sent."""

    text: str = field(repr=False)
    description: str | None = field(default=None, repr=False)
    id: str | None = None
    is_regex: bool = False


@dataclass(frozen=True, slots=True)
class BlocklistContents:
    """A list with everything in it."""

    name: str
    description: str | None = field(default=None, repr=False)
    items: tuple[BlocklistItem, ...] = ()
