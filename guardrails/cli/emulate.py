"""`guardrails emulate`: the stand-in for Azure alone."""

import asyncio
import os
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import orjson
from click.core import ParameterSource

from guardrails.cli import emulation
from guardrails.cli.key import sha256_of
from guardrails.cli.options import config_option, json_option
from guardrails.domain.errors import ConfigurationError
from guardrails.emulator.presets import PRESETS
from guardrails.emulator.serve import Emulator


@click.command(short_help="Play Azure on this machine.")
@config_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8443, show_default=True, help="Its port; 0 for a free one."
)
@click.option(
    "--ca-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where its certificate authority is written (PEM). A temporary file when absent.",
)
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    type=click.Choice(sorted(PRESETS)),
    metavar="NAME",
    help="A trouble to begin with, such as secret_expired; a wrong name lists them all.",
)
@json_option
@click.pass_context
def emulate(
    context: click.Context, config: Path, port: int, ca_file: Path | None, scenarios: tuple[str, ...], *, as_json: bool
) -> None:
    """Play Azure on this machine: Entra, Language, Content Safety, Prompt Shields and chat.

    It imitates Azure's protocol with its documented rate limits, not its judgement. Prints the environment variables
    that point the service of the settings file, or any Azure SDK, at it; runs until SIGTERM or SIGINT.
    """
    by_default = context.get_parameter_source("config") is ParameterSource.DEFAULT
    document = emulation.read_document(config) if by_default else emulation.require_document(config)
    try:
        asyncio.run(_emulate(document, port, ca_file, scenarios, as_json=as_json))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        problem = f"the emulator cannot start: {where}{error.strerror or type(error).__name__}"
        raise ConfigurationError([problem]) from None


async def _emulate(
    document: emulation.Document, port: int, ca_file: Path | None, scenarios: tuple[str, ...], *, as_json: bool
) -> None:
    async with Emulator(emulation.emulator_config(document), port=port, ca_file=ca_file) as emulator:
        emulator.state.scenarios.add(*(PRESETS[name] for name in scenarios))
        click.echo(_json(document, emulator) if as_json else _text(document, emulator))
        await _stopped()


def _json(document: emulation.Document, emulator: Emulator) -> bytes:
    emulated = emulator.settings()
    told: dict[str, Any] = {
        "url": emulator.url,
        "ca_file": emulated["ca_file"],
        "service": _service(document, emulated),
        "sdk": emulation.sdk_variables(emulated),
    }
    return orjson.dumps(told)


def _service(document: emulation.Document, emulated: Mapping[str, Any]) -> dict[str, str]:
    """What the service needs, and the key of a caller for `guardrails check` where the environment has none."""
    keys = emulation.caller_keys(document, os.environ)
    variables = emulation.service_variables(document, emulated)
    variables |= {name: sha256_of(key) for name, key in keys.items()}
    if keys:
        variables[emulation.CALLER_VARIABLE] = next(iter(keys.values()))
    return variables


def _text(document: emulation.Document, emulator: Emulator) -> str:
    emulated = emulator.settings()
    curl, control = f"curl --cacert {shlex.quote(emulated['ca_file'])}", f"{emulator.url}/_emulator"
    return "\n".join(
        (
            f"# The emulator listens on {emulator.url}; its certificate authority is in {emulated['ca_file']}",
            "",
            "# This service:",
            emulation.exports(_service(document, emulated)),
            "",
            "# Azure SDKs (their shell trusts no other authority then):",
            emulation.exports(emulation.sdk_variables(emulated)),
            "",
            f"""# A trouble: {curl} {control}/scenarios -d '{{"preset": "secret_expired"}}'""",
            f"# Its end:   {curl} {control}/scenarios -X DELETE",
            f"# Scenarios: {curl} {control}/presets",
        )
    )


async def _stopped() -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await stop.wait()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
