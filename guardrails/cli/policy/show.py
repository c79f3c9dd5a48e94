"""`guardrails policy show`: a policy as it is, with everything that it extends."""

from pathlib import Path

import click
import orjson
import yaml

from guardrails.cli.options import config_option, json_option
from guardrails.cli.policy.files import compiled_files, optional_settings, path_argument
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.near import hint


@click.command(short_help="A policy with everything that it extends.")
@click.argument("name")
@path_argument
@config_option
@json_option
def show(name: str, path: Path | None, config: Path, *, as_json: bool) -> None:
    """Print the policy NAME of PATH, a folder or a file; without it of the settings' folder.

    What it extends is merged into it. The result is a policy file itself, and means the same.
    """
    files = compiled_files(path, optional_settings(config, path))
    sources = files.compiled.sources
    if name not in sources:
        known = f"there is no policy {name!r} that holds{hint(name, sources)}"
        raise ConfigurationError([*files.problems, known])
    source = sources[name]
    whole = {key: value for key, value in source.tree.value.items() if key != "extends"}
    if as_json:
        click.echo(orjson.dumps(whole | {"revision": source.policy.ref.revision}))
        return
    click.echo(f"# {source.policy.ref}\n# from {', '.join(_made_of(source.tree.files) or [source.file])}")
    click.echo(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True), nl=False)


def _made_of(files: dict[tuple[str | int, ...], str]) -> list[str]:
    return list(dict.fromkeys(files.values()))
