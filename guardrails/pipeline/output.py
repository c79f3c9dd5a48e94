"""What of an answer is judged."""

from guardrails.chat.extract import Extract
from guardrails.domain.content import MEDIA, Inspection, Stage, Unread
from guardrails.policy.policy import Policy

NO_RULE = "no rule of the policy holds at stage output"


def output_inspection(policy: Policy, caller: str, read: Extract) -> Inspection:
    """An answer as it is handed in to be judged.

    Under a policy without a rule for answers no text of it is read: nothing that could be found would matter, and the
    receipt says so. What is no text is judged all the same: `media` holds at both stages.
    """
    if policy.judges(Stage.OUTPUT):
        return Inspection(Stage.OUTPUT, caller, read.segments, unread=read.unread)
    texts = [segment for segment in read.segments if segment.kind not in MEDIA]
    return Inspection(
        Stage.OUTPUT,
        caller,
        tuple(segment for segment in read.segments if segment.kind in MEDIA),
        unread=(*(Unread(text.pointer, len(text.text), NO_RULE, text.origin) for text in texts), *read.unread),
    )
