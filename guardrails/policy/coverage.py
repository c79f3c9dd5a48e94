"""The receipt: for every string, which checks read it, and which did not and why."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Segment, Stage, Unread
from guardrails.domain.verdict import Coverage
from guardrails.policy.decide import failure_of
from guardrails.policy.policy import CheckPlan, Policy
from guardrails.policy.select import is_blank, why_not


def coverage(policy: Policy, inspection: Inspection, reports: Sequence[CheckReport]) -> tuple[Coverage, ...]:
    """One entry for each segment, then one for each of what no check is given, in their order; checks in the policy's.

    `not_read` says why: `origin system` (the policy does not let the check read it), `blank` (only white space),
    `failed: ` and the reason, or what a completed report says of a text that it did not read to its end. Of a failed
    check those texts count as read that its report left out of `unread`, and none where it names none: the check did
    not get far enough to tell.
    """
    outcomes = [
        (plan, failure_of(plan, inspection, reports), [report for report in reports if report.check == plan.name])
        for plan in policy.checks.values()
    ]
    read = (_receipt(segment, inspection.stage, outcomes) for segment in inspection.segments)
    return (*read, *_given_to_none(policy, inspection.unread))


def _given_to_none(policy: Policy, unread: Sequence[Unread]) -> Iterator[Coverage]:
    because: dict[str, Mapping[str, str]] = {}
    for one in unread:
        why = because.get(one.why)
        if why is None:
            why = because[one.why] = MappingProxyType(dict.fromkeys(policy.checks, one.why))
        yield Coverage(one.pointer, one.origin, one.characters, (), why, None)


def _receipt(
    segment: Segment, stage: Stage, outcomes: Sequence[tuple[CheckPlan, str | None, list[CheckReport]]]
) -> Coverage:
    read: list[str] = []
    not_read: dict[str, str] = {}
    for plan, failure, reports in outcomes:
        why = why_not(plan, segment, stage) or _unread(segment.pointer, failure, reports)
        if why is None:
            read.append(plan.name)
        else:
            not_read[plan.name] = why
    return Coverage(
        segment.pointer,
        segment.origin,
        len(segment.text),
        tuple(read),
        MappingProxyType(not_read),
        kind=segment.kind,
        blank=is_blank(segment),
        editable=segment.editable,
        old=segment.old,
        trusted=segment.trusted,
    )


def _unread(pointer: str, failure: str | None, reports: Sequence[CheckReport]) -> str | None:
    for report in reports:
        if pointer in report.unread:
            why = report.unread[pointer].removeprefix("failed: ")
            return f"failed: {why}" if report.status is CheckStatus.FAILED else why
    told = any(report.unread for report in reports if report.status is CheckStatus.FAILED)
    return None if failure is None or told else f"failed: {failure}"
