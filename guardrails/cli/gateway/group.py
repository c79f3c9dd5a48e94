"""`guardrails gateway`: the gateways whose dialects are spoken, and their calls, played."""

from collections.abc import Mapping
from typing import Final

import click

from guardrails.cli.lazy import LazyGroup

_COMMANDS: Final[Mapping[str, str]] = {
    "list": "guardrails.cli.gateway.listing:listing",
    "try": "guardrails.cli.gateway.trying:trying",
}


class GatewayCommands(LazyGroup):
    """Those that are about gateways."""

    places = _COMMANDS


@click.group(cls=GatewayCommands, short_help="Play a gateway's calls against a running service.")
def gateway() -> None:
    """List the gateways whose dialects are spoken, and play their calls: docs/gateways."""
