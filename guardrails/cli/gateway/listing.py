"""`guardrails gateway list`: the gateways, their doors and their pages."""

import click
import orjson
from rich.table import Column, Table

from guardrails.cli.options import json_option
from guardrails.cli.terminal import console
from guardrails.gateways.adapter import Adapter
from guardrails.gateways.catalogue import GATEWAYS


@click.command("list", short_help="The gateways, the doors they call, and their pages.")
@json_option
def listing(*, as_json: bool) -> None:
    """List the gateways whose dialects are spoken: name, doors, page of the documentation."""
    if as_json:
        click.echo(orjson.dumps({"gateways": [_told(adapter) for adapter in GATEWAYS]}))
        return
    table = Table(*(Column(name, overflow="fold") for name in ("gateway", "doors", "page")))
    for adapter in GATEWAYS:
        table.add_row(adapter.name, "\n".join(_doors(adapter)), _page(adapter))
    console().print(table)


def _told(adapter: Adapter) -> dict[str, object]:
    return {"name": adapter.name, "doors": _doors(adapter), "page": _page(adapter)}


def _doors(adapter: Adapter) -> list[str]:
    return [f"{'any' if method == '*' else method} {path}" for method, path in adapter.doors]


def _page(adapter: Adapter) -> str:
    return f"docs/gateways/{adapter.name}.md"
