"""Records as the service writes them, made from policies and evidence of a test's own."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from hypothesis import reject

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport
from guardrails.domain.content import Inspection
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.compile import compile_policy
from guardrails.policy.coverage import coverage
from guardrails.policy.decide import decide
from guardrails.policy.policy import Policy
from guardrails.telemetry.records import decision_record


def record_of(
    policy: Policy, inspection: Inspection, reports: Sequence[CheckReport], number: int = 0, **changes: Any
) -> dict[str, Any]:
    """The record of one verdict, as it comes back from its line."""
    changes = {"door": "/check", **changes}
    made = decision_record(
        decision_id=f"chk_{number:024x}",
        moment=datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=number),
        request_id=f"req_{number:024x}",
        caller=inspection.caller,
        stage=inspection.stage,
        verdict=decide(policy, inspection, reports),
        reports=reports,
        coverage=coverage(policy, inspection, reports),
        duration_ms=12.5,
        asked=policy.asked,
        language=inspection.language,
        **changes,
    )
    return orjson.loads(orjson.dumps(made))


def policy_of(document: Mapping[str, Any], name: str = "default") -> Policy:
    return compile_policy(json.dumps({"version": 1, "policy": name, **document}), f"{name}.yaml", SPECS)


def one_that_holds(document: Mapping[str, Any]) -> Policy:
    """The policy, or another example of hypothesis: a rule that could never fire is no policy."""
    try:
        return policy_of(document)
    except ConfigurationError:
        reject()
