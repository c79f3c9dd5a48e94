"""`guardrails policy`: what a security team does with policy files."""

from typing import Final

import click

from guardrails.cli.policy.explain import explain
from guardrails.cli.policy.lint import lint
from guardrails.cli.policy.schema import schema
from guardrails.cli.policy.show import show
from guardrails.cli.policy.suite import test

_COMMANDS: Final[tuple[click.Command, ...]] = (lint, test, show, schema, explain)


@click.group(short_help="Check, test, show and explain policies.")
def policy() -> None:
    """Check policy files, run the tests in them, show what they come to, and explain verdicts."""


for _command in _COMMANDS:
    policy.add_command(_command)
