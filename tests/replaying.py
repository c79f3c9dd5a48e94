"""Decision records of a real service: each holds to the published schema, and its evidence gives its verdict again."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from guardrails.checks.catalogue import SPECS
from guardrails.domain.verdict import Reason, Verdict
from guardrails.lab.evidence import Unreplayable, pointer_of, read_evidence
from guardrails.lab.rejudge import rejudge
from guardrails.policy.policy import Policy
from guardrails.telemetry.record_schema import record_schema

_MOST_VALIDATED = 25
_LONGEST_VALIDATED = 200


@cache
def closed_schema() -> Draft202012Validator:
    """The published schema, for which an unknown field is a mistake."""
    return Draft202012Validator(_closed(record_schema()))


def _closed(shape: Any) -> Any:
    if isinstance(shape, list):
        return [_closed(part) for part in shape]
    if not isinstance(shape, dict):
        return shape
    closed = {key: _closed(value) for key, value in shape.items()}
    return closed | ({"additionalProperties": False} if isinstance(shape.get("properties"), dict) else {})


def assert_records_hold(records: Iterable[Mapping[str, Any]], policies: Mapping[str, Policy]) -> None:
    """Fail if one does not hold to the schema, or gives another verdict under the policy that decided."""
    for number, record in enumerate(records):
        if number < _MOST_VALIDATED and len(record["coverage"]) < _LONGEST_VALIDATED:
            closed_schema().validate(record)
        if policy := policies.get(record["policy"]["name"]):
            assert_same_verdict(record, policy)


def assert_same_verdict(record: Mapping[str, Any], policy: Policy) -> None:
    if record["verdict"] is None or record["dropped"]:
        return
    if record["stream"] and not record["stream"]["adds_up"]:
        return
    if policy.ref.revision != record["policy"]["revision"]:
        return  # the policy was replaced while the service ran
    try:
        judged = rejudge(policy, read_evidence(record), SPECS)
    except Unreplayable as reason:
        raise AssertionError(f"{record['id']}: {reason}") from None
    assert judged.verdict is not None, judged.gaps
    expected, then = told(judged.verdict), recorded(record)
    if record["stream"]:
        # Of a stream those count that were made before it was cut; and one that two windows saw in part counts twice.
        expected.pop("edits"), then.pop("edits")
    assert expected == then


def told(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": verdict.action.word,
        "blocked": verdict.blocked,
        "degraded": verdict.degraded,
        "edits": len(verdict.edits),
        "reasons": [_reason(reason) for reason in verdict.reasons],
    }


def recorded(record: Mapping[str, Any]) -> dict[str, Any]:
    reasons = [{key: reason[key] for key in reason if key != "pointer"} for reason in record["reasons"]]
    return {key: record[key] for key in ("verdict", "blocked", "degraded", "edits")} | {
        "reasons": [
            {**reason, "segment": None if reason["segment"] is None else pointer_of(reason["segment"])}
            for reason in reasons
        ]
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule,
        "action": reason.action.word,
        "check": reason.check,
        "category": reason.category,
        "measure": reason.measure,
        "at_least": reason.at_least,
        "segment": reason.pointer,
        "span": None if reason.span is None else list(reason.span),
        "detail": reason.detail,
    }
