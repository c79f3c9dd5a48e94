"""`guardrails policy lint`: everything that is wrong with policies, at once."""

from pathlib import Path

import click
import orjson

from guardrails.blocklists.folder import folder_of, load_lists
from guardrails.blocklists.missing import missing_lists
from guardrails.cli.blocklist.options import emulator_option
from guardrails.cli.blocklist.resource import open_resource
from guardrails.cli.options import config_option, json_option
from guardrails.cli.policy.files import Files, compiled_files, optional_settings, path_argument
from guardrails.cli.terminal import counted
from guardrails.telemetry import logs


@click.command(short_help="Everything that is wrong with policies.")
@path_argument
@config_option
@emulator_option
@click.option("--online", is_flag=True, help="Also ask Azure whether the blocklists are there that policies match.")
@click.option("--strict", is_flag=True, help="Warnings count as mistakes.")
@json_option
def lint(path: Path | None, config: Path, *, emulator: bool, online: bool, strict: bool, as_json: bool) -> None:
    """Compile the policies of PATH, a folder or a file; without it those of the settings.

    Every mistake is told at once as file:line:column, and so are warnings: what holds, and is probably not meant. With
    settings, policies are also held against the api-versions that are configured. The tests in the files that need no
    service are run.

    Exit code 1 when there is a mistake, 2 when the folder or the settings cannot be read.
    """
    logs.configure("error")
    if emulator and not online:
        raise click.UsageError("--emulator is for --online")
    if online:
        files, problems = _online(path, config, emulator=emulator)
    else:
        files = compiled_files(path, optional_settings(config, path))
        problems = files.problems
    if as_json:
        click.echo(orjson.dumps({"good": not problems, "problems": problems, "warnings": files.warnings}))
    else:
        for told in (*problems, *files.warnings):
            click.echo(told)
        click.echo(f"{counted(len(problems), 'mistake')}, {counted(len(files.warnings), 'warning')}.", err=True)
    if problems or (strict and files.warnings):
        click.get_current_context().exit(1)


def _online(path: Path | None, config: Path, *, emulator: bool) -> tuple[Files, tuple[str, ...]]:
    with open_resource(config, emulator=emulator) as resource:
        settings = resource.settings
        files = compiled_files(path, settings)
        folder = folder_of(settings)
        lists = load_lists(folder) if folder.exists() else ()
        there = {one.name for one in resource.run(resource.lists.all())}
    policies = {source.policy.ref.name: source.policy for source in files.sources}
    # A list that a policy has from what it extends is named in that file.
    return files, (*files.problems, *missing_lists(policies, files.texts, there, lists))
