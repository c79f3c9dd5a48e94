"""Making Azure's lists what the files say, a hundred items a call, with an exact account of what was done.

Every call may be repeated: a list is made or described, an item is added or rewritten by its text, and removed by its
id. A push that broke off is finished by the next one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from guardrails.azure.blocklists import Blocklists, batches
from guardrails.azure.trouble import CallError
from guardrails.blocklists.difference import Difference, applied, total_items
from guardrails.blocklists.remote import Told
from guardrails.domain.blocklist import MOST_ITEMS, Blocklist, BlocklistContents
from guardrails.domain.errors import ServiceError

_UNDECIDED_FROM = HTTPStatus.INTERNAL_SERVER_ERROR


@dataclass(slots=True)
class Account:
    """What has been done of a difference.

    Attributes:
        difference: What was to be done.
        prunes: Whether removing is a part of it.
        made: Whether the list was made or described, where that was to be done.
        written: How many of `difference.writes` Azure has acknowledged, in their order.
        removed: How many of `difference.removed` Azure has acknowledged, in their order.
        unconfirmed: Items of the call that broke off, which Azure may or may not have taken.
    """

    difference: Difference
    prunes: bool
    made: bool = False
    written: int = 0
    removed: int = 0
    unconfirmed: int = 0

    @property
    def added(self) -> int:
        """How many items that Azure did not have were added."""
        return min(self.written, len(self.difference.added))

    @property
    def changed(self) -> int:
        """How many items were rewritten."""
        return self.written - self.added

    @property
    def kept(self) -> int:
        """How many items of Azure's the file does not have were left there."""
        return len(self.difference.removed) - self.removed

    @property
    def is_done(self) -> bool:
        """Whether nothing of what was asked is left."""
        all_written = self.written == len(self.difference.writes)
        return (self.made or not _is_to_be_made(self.difference)) and all_written and (not self.prunes or not self.kept)


@dataclass(slots=True)
class Push:
    """A push under way: its accounts, and what ended it early."""

    accounts: list[Account]
    failure: ServiceError | None = field(default=None, repr=False)
    failed_at: str | None = None
    """The list at which it ended early."""

    @property
    def total(self) -> int:
        """How many items are to be sent or removed."""
        return sum(
            len(one.difference.writes) + (len(one.difference.removed) if one.prunes else 0) for one in self.accounts
        )

    @property
    def done(self) -> int:
        """How many were."""
        return sum(one.written + one.removed for one in self.accounts)


def total_after(differences: Sequence[Difference], there: Mapping[str, BlocklistContents], *, prune: bool) -> int:
    """How many items the resource will have in all its lists, those that no file names included."""
    after = dict(there)
    for change in differences:
        after[change.name] = applied(change, there.get(change.name), prune=prune)
    return total_items(after.values())


async def push(
    lists: Blocklists,
    differences: Sequence[Difference],
    there: Mapping[str, BlocklistContents],
    told: Told,
    *,
    prune: bool,
) -> Push:
    """Carry differences out. Never raises for service trouble: what is returned says how far it came.

    Items are removed last, so that no text passes in between that both the old and the new list stop; where the new
    ones would not fit beside the old ones, they are removed first.

    Args:
        lists: The resource.
        differences: What is to be done, from `there`.
        there: What the resource has.
        told: Hears of progress.
        prune: Whether items that the files do not have are removed.
    """
    under_way = Push([Account(change, prune) for change in differences])
    room_for_both = total_after(differences, there, prune=False) <= MOST_ITEMS
    phases = (_make, _write, _remove) if room_for_both else (_make, _remove, _write)
    for phase in phases:
        for account in under_way.accounts:
            told(account.difference.name, under_way.done, under_way.total)
            try:
                await phase(lists, account, lambda name: told(name, under_way.done, under_way.total))
            except ServiceError as error:
                under_way.failure, under_way.failed_at = error, account.difference.name
                return under_way
    return under_way


def _is_to_be_made(change: Difference) -> bool:
    return change.is_new or change.description is not None


async def _make(lists: Blocklists, account: Account, told: Callable[[str], None]) -> None:
    del told
    change = account.difference
    if _is_to_be_made(change):
        await lists.upsert(Blocklist(change.name, change.description))
        account.made = True


async def _write(lists: Blocklists, account: Account, told: Callable[[str], None]) -> None:
    name = account.difference.name
    for batch in batches(account.difference.writes):
        try:
            await lists.add(name, batch)
        except ServiceError as error:
            account.unconfirmed = len(batch) if _may_have_worked(error) else 0
            raise
        account.written += len(batch)
        told(name)


async def _remove(lists: Blocklists, account: Account, told: Callable[[str], None]) -> None:
    name = account.difference.name
    going = [item.id for item in account.difference.removed if item.id is not None] if account.prunes else []
    for batch in batches(going):
        try:
            await _remove_batch(lists, name, batch)
        except ServiceError as error:
            account.unconfirmed = len(batch) if _may_have_worked(error) else 0
            raise
        account.removed += len(batch)
        told(name)


async def _remove_batch(lists: Blocklists, name: str, ids: Sequence[str]) -> None:
    """Azure removes all of a call's items or none: one that is gone already would keep the others there."""
    try:
        await lists.remove(name, ids)
    except CallError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        left = {item.id for item in await lists.items(name)}
        await lists.remove(name, [one for one in ids if one in left])


def _may_have_worked(error: ServiceError) -> bool:
    """Whether Azure may have done what it did not acknowledge: the connection broke, or it failed on its side."""
    return error.calls > 0 and (error.status is None or error.status >= _UNDECIDED_FROM)
