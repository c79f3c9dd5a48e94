"""A clock that a test moves on, so that what takes long takes no time, and no outcome hangs on a quick machine."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal

import pytest

from guardrails.emulator.serve import Emulator

PassTime = Callable[[float], None]


def pass_time_of(monkeypatch: pytest.MonkeyPatch) -> PassTime:
    """Let seconds pass at once: on the wall clock and on the monotonic one, and so for deadlines and the loop's timers.

    Call it on the loop. Whatever became due is then done in the order in which it was due.
    """
    wall, monotonic = time.time, time.monotonic
    ahead = 0.0

    def pass_time(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr(time, "time", lambda: wall() + ahead)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + ahead)
    return pass_time


def slow_time_down(monkeypatch: pytest.MonkeyPatch, times: float = 10.0) -> None:
    """Let the clock go more slowly: limits of parts of a second, where nothing is to be late, become seconds."""
    real = time.monotonic
    began = real()
    monkeypatch.setattr(time, "monotonic", lambda: began + (real() - began) / times)


class _Hanging(asyncio.Event):
    """What the emulator's hanging calls wait for."""

    def __init__(self, pass_time: PassTime, seconds: float) -> None:
        super().__init__()
        self._pass_time = pass_time
        self._seconds = seconds

    async def wait(self) -> Literal[True]:
        self._pass_time(self._seconds)
        return await super().wait()


def let_hangs_last(emulator: Emulator, pass_time: PassTime, seconds: float) -> None:
    """Whenever a call to the emulator begins to hang, or a stream of it to be silent, the seconds pass at once."""
    emulator.state.closing = _Hanging(pass_time, seconds)
