"""`guardrails policy explain`: why a text or a decision is judged as it is."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import orjson

from guardrails.cli.options import config_option, json_option
from guardrails.cli.policy import asked
from guardrails.cli.policy.explanation import show
from guardrails.cli.policy.new_test import add_to, tests_of
from guardrails.cli.terminal import console
from guardrails.domain.content import Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.as_test import lines_of
from guardrails.settings.load import load
from guardrails.telemetry import logs

_MOST_TEXT: Final = 64 * 1024 * 1024
_UNNAMED: Final = ""


@click.command(short_help="Tell why a text or a decision is judged as it is.")
@click.option("--decision", metavar="ID", help="A decision, by the id that callers are told (x-guardrails-id).")
@click.option("--text", help="A text; - reads it from standard input.")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that holds a text.")
@click.option("--stage", type=click.Choice(["input", "output"]), default="input", show_default=True, help="Of a text.")
@click.option("--policy", metavar="NAME", help="The policy; that of the decision, or the only one, when absent.")
@click.option(
    "--policies",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of policies; that of the settings when absent.",
)
@click.option(
    "--decisions",
    multiple=True,
    metavar="FILE",
    help="Decision records: JSON lines (.gz too), a file or a quoted glob; may be given several times.",
)
@config_option
@click.option("--emulator", is_flag=True, help="Judge a text by a stand-in for Azure of this command's own.")
@click.option("--url", help="Ask a running service instead.")
@click.option("--key", envvar="GUARDRAILS_KEY", show_envvar=True, help="A caller's key, for --url.")
@click.option(
    "--as-test",
    "test",
    is_flag=False,
    flag_value=_UNNAMED,
    metavar="[NAME]",
    help="Print it as a test for the policy's file.",
)
@click.option("--append", is_flag=True, help="Add that test to the policy's file.")
@json_option
def explain(  # noqa: PLR0917 - as many as there are options
    decision: str | None,
    text: str | None,
    file: Path | None,
    stage: str,
    policy: str | None,
    policies: Path | None,
    decisions: tuple[str, ...],
    config: Path,
    url: str | None,
    key: str | None,
    test: str | None,
    *,
    emulator: bool,
    append: bool,
    as_json: bool,
) -> None:
    """Tell every rule that looked at what was found, with file and line, and what would have let it pass.

    A decision comes from files of records, or from a running service; a text goes through the services of the
    settings, an emulator, or a running service. What is printed holds no text.

    Exit code 1 when the policy blocks it, as it is now; with --as-test 0.
    """
    logs.configure("error")
    _require_one(decision, text, file)
    if url is not None:
        body = {"decision": decision} if decision else {"text": _text(text, file), "stage": stage}
        told = asyncio.run(asked.from_service(url, _required("--key", key), _required("--policy", policy), body))
    elif decision is not None:
        told = asked.from_records(decision, decisions, policies, config, policy)
    else:
        said = _text(text, file)
        told = asyncio.run(asked.from_text(said, Stage(stage), config, policies, policy, emulator=emulator))
    if test is None and not append:
        _print(told, as_json=as_json)
        if any(one.get("blocked") for one in told):
            click.get_current_context().exit(1)
        return
    _tests(told, test or _UNNAMED, policies, config, append=append)


def _tests(told: Sequence[dict[str, Any]], name: str, policies: Path | None, config: Path, *, append: bool) -> None:
    tests = tests_of(told, name)
    if any(one.get("decision") and not one["decision"]["same_verdict"] for one in told):
        click.echo("guardrails: the test expects what the policy says now; then it was decided otherwise", err=True)
    if append:
        folder = policies or load(config, os.environ).policies
        click.echo(f"added to {add_to(folder, told[0]['policy']['name'], tests)}")
        return
    for test in tests:
        click.echo("\n".join(lines_of(test)))


def _print(told: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps({"explanations": told}))
        return
    out = console()
    for number, one in enumerate(told):
        if number:
            out.print()
        show(out, one)


def _require_one(decision: str | None, text: str | None, file: Path | None) -> None:
    if sum(one is not None for one in (decision, text, file)) != 1:
        raise click.UsageError("give one of --decision, --text and --file")


def _required(option: str, value: str | None) -> str:
    if value is None:
        raise click.UsageError(f"{option} is needed with --url")
    return value


def _text(text: str | None, file: Path | None) -> str:
    try:
        if file is not None:
            with file.open("rb") as opened:
                raw = opened.read(_MOST_TEXT + 1)
        else:
            raw = sys.stdin.buffer.read(_MOST_TEXT + 1) if text == "-" else (text or "").encode()
        if len(raw) > _MOST_TEXT:
            raise ConfigurationError(["the text is larger than 64 MiB"])
        return raw.decode()
    except UnicodeError:
        raise ConfigurationError(["the text is not UTF-8"]) from None
    except OSError as error:
        raise ConfigurationError([f"{file}: cannot be read: {error.strerror}"]) from None
