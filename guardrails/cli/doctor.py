"""`guardrails doctor`: does all of it work against Azure, and if not, what mends it."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import click
import orjson
from rich.table import Column, Table

from guardrails.azure.secrets import SecretReader
from guardrails.cli.diagnosis import Diagnosis, Doctor, State
from guardrails.cli.options import config_option, json_option
from guardrails.cli.progress_bar import progress_bar
from guardrails.cli.terminal import console
from guardrails.server.placeholder_keys import read_placeholder_keys
from guardrails.server.prepare import prepare
from guardrails.telemetry import logs

_STYLES = {State.OK: "green", State.FAILED: "bold red", State.SKIPPED: "yellow"}


@click.command(short_help="Ask Azure whether all of it works, and what mends it.")
@config_option
@json_option
def doctor(config: Path, *, as_json: bool) -> None:
    """Get a token for every credential, and send one harmless probe to every service and model.

    Each failure is explained in a sentence with its mend. Exit code 1 when something failed, 2 when the settings or
    policies do not hold.
    """
    logs.configure("error")
    prepared = prepare(config, os.environ)
    asyncio.run(read_placeholder_keys(prepared, SecretReader(os.environ)))
    patient = Doctor(prepared.settings, prepared.bundle.policies, SecretReader(os.environ))
    diagnoses = asyncio.run(_with_progress(patient, quiet=as_json))
    if as_json:
        click.echo(_json(diagnoses))
    else:
        _print(diagnoses)
    if not is_well(diagnoses):
        click.get_current_context().exit(1)


def is_well(diagnoses: Sequence[Diagnosis]) -> bool:
    """Whether nothing failed."""
    return all(diagnosis.state is not State.FAILED for diagnosis in diagnoses)


async def _with_progress(patient: Doctor, *, quiet: bool) -> tuple[Diagnosis, ...]:
    progress = progress_bar(quiet=quiet)
    async with AsyncExitStack() as stack:
        stack.enter_context(progress)
        task = progress.add_task("asking Azure", total=patient.questions)

        def told(diagnosis: Diagnosis) -> None:
            progress.update(task, advance=1, description=f"{diagnosis.subject} {diagnosis.name}")

        return await patient.diagnose(told)


def _json(diagnoses: Sequence[Diagnosis]) -> bytes:
    return orjson.dumps({"well": is_well(diagnoses), "diagnoses": diagnoses})


def _print(diagnoses: Sequence[Diagnosis]) -> None:
    out = console()
    table = Table(*(Column(name, overflow="fold") for name in ("", "what", "name", "ms")))
    for diagnosis in diagnoses:
        asked = diagnosis.state is not State.SKIPPED
        table.add_row(
            diagnosis.state.value,
            diagnosis.subject.value,
            diagnosis.name,
            f"{diagnosis.duration_ms:.0f}" if asked else "",
            style=_STYLES[diagnosis.state],
        )
    out.print(table)
    for diagnosis in diagnoses:
        if diagnosis.state is not State.OK:
            out.print(f"\n{diagnosis.subject} {diagnosis.name}: {diagnosis.sentence}", soft_wrap=True)
    if is_well(diagnoses):
        out.print("Everything answers.")
