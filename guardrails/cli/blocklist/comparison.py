"""The lists of the files beside those of Azure: what `diff` tells and `push` carries out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guardrails.blocklists.difference import Difference
from guardrails.blocklists.folder import folder_of, load_lists
from guardrails.blocklists.list_file import ListFile
from guardrails.blocklists.remote import differences, read_remote
from guardrails.cli.blocklist.options import chosen, progress
from guardrails.cli.blocklist.resource import Resource
from guardrails.domain.blocklist import BlocklistContents


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared.

    Attributes:
        files: All lists of the folder.
        wanted: Those of them that were asked for.
        there: All lists of Azure, by name.
        pairs: Each wanted list, and what has to be done in Azure to make it so.
    """

    files: Sequence[ListFile]
    wanted: Sequence[ListFile]
    there: Mapping[str, BlocklistContents]
    pairs: Sequence[tuple[ListFile, Difference]]


def compare(resource: Resource, names: Sequence[str], *, quiet: bool) -> Comparison:
    """Read both sides, with progress unless it is to be `quiet`. Without `names` all lists of the files are wanted.

    Raises:
        ConfigurationError: a file does not hold, a name is not known, or Azure did not do its part.
    """
    files = load_lists(folder_of(resource.settings))
    wanted = chosen(names, files)
    with progress(quiet=quiet) as told:
        there = resource.run(read_remote(resource.lists, told))
    return Comparison(files, wanted, there, differences(wanted, there))
