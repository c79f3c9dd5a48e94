"""`guardrails blocklist pull`: write what Azure has into files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import orjson

from guardrails.blocklists.folder import folder_of, load_lists
from guardrails.blocklists.list_file import ListFile
from guardrails.blocklists.pull import Outcome, Pulled, plan_pull, render, write_all
from guardrails.blocklists.remote import read_remote
from guardrails.cli.blocklist.options import emulator_option, names_argument, progress, require
from guardrails.cli.blocklist.resource import open_resource
from guardrails.cli.options import config_option, json_option
from guardrails.cli.terminal import counted
from guardrails.telemetry import logs

_WORDS: Final = {
    Outcome.SAME: "the same as Azure",
    Outcome.NEW: "new",
    Outcome.OVERWRITTEN: "overwritten",
    Outcome.DIFFERS: "differs from Azure and was left as it is; --force overwrites it, its comments with it",
    Outcome.UNFIT: "is plain text, which cannot hold what Azure has (descriptions, expressions); was left as it is",
}


@click.command(short_help="Write Azure's lists into files.")
@names_argument
@config_option
@click.option("--force", is_flag=True, help="Overwrite files that differ; comments in them are lost.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be done; nothing is written.")
@emulator_option
@json_option
def pull(names: tuple[str, ...], config: Path, *, force: bool, dry_run: bool, emulator: bool, as_json: bool) -> None:
    """Write the lists of Azure into files: all of them, or those of these NAMEs.

    A list that no file has gets one of its own. A file that differs from Azure is left alone unless --force is given;
    one that says the same is never written. Exit code 1 when a file was left that differs, 2 when it cannot be done.
    """
    logs.configure("error")
    with open_resource(config, emulator=emulator) as resource:
        folder = folder_of(resource.settings)
        files: Sequence[ListFile] = load_lists(folder) if folder.exists() else ()
        with progress(quiet=as_json) as told:
            there = resource.run(read_remote(resource.lists, told))
    require(names, there, "in Azure")
    wanted = [contents for name, contents in there.items() if not names or name in names]
    plan = plan_pull(folder, files, wanted, force=force)
    texts = {pulled.file: render(pulled) for pulled in plan if pulled.writes}
    if not dry_run:
        write_all(texts)
    if as_json:
        click.echo(orjson.dumps({"dry_run": dry_run, "lists": [_data(pulled) for pulled in plan]}))
    else:
        for pulled in plan:
            click.echo(f"{pulled.contents.name} ({pulled.file}): {_WORDS[pulled.outcome]}")
        click.echo("Nothing was written (--dry-run)." if dry_run else f"{counted(len(texts), 'file')} written.")
    if any(pulled.outcome in {Outcome.DIFFERS, Outcome.UNFIT} for pulled in plan):
        click.get_current_context().exit(1)


def _data(pulled: Pulled) -> dict[str, object]:
    contents = pulled.contents
    return {
        "name": contents.name,
        "file": str(pulled.file),
        "items": len(contents.items),
        "outcome": pulled.outcome.value,
    }
