"""Which segments a check may read."""

from collections.abc import Mapping
from dataclasses import replace

from guardrails.domain.content import Inspection, Kind, Segment, Stage
from guardrails.policy.policy import CheckPlan

EARLIER_TURN = "earlier turn"

_READ_ELSEWHERE: Mapping[Kind, str] = {Kind.PARTS: "read part by part", Kind.TURNS: "read turn by turn"}
"""Why texts that were put together are not read by a check that looks for places: what stands in a part is found, and
can be redacted, there; and where two parts meet, an address runs into the next word."""


def why_not(plan: CheckPlan, segment: Segment, stage: Stage) -> str | None:
    """Why this check does not read this segment at a stage (`origin system`, `trusted`, `blank`); None when it does."""
    if segment.kind not in plan.reads:
        return _READ_ELSEWHERE.get(segment.kind, f"kind {segment.kind}")
    if segment.origin not in plan.scans(stage):
        return f"origin {segment.origin}"
    if segment.trusted and plan.skips_trusted:
        return "trusted"
    if segment.old and plan.skips_old:
        return EARLIER_TURN
    return "blank" if is_blank(segment) else None


def is_blank(segment: Segment) -> bool:
    """Whether a segment holds nothing but white space."""
    return not segment.text or segment.text.isspace()


def narrow(plan: CheckPlan, inspection: Inspection) -> Inspection:
    """The inspection with only the segments this check reads, in their order; perhaps none, often all."""
    segments = tuple(segment for segment in inspection.segments if why_not(plan, segment, inspection.stage) is None)
    return inspection if len(segments) == len(inspection.segments) else replace(inspection, segments=segments)
