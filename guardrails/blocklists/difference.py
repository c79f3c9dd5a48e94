"""What would have to be done to a list in Azure to make it what a file says; pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from guardrails.domain.blocklist import BlocklistContents, BlocklistItem


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item that is there with another description or kind. `wanted` has the id it has in Azure."""

    wanted: BlocklistItem
    what: tuple[str, ...]
    """`description`, `regex`, or both."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Between a list of the files and that of Azure.

    Attributes:
        name: The list's name.
        is_new: Whether Azure has no such list.
        description: The description it is to get, an empty one to clear it; None where it stays.
        added: Items that Azure does not have.
        changed: Items whose description or kind is another one.
        removed: Items that the file does not have, and second copies of one that it has; each with its id.
    """

    name: str
    is_new: bool = False
    description: str | None = field(default=None, repr=False)
    added: tuple[BlocklistItem, ...] = ()
    changed: tuple[ItemChange, ...] = ()
    removed: tuple[BlocklistItem, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether Azure has what the file says."""
        return not (self.is_new or self.added or self.changed or self.removed) and self.description is None

    @property
    def writes(self) -> tuple[BlocklistItem, ...]:
        """What is to be sent, new items first."""
        return (*self.added, *(change.wanted for change in self.changed))


def difference(wanted: BlocklistContents, there: BlocklistContents | None, *, describes: bool = True) -> Difference:
    """What makes the list `there` (None: there is none) into `wanted`. Items are known by their text.

    Args:
        wanted: What a file says; no text in it twice.
        there: What Azure has.
        describes: Whether the file can say descriptions; where not, those that are there stay.
    """
    by_text: dict[str, list[BlocklistItem]] = {}
    for item in there.items if there is not None else ():
        by_text.setdefault(item.text, []).append(item)
    added: list[BlocklistItem] = []
    changed: list[ItemChange] = []
    removed: list[BlocklistItem] = []
    for item in wanted.items:
        copies = by_text.pop(item.text, [])
        if not copies:
            added.append(item)
            continue
        kept = min(copies, key=lambda copy: len(_changes(item, copy, describes=describes)))
        removed += [copy for copy in copies if copy is not kept]
        if what := _changes(item, kept, describes=describes):
            changed.append(ItemChange(_changed(item, kept, describes=describes), what))
    removed += [item for copies in by_text.values() for item in copies]
    description = _description(wanted, there) if describes else None
    return Difference(wanted.name, there is None, description, tuple(added), tuple(changed), tuple(removed))


def _description(wanted: BlocklistContents, there: BlocklistContents | None) -> str | None:
    now = (there.description if there is not None else None) or ""
    then = wanted.description or ""
    return then if then != now else None


def _changes(item: BlocklistItem, there: BlocklistItem, *, describes: bool) -> tuple[str, ...]:
    what = ("description",) if describes and (item.description or "") != (there.description or "") else ()
    return (*what, "regex") if item.is_regex != there.is_regex else what


def _changed(item: BlocklistItem, there: BlocklistItem, *, describes: bool) -> BlocklistItem:
    # An absent description would be left alone; an empty one clears it.
    description = (item.description or "") if describes else there.description
    return BlocklistItem(item.text, description, there.id, is_regex=item.is_regex)


def applied(change: Difference, there: BlocklistContents | None, *, prune: bool = True) -> BlocklistContents:
    """What a push of `change` makes of the list `there`; without `prune` nothing goes."""
    description = there.description if there is not None else None
    if change.description is not None:
        description = change.description
    going = Counter(map(_key, change.removed)) if prune else Counter()
    rewritten = {_key(one.wanted): one.wanted for one in change.changed}
    kept = []
    for item in there.items if there is not None else ():
        if going[_key(item)]:
            going[_key(item)] -= 1
        else:
            kept.append(rewritten.get(_key(item), item))
    return BlocklistContents(change.name, description, (*kept, *change.added))


def _key(item: BlocklistItem) -> tuple[str | None, str]:
    return item.id, item.text


def total_items(contents: Iterable[BlocklistContents]) -> int:
    """How many items lists have together."""
    return sum(len(one.items) for one in contents)
