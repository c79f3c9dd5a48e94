"""Policy files as commands are pointed at them: a folder, one file, or the folder that the settings name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from guardrails.checks.catalogue import SPECS, api_versions
from guardrails.policy.bundle import read_folder
from guardrails.policy.compile import Compiled, Source, compile_all
from guardrails.settings.load import load
from guardrails.settings.schema import Settings

path_argument = click.argument("path", required=False, type=click.Path(exists=True, path_type=Path), metavar="[PATH]")


@dataclass(frozen=True, slots=True)
class Files:
    """What was compiled. `only` is the file that was pointed at; the others of its folder are there to be extended."""

    texts: dict[str, str]
    compiled: Compiled
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    sources: tuple[Source, ...]


def optional_settings(config: Path, path: Path | None, env: Mapping[str, str] | None = None) -> Settings | None:
    """The settings; None where a path was given, no settings were asked for and there are none.

    Raises:
        SettingsError: they do not hold.
    """
    source = click.get_current_context().get_parameter_source("config")
    if path is not None and source is click.core.ParameterSource.DEFAULT and not config.exists():
        return None
    return load(config, dict(os.environ) if env is None else env)


def compiled_files(path: Path | None, settings: Settings | None, *, run_tests: bool = True) -> Files:
    """Compile a folder, or one file among those beside it. With settings, also against their api-versions.

    Raises:
        ConfigurationError: the folder cannot be read.
    """
    if path is None:
        if settings is None:
            raise click.UsageError("give a path, or settings that name one")
        path = settings.policies
    folder = path.parent if path.is_file() else path
    reading = read_folder(folder)
    apis = api_versions(settings.services) if settings is not None else None
    compiled = compile_all(reading.texts, SPECS, apis, run_tests=run_tests)
    problems: tuple[str, ...] = (*reading.problems, *compiled.problems)
    warnings = compiled.warnings
    sources = tuple(compiled.sources.values())
    if path.is_file():
        begins = f"{folder / path.name}:"
        mine = f"(in {folder / path.name}, "
        problems = tuple(one for one in problems if one.startswith(begins) or mine in one)
        warnings = tuple(one for one in warnings if one.startswith(begins))
        sources = tuple(source for source in sources if f"{source.file}:" == begins)
        if not problems and not sources:
            # What the file is made of does not hold, so nothing can be said of the file itself.
            problems = (*reading.problems, *compiled.problems)
    return Files(dict(reading.texts), compiled, problems, warnings, sources)
