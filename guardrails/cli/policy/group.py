"""`guardrails policy`: commands on policy files."""

import click

from guardrails.cli.policy.tune import tune

COMMANDS = (tune,)


@click.group(short_help="Work on policies.")
def policy() -> None:
    """Work on policies."""


for command in COMMANDS:
    policy.add_command(command)
