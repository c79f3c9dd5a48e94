"""What every test lives under, and the whole service in front of the emulator for those that want it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import hypothesis
import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from passing_time import PassTime, pass_time_of, slow_time_down
from running import Service, open_service

from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.serve import Emulator, EmulatorKeys
from guardrails.telemetry.logs import configure

# How long an example takes, or its making, says how busy the machine is.
_BUSY = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
# The same examples in each run, for chance must not judge a change; `--hypothesis-profile=search` tries others.
hypothesis.settings.register_profile("suite", **_BUSY, derandomize=True)
hypothesis.settings.register_profile("search", **_BUSY)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True)
def logs_as_in_production() -> None:
    configure("info")


@pytest.fixture(autouse=True)
def blocking_calls_fail() -> Iterator[BlockBuster]:
    """A blocking call made by our code on a running event loop raises."""
    with blockbuster_ctx("guardrails") as guard:
        yield guard


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> PassTime:
    """`pass_time(60)`: a minute passes at once, for deadlines and for the timers of the event loop."""
    return pass_time_of(monkeypatch)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has a time limit has ten times as long: for tests in which nothing is meant to be late."""
    slow_time_down(monkeypatch)


@pytest.fixture(scope="session")
def emulator_keys() -> EmulatorKeys:
    return EmulatorKeys.generate()


@pytest.fixture
def emulator_config() -> EmulatorConfig:
    """What the emulator of this test is started with: a module or test overrides the fixture."""
    return EmulatorConfig()


@pytest.fixture
async def emulator(emulator_keys: EmulatorKeys, emulator_config: EmulatorConfig) -> AsyncIterator[Emulator]:
    async with Emulator(emulator_config, keys=emulator_keys, managed_identity=True) as running:
        yield running


@pytest.fixture
async def start_service(emulator: Emulator, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Service]]]:
    """Start the service in front of the emulator: `await start_service(policies={...}, settings={...})`."""
    async with AsyncExitStack() as stack:

        async def start(**changes: object) -> Service:
            return await stack.enter_async_context(open_service(emulator, tmp_path, **changes))

        yield start


@pytest.fixture
async def service(start_service: Callable[..., Awaitable[Service]]) -> Service:
    """The service with the shipped policies."""
    return await start_service()
