"""What of an answer is judged."""

from collections.abc import Sequence

from guardrails.domain.content import MEDIA, Inspection, Segment, Stage, Unread
from guardrails.policy.policy import Policy

NO_RULE = "no rule of the policy holds at stage output"


def output_inspection(policy: Policy, caller: str, segments: Sequence[Segment]) -> Inspection:
    """An answer as it is handed in to be judged.

    Under a policy without a rule for answers no text of it is read: nothing that could be found would matter, and the
    receipt says so. What is no text is judged all the same: `media` holds at both stages.
    """
    if policy.judges(Stage.OUTPUT):
        return Inspection(Stage.OUTPUT, caller, tuple(segments))
    return Inspection(
        Stage.OUTPUT,
        caller,
        tuple(segment for segment in segments if segment.kind in MEDIA),
        unread=tuple(
            Unread(segment.pointer, len(segment.text), NO_RULE) for segment in segments if segment.kind not in MEDIA
        ),
    )
