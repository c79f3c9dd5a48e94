"""One bad turn must not poison a conversation for ever: inputs of chats, judged without it where a policy says so."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from guardrails.chat.edit import apply
from guardrails.chat.turns import going_with, joined_turns
from guardrails.domain.content import Inspection, Kind
from guardrails.domain.deadline import Deadline
from guardrails.domain.dropped import Dropped
from guardrails.domain.verdict import Action
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.guard import Exchange, Guard
from guardrails.pipeline.reports import about
from guardrails.policy.policy import OldTurns, Policy

_MESSAGES = "messages"


async def judge_input(
    guard: Guard, body: Mapping[str, Any], inspection: Inspection, policy: Policy, exchange: Exchange
) -> Assessment:
    """Judge the input of a chat, without a trace: whoever asks must record what came of it, and send `sendable`.

    Where the policy drops old turns, and all that blocks lies in such turns (or in the text that they were joined to),
    these are left out and the rest is judged again: what was read stays read, and only the last turns joined anew are
    inspected. Both share one deadline. All pointers are those of the body as it was sent.

    Args:
        guard: What judges.
        body: The chat completions body.
        inspection: All of it.
        policy: What decides.
        exchange: The ids under which it is recorded.
    """
    deadline = Deadline.after(policy.deadline_s)
    whole = await guard.judge(inspection, policy, exchange, deadline)
    if policy.chat.old_turns is not OldTurns.DROP or not whole.verdict.blocked:
        return whole
    gone = going_with(body[_MESSAGES], _guilty(whole))
    if not gone:
        return whole
    rest = await guard.judge_rest(whole, _without(body, inspection, policy, gone), policy, exchange, deadline)
    return replace(rest, duration_ms=whole.duration_ms + rest.duration_ms, dropped=_dropped(whole, rest, gone))


def sendable(body: Mapping[str, Any], asked: Assessment) -> Mapping[str, Any]:
    """What may go on of a body: redacted, and without the messages that were dropped."""
    edited: Mapping[str, Any] = apply(body, asked.edits)
    if asked.dropped is None:
        return edited
    gone = frozenset(asked.dropped.messages)
    return {**edited, _MESSAGES: [message for place, message in enumerate(edited[_MESSAGES]) if place not in gone]}


def _guilty(whole: Assessment) -> frozenset[int]:
    """The old messages that something blocks; none where anything blocks that cannot be left out with them.

    The joined turns do not count: a turn that is blocked mostly blocks them as well. Without it they are judged again.
    """
    segments = {segment.pointer: segment for segment in whole.inspection.segments}
    guilty: set[int] = set()
    for reason in whole.verdict.reasons:
        if reason.action is not Action.BLOCK:
            continue
        segment = segments.get(reason.pointer or "")
        if reason.pointer is None or segment is None:
            return frozenset()
        if segment.kind is Kind.TURNS:
            continue
        place = _message_of(reason.pointer)
        if not segment.old or place is None:
            return frozenset()
        guilty.add(place)
    return frozenset(guilty)


def _without(body: Mapping[str, Any], inspection: Inspection, policy: Policy, gone: Collection[int]) -> Inspection:
    kept = [message for place, message in enumerate(body[_MESSAGES]) if place not in gone]
    segments = (
        segment
        for segment in inspection.segments
        if segment.kind is not Kind.TURNS and _message_of(segment.pointer) not in gone
    )
    return replace(
        inspection,
        segments=(*segments, *joined_turns(kept, policy.trusted)),
        unread=tuple(string for string in inspection.unread if _message_of(string.pointer) not in gone),
    )


def _dropped(whole: Assessment, rest: Assessment, gone: tuple[int, ...]) -> Dropped:
    left = frozenset(rest.inspection.segments)
    pointers = {segment.pointer for segment in whole.inspection.segments if segment not in left}
    return Dropped(
        gone,
        tuple(reason for reason in whole.verdict.reasons if reason.action is Action.BLOCK),
        tuple(about(report, pointers) for report in whole.reports),
        tuple(receipt for receipt in whole.coverage if _message_of(receipt.pointer) in gone),
    )


def _message_of(pointer: str) -> int | None:
    """The place of the message that a pointer leads into."""
    steps = pointer.split("/", 3)
    inside = len(steps) > 2 and steps[1] == _MESSAGES and steps[2].isdecimal()  # noqa: PLR2004 - the third step
    return int(steps[2]) if inside else None
