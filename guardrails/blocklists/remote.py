"""What Azure has: every list, every page."""

from collections.abc import Callable, Mapping, Sequence

from guardrails.azure.blocklists import Blocklists
from guardrails.blocklists.difference import Difference, difference
from guardrails.blocklists.list_file import ListFile
from guardrails.domain.blocklist import BlocklistContents

Told = Callable[[str, int, int], None]
"""Hears of progress: what is done, how much of it, of how much."""


async def read_remote(lists: Blocklists, told: Told) -> Mapping[str, BlocklistContents]:
    """All lists of a resource with their items, by name. They count together: none may be left out.

    Raises:
        ServiceError: Azure did not answer as it should.
    """
    found = await lists.all()
    there: dict[str, BlocklistContents] = {}
    for number, one in enumerate(found):
        told(f"reading {one.name}", number, len(found))
        there[one.name] = BlocklistContents(one.name, one.description, tuple(await lists.items(one.name)))
    told("read", len(found), len(found))
    return there


def differences(
    files: Sequence[ListFile], there: Mapping[str, BlocklistContents]
) -> tuple[tuple[ListFile, Difference], ...]:
    """Each list of the files with what it takes to make Azure's the same."""
    return tuple((file, difference(file.contents, there.get(file.name), describes=file.describes)) for file in files)
