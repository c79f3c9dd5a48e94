"""SIGHUP: what says that files have changed under the service."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack


def on_hangup(stack: AsyncExitStack, *calls: Callable[[], None]) -> None:
    """Call each of these on SIGHUP, until the stack closes.

    At a terminal SIGHUP says that the terminal is gone, and ends the process.
    """
    number = getattr(signal, "SIGHUP", None)
    if number is None or os.isatty(0):
        return
    loop = asyncio.get_running_loop()

    def call_all() -> None:
        for call in calls:
            call()

    # No such handlers on Windows, nor outside the main thread.
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
        loop.add_signal_handler(number, call_all)
        # Left ignored, not at its default: one that comes while all is closed must not cut that off.
        stack.callback(loop.add_signal_handler, number, _nothing)


def _nothing() -> None:
    """Nobody is left to be told."""
