"""`guardrails policy schema`: the JSON Schema of policy files."""

import json

import click

from guardrails.checks.catalogue import SPECS
from guardrails.policy.schema import policy_schema


def schema_text() -> str:
    """The schema as it is published beside the shipped policies."""
    return json.dumps(policy_schema(SPECS), indent=2) + "\n"


@click.command(short_help="The JSON Schema of policy files.")
def schema() -> None:
    """Print the JSON Schema of policy files, as editors use it.

    Beside the files as policy.schema.json it is found by the line
    "# yaml-language-server: $schema=./policy.schema.json" at the top of each.
    """
    click.echo(schema_text(), nl=False)
