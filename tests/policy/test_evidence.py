"""A verdict is compared only where the other policy would have had the same evidence."""

import pytest
import yaml

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Stage
from guardrails.policy.compile import compile_policy
from guardrails.policy.evidence import comparable, differences

BASE = {
    "version": 1,
    "policy": "p",
    "checks": {"content_safety": {}, "pii": {}},
    "rules": [{"id": "a", "check": "pii", "action": "flag"}],
}
COMPLETED = CheckReport("pii", CheckStatus.COMPLETED, duration_ms=100)


def inspection(stage):
    return Inspection(stage, "orders", (Segment("hello", Origin.USER, "/text"),))


@pytest.fixture
def compiled(specs):
    return lambda **changes: compile_policy(yaml.safe_dump({**BASE, **changes}), "p.yaml", specs)


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "in other words"},
        {"mode": "monitor"},
        {"rules": [{"id": "b", "check": "content_safety", "at_least": 2, "action": "block"}]},
        {"checks": {"pii": {}}, "rules": BASE["rules"]},
        {"checks": {"content_safety": {}, "pii": {"on_failure": "flag"}}},
        {"chat": {"refusal": "No."}},
    ],
)
def test_what_only_changes_the_meaning_of_findings_is_compared(compiled, changes):
    for stage in Stage:
        assert comparable(compiled(), compiled(**changes), inspection(stage), [COMPLETED])


@pytest.mark.parametrize(
    ("changes", "stage", "told"),
    [
        ({"checks": {**BASE["checks"], "prompt_shield": {}}}, Stage.INPUT, "checks.prompt_shield"),
        ({"checks": {"pii": {}, "content_safety": {"severity_levels": "eight"}}}, Stage.INPUT, "checks.content_safety"),
        ({"checks": {"content_safety": {}, "pii": {"scan": ["user"]}}}, Stage.OUTPUT, "checks.pii"),
        ({"rules": [{**BASE["rules"][0], "stage": "input"}]}, Stage.OUTPUT, "rules at stage output"),
        ({"chat": {"stream": {"window": 400}}}, Stage.OUTPUT, "chat.stream"),
    ],
)
def test_what_asks_for_other_evidence_is_not_and_says_what_it_is(compiled, changes, stage, told):
    before, after = compiled(), compiled(**changes)
    assert list(differences(before, after, stage)) == [told]
    assert not comparable(before, after, inspection(stage), [COMPLETED])


def test_what_concerns_answers_alone_hinders_no_comparison_of_inputs(compiled):
    after = compiled(chat={"stream": {"window": 400}})
    assert comparable(compiled(), after, inspection(Stage.INPUT), [COMPLETED])


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (COMPLETED, True),
        (CheckReport("pii", CheckStatus.COMPLETED, duration_ms=700), False),
        (CheckReport("pii", CheckStatus.FAILED, reason=FailureReason.DEADLINE, duration_ms=100), False),
        (CheckReport("pii", CheckStatus.FAILED, reason=FailureReason.OVERLOADED), False),
        (CheckReport("pii", CheckStatus.FAILED, reason=FailureReason.UNAVAILABLE, duration_ms=100), True),
    ],
)
def test_under_another_deadline_only_what_came_well_in_time_is_compared(compiled, report, expected):
    assert comparable(compiled(), compiled(deadline_ms=500), inspection(Stage.INPUT), [report]) is expected
    assert comparable(compiled(), compiled(), inspection(Stage.INPUT), [report])
