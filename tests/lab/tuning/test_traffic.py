"""Recorded traffic under other thresholds."""

import gzip
import json

import pytest

from guardrails.checks.catalogue import SPECS
from guardrails.domain.errors import ConfigurationError
from guardrails.lab.tuning.subjects import subjects
from guardrails.lab.tuning.traffic import count


def record(*checks: dict, stage: str = "input", verdict: str | None = "allow", policy: str = "tuned") -> dict:
    return {"schema_version": 1, "stage": stage, "verdict": verdict, "policy": {"name": policy}, "checks": list(checks)}


def report(check: str, *findings: tuple[str, float | None], status: str = "completed") -> dict:
    return {
        "check": check,
        "status": status,
        "findings": [{"category": category, "measure": measure} for category, measure in findings],
    }


@pytest.fixture
def traffic(policy, tmp_path):
    def traffic(*records: dict, then: dict[str, float] | None = None):
        file = tmp_path / "decisions.jsonl"
        file.write_text("".join(json.dumps(one) + "\n" for one in records))
        return count([file], policy, subjects(policy, SPECS), then or {})

    return traffic


def test_blocks_are_counted_now_and_then(traffic):
    told = traffic(
        record(report("content_safety", ("Hate", 4))),
        record(report("content_safety", ("Hate", 2), ("Violence", 6))),
        record(report("content_safety", ("Hate", 0))),
        then={"harm": 5},
    )
    assert (told.records, told.blocked_now, told.blocked_then) == (3, 2, 1)
    harm = told.rules["harm"]
    assert (harm.records, harm.now, harm.then) == (3, 2, 1)


def test_a_rule_that_does_not_block_blocks_nothing(traffic):
    told = traffic(record(report("pii", ("Email", 0.9))), then={"contact": 0.95})
    assert (told.blocked_now, told.blocked_then) == (0, 0)
    assert (told.rules["contact"].now, told.rules["contact"].then) == (1, 0)


def test_a_rule_is_counted_where_it_holds(traffic):
    attack = report("prompt_shield", ("UserPromptAttack", None))
    told = traffic(record(attack), record(attack, stage="output"))
    assert (told.rules["attack"].records, told.rules["attack"].now) == (1, 1)


def test_a_failed_check_blocks_either_way(traffic):
    told = traffic(record(report("pii", status="failed")), then={"contact": 0.95})
    assert (told.blocked_now, told.blocked_then, told.failed) == (1, 1, 1)


def test_a_record_without_a_verdict_judges_nothing(traffic):
    assert traffic(record(verdict=None)).records == 0


def test_a_sampled_record_counts_for_all_it_stands_for(traffic):
    sampled = record(report("content_safety", ("Hate", 0))) | {"schema_version": 2, "sample_rate": 0.1}
    told = traffic(sampled, record(report("content_safety", ("Hate", 6))))
    assert (told.records, told.blocked_now) == (11, 1)
    assert told.rules["harm"].records == 11


def test_measures_are_counted_by_category(traffic):
    told = traffic(
        record(report("content_safety", ("Hate", 2), ("Hate", 4), ("blocklist", None))),
        record(report("content_safety", ("Hate", 4))),
    )
    assert told.measures == {"content_safety/Hate": {"4": 2}, "content_safety/blocklist": {"yes": 1}}


def test_policies_of_the_records_are_told(traffic):
    assert traffic(record(), record(policy="other"), record()).policies == {"tuned": 2, "other": 1}


def test_packed_records_are_read_as_well(policy, tmp_path):
    file = tmp_path / "decisions.jsonl.gz"
    file.write_bytes(gzip.compress(json.dumps(record()).encode() + b"\n\n"))
    assert count([file], policy, subjects(policy, SPECS), {}).records == 1


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "{}",
        '{"schema_version": 9}',
        json.dumps(record() | {"sample_rate": 0}),
        json.dumps(record() | {"stage": "before"}),
        json.dumps(record({})),
    ],
)
def test_a_line_that_is_no_record_names_its_place(policy, tmp_path, line):
    file = tmp_path / "decisions.jsonl"
    file.write_text(json.dumps(record()) + "\n" + line + "\n")
    with pytest.raises(ConfigurationError, match=":2: is no decision record"):
        count([file], policy, subjects(policy, SPECS), {})
