"""An emulator on a loop of its own thread, and the shipped settings pointed at it: commands run their own loop."""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
import structlog
from click.testing import CliRunner, Result

from guardrails.cli import emulation
from guardrails.cli.key import sha256_of
from guardrails.cli.main import main
from guardrails.emulator.app import create_emulator
from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.serve import Emulator, EmulatorKeys
from guardrails.telemetry import logs

SETTINGS = Path(__file__).parents[2] / "deploy" / "guardrails.yaml"


class EmulatorThread:
    """An emulator that runs while the commands under test block this thread."""

    def __init__(self) -> None:
        keys = EmulatorKeys.generate()
        create_emulator(EmulatorConfig(), keys.signing)  # loads the detectors' tables where no loop runs
        self.emulator = Emulator(EmulatorConfig(), keys=keys)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._run(self.emulator.__aenter__())

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def close(self) -> None:
        self._run(self.emulator.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(scope="session")
def emulator_thread() -> Iterator[EmulatorThread]:
    running = EmulatorThread()
    yield running
    running.close()


@pytest.fixture
def emulator(emulator_thread: EmulatorThread) -> Emulator:
    emulator_thread.emulator.state.reset()
    return emulator_thread.emulator


@pytest.fixture
def pointed(emulator: Emulator) -> dict[str, str]:
    """The variables `guardrails emulate` prints for the shipped settings, and a caller's key."""
    document = emulation.read_document(SETTINGS)
    return {
        **emulation.service_variables(document, emulator.settings()),
        "GUARDRAILS_GATEWAY_KEY_SHA256": sha256_of("a-key"),
        "GUARDRAILS_CONFIG": str(SETTINGS),
    }


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GUARDRAILS_", "AZURE_"))]:
        monkeypatch.delenv(name)


class Run(Protocol):
    def __call__(
        self, *arguments: str, env: Mapping[str, str] | None = None, text: str | bytes | None = None
    ) -> Result: ...


@pytest.fixture
def run() -> Iterator[Run]:
    """Run the command in this process; an exception that is not an exit fails the test."""
    root = logging.getLogger()
    libraries = [logging.getLogger(name) for name in (*logs.QUIET, logs.OFF)]
    before = [(logger, list(logger.handlers), logger.level, logger.propagate) for logger in (root, *libraries)]
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook

    def invoke(*arguments: str, env: Mapping[str, str] | None = None, text: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, arguments, env=env, input=text, catch_exceptions=False)

    yield invoke
    structlog.reset_defaults()
    for logger, handlers, level, propagate in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
