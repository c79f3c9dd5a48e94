"""`guardrails blocklist check`: are the lists there that policies match?"""

from pathlib import Path

import click
import orjson

from guardrails.blocklists.folder import folder_of, load_lists
from guardrails.blocklists.missing import lists_of, missing_lists
from guardrails.checks.catalogue import SPECS
from guardrails.cli.blocklist.options import emulator_option
from guardrails.cli.blocklist.resource import open_resource
from guardrails.cli.options import config_option, json_option
from guardrails.policy.bundle import load_bundle, read_folder
from guardrails.telemetry import logs


@click.command(short_help="Are the lists there that policies match?")
@config_option
@emulator_option
@json_option
def check(config: Path, *, emulator: bool, as_json: bool) -> None:
    """Find policies that match a list which Azure does not have: the check would fail on every text.

    Each is told with file and line. Exit code 1 when there is one, 2 when it cannot be told.
    """
    logs.configure("error")
    with open_resource(config, emulator=emulator) as resource:
        settings = resource.settings
        policies = load_bundle(settings.policies, SPECS).policies
        texts = read_folder(settings.policies).texts
        folder = folder_of(settings)
        files = load_lists(folder) if folder.exists() else ()
        there = {one.name for one in resource.run(resource.lists.all())}
    problems = missing_lists(policies, texts, there, files)
    used = lists_of(policies)
    if as_json:
        click.echo(orjson.dumps({"good": not problems, "lists": list(used), "problems": problems}))
    else:
        for problem in problems:
            click.echo(problem)
        if not problems:
            click.echo(f"Azure has every list that policies match: {', '.join(used) or 'none'}.")
    if problems:
        click.get_current_context().exit(1)
