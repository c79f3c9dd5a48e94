"""What is no text and read by no check: images, audio, files, parts of a type we do not know."""

from collections.abc import Iterator

from guardrails.domain.content import MEDIA, Inspection, Segment, Stage
from guardrails.domain.verdict import Action, Reason
from guardrails.policy.policy import Policy
from guardrails.policy.select import EARLIER_TURN, why_not

CHECK = "media"
"""What its reasons name as their check: the policy itself speaks."""
RULE_PREFIX = f"{CHECK}."
"""How their rules begin: `media.audio`."""


def media_reasons(policy: Policy, inspection: Inspection) -> Iterator[Reason]:
    """One for each segment that is no text and that no check of the policy is given, unless the policy allows its kind.

    A banned kind has one even where a check reads it. An earlier turn that the policy's checks leave out, and would
    read otherwise, has none: not to read it is what the policy says.
    """
    for segment in inspection.segments:
        if segment.kind not in MEDIA:
            continue
        # A policy that was put together without a word about a kind blocks it.
        action = policy.media.get(segment.kind, Action.BLOCK)
        if action > Action.ALLOW and (
            segment.kind in policy.banned or not _is_judged(policy, segment, inspection.stage)
        ):
            rule = f"{RULE_PREFIX}{segment.kind}"
            yield Reason(rule, action, CHECK, category=segment.kind.value, pointer=segment.pointer)


def _is_judged(policy: Policy, segment: Segment, stage: Stage) -> bool:
    return any(why_not(plan, segment, stage) in {None, EARLIER_TURN} for plan in policy.checks.values())
