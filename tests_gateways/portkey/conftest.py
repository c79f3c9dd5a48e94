"""The real Portkey gateway, our service and an emulator behind both."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from portkey_gateway import App, started
from running import open_service

from guardrails.emulator.scenarios import Effect, Scenario
from guardrails.emulator.scripted import ScriptedChoice
from guardrails.emulator.serve import Emulator, EmulatorKeys

CLOSES_WITHIN_S = 0.1
"""The gateway keeps its connections open: what it takes to hear of their end before the event loop is gone."""


@pytest.fixture(scope="session")
def emulator_keys() -> EmulatorKeys:
    return EmulatorKeys.generate()


@pytest.fixture(scope="session")
def portkey(emulator_keys: EmulatorKeys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the gateway. It keeps nothing of a call, so one process serves all tests."""
    folder = tmp_path_factory.mktemp("portkey")
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(emulator_keys.certificates.ca_pem)
    with started(ca_file, folder / "gateway.log") as address:
        yield address


@pytest.fixture
async def emulator(emulator_keys: EmulatorKeys) -> AsyncIterator[Emulator]:
    async with Emulator(keys=emulator_keys) as running:
        yield running
    await asyncio.sleep(CLOSES_WITHIN_S)


@pytest.fixture
async def start_app(portkey: str, emulator: Emulator, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[App]]]:
    """An application, with the service started as asked: `await start_app(policies={...}, settings={...})`."""
    async with AsyncExitStack() as stack:

        async def start(**changes: object) -> App:
            return App(portkey, await stack.enter_async_context(open_service(emulator, tmp_path, **changes)))

        yield start


@pytest.fixture
async def app(start_app: Callable[..., Awaitable[App]]) -> App:
    """An application whose service has the shipped policies."""
    return await start_app()


@pytest.fixture
def says(emulator: Emulator) -> Callable[..., None]:
    """What the model answers from now on, whatever it is asked: one text for each choice."""

    def script(*texts: str) -> None:
        choices = tuple(ScriptedChoice(content=(text,)) for text in texts)
        emulator.state.scenarios.add(Scenario(Effect(says=choices), service="chat"))

    return script
