"""`guardrails emulate`: the stand-in for Azure alone."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import click
import orjson

from guardrails.cli import emulation
from guardrails.cli.options import config_option, json_option
from guardrails.domain.errors import ConfigurationError
from guardrails.emulator.presets import PRESETS
from guardrails.emulator.serve import Emulator


@click.command()
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
    "--scenario", "scenarios", multiple=True, type=click.Choice(sorted(PRESETS)), help="A trouble to begin with."
)
@json_option
def emulate(config: Path, port: int, ca_file: Path | None, scenarios: tuple[str, ...], *, as_json: bool) -> None:
    """Play Azure on this machine: Entra, Language, Content Safety, Prompt Shields and chat.

    It imitates Azure's protocol, not its judgement. Prints the environment variables that point the service of the
    settings file, or any Azure SDK, at it; runs until SIGTERM or SIGINT.
    """
    document = emulation.read_document(config)
    try:
        asyncio.run(_emulate(document, port, ca_file, scenarios, as_json=as_json))
    except OSError as error:
        raise ConfigurationError([f"the emulator cannot start: {error.strerror or type(error).__name__}"]) from None


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
        "service": emulation.service_variables(document, emulated),
        "sdk": emulation.sdk_variables(emulated),
    }
    return orjson.dumps(told)


def _text(document: emulation.Document, emulator: Emulator) -> str:
    emulated = emulator.settings()
    return "\n".join(
        (
            f"# The emulator listens on {emulator.url}; its certificate authority is in {emulated['ca_file']}",
            "",
            "# This service:",
            emulation.exports(emulation.service_variables(document, emulated)),
            "",
            "# Azure SDKs:",
            emulation.exports(emulation.sdk_variables(emulated)),
            "",
            f"# Scenarios: curl --cacert {emulated['ca_file']} {emulator.url}/_emulator/presets",
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
