"""A stand-in for Azure of a command's own, for as long as the command runs."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from guardrails.cli.key import sha256_of


@asynccontextmanager
async def emulated(
    config: Path, env: Mapping[str, str], *, required: bool = False, limited: bool = True
) -> AsyncIterator[Mapping[str, str]]:
    """Variables that point the settings at an emulator of this command's own; `limited` as Azure is.

    Raises:
        ConfigurationError: the settings file is `required` and cannot be read.
    """
    from guardrails.cli import emulation  # noqa: PLC0415 - the emulator is an extra
    from guardrails.emulator.serve import Emulator  # noqa: PLC0415 - the emulator is an extra

    read = emulation.require_document if required else emulation.read_document
    document = await asyncio.to_thread(read, config)
    async with Emulator(emulation.emulator_config(document, limited=limited)) as emulator:
        keys = {name: sha256_of(key) for name, key in emulation.caller_keys(document, env).items()}
        yield emulation.service_variables(document, emulator.settings()) | keys
