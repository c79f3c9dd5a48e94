"""The decision log as the settings want it: opened before the doors, reopened on SIGHUP, closed last."""

import asyncio
import contextlib
import signal
from contextlib import AsyncExitStack

from guardrails.settings.schema import Telemetry
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.metrics import Metrics
from guardrails.telemetry.rotation import Rotation


async def open_decision_log(stack: AsyncExitStack, telemetry: Telemetry, metrics: Metrics) -> DecisionLog:
    """Open it; the stack closes it.

    Raises:
        ConfigurationError: its target cannot be written to.
    """
    rotation = None if telemetry.rotate_at is None else Rotation(telemetry.rotate_at, telemetry.keep)
    decisions = DecisionLog(
        telemetry.decisions,
        metrics.records_finished,
        rotation=rotation,
        sample_allowed=telemetry.sample_allowed,
        refuse=telemetry.on_lost_records == "refuse",
    )
    await decisions.start()
    stack.push_async_callback(decisions.aclose)
    _reopen_on_hangup(stack, decisions)
    return decisions


def _reopen_on_hangup(stack: AsyncExitStack, decisions: DecisionLog) -> None:
    """What rotates logs says SIGHUP when it has moved a file. Without a handler that would end the process."""
    loop = asyncio.get_running_loop()
    # No such signal on Windows; no handlers outside the main thread.
    with contextlib.suppress(NotImplementedError, AttributeError, ValueError, RuntimeError):
        loop.add_signal_handler(signal.SIGHUP, decisions.reopen)
        stack.callback(loop.remove_signal_handler, signal.SIGHUP)
