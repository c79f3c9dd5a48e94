"""Explanations of what was just assessed, and of decisions by their records, as plain JSON and without any text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from guardrails.domain.check import CheckReport, CheckSpec
from guardrails.domain.content import Inspection
from guardrails.policy.explain import explain
from guardrails.policy.explained import Shown, told
from guardrails.policy.policy import Policy
from guardrails.policy.single import only
from guardrails.telemetry.pointers import safe_pointer
from guardrails.telemetry.recall import Recalled, Unreadable, recall


def name_of(file: str) -> str:
    """A policy's file without its folder: where it lies on a machine is nothing to callers."""
    return PurePath(file).name


def explain_now(
    policy: Policy,
    inspection: Inspection,
    reports: Sequence[CheckReport],
    specs: Mapping[str, CheckSpec],
    file: Shown = name_of,
) -> dict[str, Any]:
    """Explain evidence that is at hand. Names that a caller chose are left out of the pointers."""
    return told(explain(policy, inspection, reports, specs), safe_pointer, file) | {"decision": None}


def explain_record(
    record: Mapping[str, Any], policy: Policy, specs: Mapping[str, CheckSpec], file: Shown = name_of
) -> dict[str, Any]:
    """Judge a record's evidence by a policy as it is now, explain that, and tell how it was decided then.

    A record without evidence has `unexplained` in place of an explanation: why there is none.
    """
    try:
        then = recall(record)
    except Unreadable as error:
        return {"decision": None, "stage": str(record.get("stage", "")), "unexplained": str(error)}
    asked = _asked(policy, then, specs)
    # The pointers of a record are safe already.
    now = told(explain(asked, then.inspection, then.reports, specs), str, file)
    same = then.verdict == now["verdict"] and then.blocked == now["blocked"]
    return now | {
        "decision": {
            "id": then.id,
            "time": then.time,
            "door": then.door,
            "verdict": then.verdict,
            "blocked": then.blocked,
            "reasons": list(then.reasons),
            "revision": then.revision,
            "revision_changed": then.revision != policy.ref.revision,
            "same_verdict": same,
            "notes": list(_notes(then, asked, same=same)),
        }
    }


def _asked(policy: Policy, then: Recalled, specs: Mapping[str, CheckSpec]) -> Policy:
    """The part of a policy that this evidence is of."""
    if not then.reports:
        return replace(policy, checks={})
    return policy if then.only is None or then.only not in specs else only(policy, specs[then.only])


def _notes(then: Recalled, policy: Policy, *, same: bool) -> Iterator[str]:
    if then.revision != policy.ref.revision:
        yield "The policy has changed since: this is what it says of the same evidence now."
    elif not same:
        yield "What was decided then rests on more than the evidence that is recorded; its reasons are told with it."
    if not then.reports:
        yield "No check was asked."
    asked = {report.check for report in then.reports}
    for name in policy.checks:
        if name not in asked:
            yield f"{name} was not asked then, so it counts as failed here."
    if then.left_out:
        yield f"Earlier messages were left out of the conversation ({then.left_out}); only what was left is explained."
    if then.streamed:
        yield "The answer was a stream: this is the evidence of all its windows together."
