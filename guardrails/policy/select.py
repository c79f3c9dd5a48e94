"""Which segments a check may read."""

from dataclasses import replace

from guardrails.domain.content import Inspection, Segment
from guardrails.policy.policy import CheckPlan


def why_not(plan: CheckPlan, segment: Segment) -> str | None:
    """Why this check does not read this segment (`origin system`, `blank`), or None when it does."""
    if segment.origin not in plan.scan:
        return f"origin {segment.origin}"
    if not segment.text or segment.text.isspace():
        return "blank"
    return None


def narrow(plan: CheckPlan, inspection: Inspection) -> Inspection:
    """The inspection with only the segments this check reads, in their order; perhaps none, often all."""
    segments = tuple(segment for segment in inspection.segments if why_not(plan, segment) is None)
    return inspection if len(segments) == len(inspection.segments) else replace(inspection, segments=segments)
