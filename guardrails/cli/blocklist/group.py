"""`guardrails blocklist`: lists of terms, kept as files beside the policies."""

from typing import Final

import click

from guardrails.cli.blocklist.check import check
from guardrails.cli.blocklist.diff import diff
from guardrails.cli.blocklist.pull import pull
from guardrails.cli.blocklist.push import push

_COMMANDS: Final[tuple[click.Command, ...]] = (diff, push, pull, check)


@click.group(short_help="Keep Content Safety's blocklists as files.")
def blocklist() -> None:
    """Keep the blocklists of Azure AI Content Safety as files beside the policies.

    The files are those of the folder that the settings name as blocklists, or of the folder of that name beside the
    policies; the resource is services.content_safety. docs/policies.md, "Blocklists", has the form of a file.

    Items may be confidential: they are shown only with --show-items, and otherwise told by line and by Azure's id.
    """


for _command in _COMMANDS:
    blocklist.add_command(_command)
