"""`guardrails policy`: what a security team does with policy files."""

from collections.abc import Mapping
from typing import Final

import click

from guardrails.cli.lazy import LazyGroup

_COMMANDS: Final[Mapping[str, str]] = {
    "lint": "guardrails.cli.policy.lint:lint",
    "test": "guardrails.cli.policy.suite:test",
    "show": "guardrails.cli.policy.show:show",
    "schema": "guardrails.cli.policy.schema:schema",
    "diff": "guardrails.cli.policy.diff:diff",
    "replay": "guardrails.cli.policy.replay:replay",
    "tune": "guardrails.cli.policy.tune:tune",
    "explain": "guardrails.cli.policy.explain:explain",
}


class PolicyCommands(LazyGroup):
    """Those that are about policies."""

    places = _COMMANDS


@click.group(cls=PolicyCommands, short_help="Check, test, compare, try, tune and explain policies.")
def policy() -> None:
    """Check policy files, run their tests, show and compare them, try them on records, tune and explain."""
