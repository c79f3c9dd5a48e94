"""`guardrails policy`: what a security team does with policy files."""

from typing import Final

import click

from guardrails.cli.policy.explain import explain

_COMMANDS: Final[tuple[click.Command, ...]] = (explain,)


@click.group(short_help="Explain decisions by policies.")
def policy() -> None:
    """Explain why a text or a recorded decision is judged as it is."""


for _command in _COMMANDS:
    policy.add_command(_command)
