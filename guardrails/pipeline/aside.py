"""Heavy work beside the event loop, so that one caller's megabytes do not hold up all others."""

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from guardrails.domain.check import CheckReport
from guardrails.domain.content import Inspection

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

HEAVY: Final = 100_000
"""The weight from which a thread is worth its price: some ten milliseconds of work."""

_OF_A_THING: Final = 20
"""Deciding and telling of a segment or finding costs as much as twenty characters of text do."""


def weight(inspection: Inspection, reports: tuple[CheckReport, ...] = ()) -> int:
    """How much work an inspection and what was found in it make, in characters of text."""
    things = len(inspection.segments) + sum(len(report.findings) for report in reports)
    return _OF_A_THING * things + sum(len(segment.text) for segment in inspection.segments)


async def aside(
    heaviness: int, work: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Do pure work: at once where it is light, in a thread where it is heavy. Raises what the work raises."""
    if heaviness < HEAVY:
        return work(*args, **kwargs)
    return await asyncio.to_thread(work, *args, **kwargs)
