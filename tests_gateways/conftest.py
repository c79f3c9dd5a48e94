"""What the tests of every real gateway share: one emulator and one service for all of them, on one loop."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.serve import Emulator, EmulatorKeys
from guardrails.telemetry.logs import configure


@pytest.fixture(autouse=True)
def logs_as_in_production() -> None:
    configure("info")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_emulator() -> AsyncIterator[Emulator]:
    async with Emulator(EmulatorConfig(rate_limits={}, limit_chat=False), keys=EmulatorKeys.generate()) as running:
        yield running


@pytest.fixture
def emulator(running_emulator: Emulator) -> Iterator[Emulator]:
    """The emulator as if it had just begun: nothing in its journal, no scenario in force."""
    running_emulator.state.reset()
    yield running_emulator
    running_emulator.state.reset()
