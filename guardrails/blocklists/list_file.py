"""A list as a file has it, each item with its place, and what is wrong with it."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from guardrails.domain.blocklist import LIST_NAME, LONGEST_DESCRIPTION, LONGEST_ITEM, BlocklistContents, BlocklistItem
from guardrails.policy.positions import Mark, Problem

MAX_BYTES: Final = 16 * 1024 * 1024
"""The largest file of a list: ten thousand items with their descriptions fit."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item and its place in the file."""

    item: BlocklistItem
    mark: Mark


@dataclass(frozen=True, slots=True)
class ListFile:
    """One list, read from one file.

    Attributes:
        file: The file's name, as problems tell it.
        name: The list's name in Azure.
        name_mark: Where the name is.
        description: The list's description; None for none, or where the form of the file cannot say one.
        entries: The items in the order of the file, no text twice.
        describes: Whether the form of the file can say descriptions; where not, those in Azure are left alone.
    """

    file: str
    name: str
    name_mark: Mark
    description: str | None
    entries: tuple[Entry, ...]
    describes: bool = True

    @property
    def contents(self) -> BlocklistContents:
        """What the list should be."""
        return BlocklistContents(self.name, self.description, tuple(entry.item for entry in self.entries))


def name_problem(name: str) -> str | None:
    """What is wrong with the name of a list."""
    if LIST_NAME.fullmatch(name):
        return None
    return "must have 1 to 64 characters of 0-9, A-Z, a-z, dot, dash, underscore and ~"


def description_problem(description: str) -> str | None:
    """What is wrong with the description of a list or item."""
    if len(description) <= LONGEST_DESCRIPTION:
        return _unencodable(description)
    return f"has {len(description)} characters; at most {LONGEST_DESCRIPTION} are allowed"


def text_problem(text: str) -> str | None:
    """What is wrong with an item's text; the sentence does not repeat it."""
    if not text.strip():
        return "is empty"
    if len(text) <= LONGEST_ITEM:
        return _unencodable(text)
    return f"has {len(text)} characters; at most {LONGEST_ITEM} are allowed"


def _unencodable(text: str) -> str | None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "is not valid Unicode"
    return None


def repeated(entries: list[Entry]) -> Iterator[Problem]:
    """A problem for each item whose text is there already: in Azure they would be one."""
    first: dict[str, Mark] = {}
    for entry in entries:
        before = first.setdefault(entry.item.text, entry.mark)
        if before != entry.mark:
            yield Problem(entry.mark, (), f"is the same item as in line {before.line}")


def alike(file: ListFile) -> Iterator[str]:
    """A note for each term that differs from an earlier one by case, width, blanks or Unicode form only.

    Azure does not document which of these its matching minds, so both may be needed; each takes one of the 10,000.
    """
    first: dict[str, Mark] = {}
    for entry in file.entries:
        if entry.item.is_regex:
            continue
        before = first.setdefault(_folded(entry.item.text), entry.mark)
        if before != entry.mark:
            yield (
                f"{file.file}:{entry.mark.line}:{entry.mark.column}: differs from line {before.line} only by case, "
                "width, blanks or Unicode form"
            )


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())
