"""`guardrails policy`: what a security team does with policy files."""

from typing import Final

import click

from guardrails.cli.policy.diff import diff
from guardrails.cli.policy.replay import replay

_COMMANDS: Final[tuple[click.Command, ...]] = (diff, replay)


@click.group(short_help="Compare and try policies.")
def policy() -> None:
    """Compare policies, and try them on recorded decisions. Nothing here calls Azure."""


for _command in _COMMANDS:
    policy.add_command(_command)
