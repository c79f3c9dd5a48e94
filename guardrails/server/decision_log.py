"""The decision log as the settings want it: opened before the doors, closed last."""

from contextlib import AsyncExitStack

from guardrails.settings.schema import Telemetry
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.metrics import Metrics
from guardrails.telemetry.recent import Recent
from guardrails.telemetry.rotation import Rotation


async def open_decision_log(
    stack: AsyncExitStack, telemetry: Telemetry, metrics: Metrics, recent: Recent
) -> DecisionLog:
    """Open it; the stack closes it. `recent` keeps its last records.

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
        recent=recent,
    )
    await decisions.start()
    stack.push_async_callback(decisions.aclose)
    return decisions
