"""`guardrails policy`: what a security team does with policy files."""

from typing import Final

import click

from guardrails.cli.policy.diff import diff
from guardrails.cli.policy.replay import replay
from guardrails.cli.policy.tune import tune

_COMMANDS: Final[tuple[click.Command, ...]] = (diff, replay, tune)


@click.group(short_help="Compare, try and tune policies.")
def policy() -> None:
    """Compare policies, try them on recorded decisions, and find their thresholds with labelled texts."""


for _command in _COMMANDS:
    policy.add_command(_command)
