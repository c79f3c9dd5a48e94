"""The guard with policies in the shadow of the one that judges: told, counted, and without any effect."""

from dataclasses import replace

import pytest
from seer import EXCHANGE, Seer, inspection, policy

from guardrails.chat.held_window import Window
from guardrails.domain.content import Origin, Segment
from guardrails.domain.verdict import Action, PolicyRef
from guardrails.pipeline.guard import Guard
from guardrails.pipeline.stream_account import StreamAccount
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.metrics import Metrics

RULES = policy().rules
HARD = replace(
    policy(),
    ref=PolicyRef("hard", "sha256:1"),
    rules=tuple(replace(rule, action=Action.BLOCK, replacement=None) for rule in RULES),
)
JUDGING = replace(policy(), shadows=(HARD,))


class Log(DecisionLog):
    def __init__(self):
        super().__init__("stdout")
        self.records = []

    def record(self, record):
        self.records.append(record)


@pytest.fixture
def told():
    return Log()


@pytest.fixture
def metrics():
    return Metrics()


async def assess(judging, told, metrics, *texts):
    seer = Seer()
    assessment = await Guard({"seer": seer}, metrics, told).assess(inspection(*texts), judging, EXCHANGE)
    return assessment, seer


async def test_a_shadow_asks_for_nothing_and_changes_nothing(told, metrics):
    alone, asked_alone = await assess(policy(), told, metrics, "a@b")
    both, asked = await assess(JUDGING, told, metrics, "a@b")
    assert both.verdict == alone.verdict
    assert both.edits == alone.edits
    assert asked.asked == asked_alone.asked


async def test_the_record_has_what_it_came_to_and_the_metric_counts_it(told, metrics):
    await assess(JUDGING, told, metrics, "a@b")
    assert told.records[0]["verdict"] == "redact"
    assert told.records[0]["shadow"] == [
        {
            "policy": "hard",
            "revision": "sha256:1",
            "verdict": "block",
            "rules": ["mail"],
            "not_run": [],
            "asked_otherwise": [],
        }
    ]
    line = (
        'guardrails_shadow_verdicts_total{enforced="redact",policy="p",shadow="hard",stage="input",verdict="block"} 1.0'
    )
    assert line in metrics.render().decode()


async def test_a_check_that_only_the_shadow_plans_makes_it_not_comparable(told, metrics):
    more = {**HARD.checks, "other": replace(HARD.checks["seer"], name="other")}
    await assess(replace(policy(), shadows=(replace(HARD, checks=more),)), told, metrics, "a@b")
    (shadow,) = told.records[0]["shadow"]
    assert (shadow["verdict"], shadow["rules"], shadow["not_run"]) == ("not comparable", [], ["other"])
    assert 'verdict="not_comparable"' in metrics.render().decode()


async def test_a_shadow_that_breaks_stops_no_request(told, metrics, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("guardrails.pipeline.guard.shadow_verdicts", broken)
    assessment, _ = await assess(JUDGING, told, metrics, "a@b")
    assert assessment.verdict.action is Action.REDACT
    assert told.records[0]["shadow"][0]["verdict"] == "not comparable"


async def test_the_windows_of_a_stream_come_to_one_verdict_of_the_shadow(told, metrics):
    account = StreamAccount(JUDGING, "app", "chk_1")
    for text in ("fine", "a@b", "fine again"):
        segment = Segment(text, Origin.USER, "/messages/0/content")
        judged, _ = await assess(JUDGING, told, metrics, text)
        account.add(Window((segment,), {segment.pointer: 0}), judged)
    whole, adds_up = account.assessment({})
    assert adds_up
    assert [(one.policy.name, one.action, one.rules) for one in whole.shadows] == [("hard", Action.BLOCK, ("mail",))]
