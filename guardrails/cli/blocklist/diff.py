"""`guardrails blocklist diff`: what a push would do."""

from pathlib import Path

import click
import orjson

from guardrails.blocklists.difference import total_items
from guardrails.cli.blocklist.comparison import compare
from guardrails.cli.blocklist.options import emulator_option, names_argument, notes, show_items_option
from guardrails.cli.blocklist.resource import open_resource
from guardrails.cli.blocklist.words import as_data, lines, unnamed, unnamed_line
from guardrails.cli.options import config_option, json_option
from guardrails.telemetry import logs


@click.command(short_help="What a push would change.")
@names_argument
@config_option
@show_items_option
@emulator_option
@json_option
def diff(names: tuple[str, ...], config: Path, *, show_items: bool, emulator: bool, as_json: bool) -> None:
    """Compare the lists of the files with those of Azure: all of them, or those of these NAMEs.

    Items may be confidential, so they are told by line and by Azure's id; --show-items shows them. Lists that no file
    has are named, and are no difference. Exit code 1 when something differs, 2 when it cannot be told.
    """
    logs.configure("error")
    with open_resource(config, emulator=emulator) as resource:
        compared = compare(resource, names, quiet=as_json)
    left_alone = unnamed(compared.files, compared.there)
    if as_json:
        data = as_data(compared.pairs, left_alone, total_items(compared.there.values()), show=show_items)
        click.echo(orjson.dumps(data | {"notes": notes(compared.wanted)}))
    else:
        for line in (*lines(compared.pairs, show=show_items), *unnamed_line(left_alone)):
            click.echo(line)
        for note in notes(compared.wanted):
            click.echo(f"note: {note}", err=True)
    if not all(change.is_empty for _, change in compared.pairs):
        click.get_current_context().exit(1)
