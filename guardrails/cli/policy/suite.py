"""`guardrails policy test`: the tests that stand in policy files."""

from pathlib import Path
from typing import Any

import click
import orjson

from guardrails.checks.catalogue import SPECS
from guardrails.cli.blocklist.options import emulator_option, progress
from guardrails.cli.options import config_option, json_option
from guardrails.cli.policy.files import compiled_files, optional_settings, path_argument
from guardrails.cli.policy.junit import junit
from guardrails.cli.policy.services import run_texts
from guardrails.cli.surroundings import Surroundings
from guardrails.cli.terminal import counted
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.compile import Source
from guardrails.policy.suite import Outcome, run_canned, untested
from guardrails.telemetry import logs

Results = dict[str, list[Outcome]]


@click.command(short_help="Run the tests in policy files.")
@path_argument
@config_option
@emulator_option
@click.option("--junit", "junit_file", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
@json_option
def test(path: Path | None, config: Path, *, emulator: bool, junit_file: Path | None, as_json: bool) -> None:
    """Run the tests in the policies of PATH, a folder or a file; without it of the settings' folder.

    Findings that are made up are judged here. Texts go through the services of the settings, or with --emulator through
    a stand-in for Azure of this command's own. Tells which rules no test makes fire.

    Exit code 1 when a test fails, 2 when the policies do not hold or the settings cannot be read.
    """
    logs.configure("critical")
    sources, results = _run(path, config, emulator=emulator, quiet=as_json)
    uncovered = {source.policy.ref.name: untested(source.policy, results[source.file]) for source in sources}
    if junit_file is not None:
        junit_file.write_bytes(junit(sources, results))
    failed = [told for source in sources for told in _failures(source, results[source.file])]
    if as_json:
        click.echo(orjson.dumps(_told(sources, results) | {"good": not failed, "untested": uncovered}))
    else:
        for told in failed:
            click.echo(told)
        count = sum(map(len, results.values()))
        click.echo(f"{counted(count, 'test')}, {len(failed)} failed.")
        for name, rules in uncovered.items():
            if rules:
                click.echo(f"{name}: no test makes these rules fire: {', '.join(rules)}")
    if failed:
        click.get_current_context().exit(1)


def _run(path: Path | None, config: Path, *, emulator: bool, quiet: bool) -> tuple[tuple[Source, ...], Results]:
    with Surroundings(config, emulator=emulator) as around:
        settings = optional_settings(config, path, around.env)
        files = compiled_files(path, settings, run_tests=False)
        if files.problems:
            raise ConfigurationError(files.problems)
        sources = files.sources
        results = {source.file: list(run_canned(source.policy, source.made.tests, SPECS)) for source in sources}
        texts = sum(not one.is_canned for source in sources for one in source.made.tests)
        if texts and settings is None:
            raise ConfigurationError([f"{counted(texts, 'test')} with texts need the services of settings: --config"])
        if texts and settings is not None:
            with progress(quiet=quiet) as told:

                def ran(source: Source, outcome: Outcome) -> None:
                    results[source.file].append(outcome)
                    told(source.policy.ref.name, sum(map(len, results.values())), texts + canned)

                canned = sum(map(len, results.values()))
                around.run(run_texts(sources, settings, around.env, ran))
    return sources, {file: sorted(outcomes, key=lambda one: one.index) for file, outcomes in results.items()}


def _failures(source: Source, outcomes: list[Outcome]) -> list[str]:
    return [
        source.tree.problem(*outcome.problem).at(source.file) for outcome in outcomes if outcome.problem is not None
    ]


def _told(sources: tuple[Source, ...], results: Results) -> dict[str, Any]:
    return {
        "tests": [
            {
                "policy": source.policy.ref.name,
                "name": outcome.name,
                "passed": outcome.problem is None,
                "rules": sorted(outcome.fired),
                "problem": next(iter(_failures(source, [outcome])), None),
            }
            for source in sources
            for outcome in results[source.file]
        ]
    }
