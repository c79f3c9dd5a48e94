"""What is measured, and the score a text has for it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.checks.catalogue import SPECS
from guardrails.domain.finding import Finding
from guardrails.lab.tuning.subjects import subjects
from guardrails.policy.compile import compile_policy


@pytest.fixture
def by_name(policy):
    return {subject.name: subject for subject in subjects(policy, SPECS)}


def seen(*findings: tuple[str, float | None]) -> tuple[Finding, ...]:
    return tuple(Finding(category, measure, "/text") for category, measure in findings)


def test_every_rule_and_every_category_without_one_is_a_subject(by_name):
    assert list(by_name) == [
        "attack",
        "harm",
        "terms",
        "contact",
        "content_safety/SelfHarm",
        "content_safety/Sexual",
        "pii/Person",
    ]


def test_a_score_is_the_strongest_of_the_wanted_categories(by_name):
    findings = seen(("Hate", 2), ("Violence", 5), ("Sexual", 7), ("blocklist", None))
    assert by_name["harm"].score(findings) == 5
    assert by_name["content_safety/Sexual"].score(findings) == 7
    assert by_name["terms"].score(findings) == 1
    assert by_name["harm"].score(seen(("Hate", 0))) == 0
    assert by_name["attack"].score(()) == 0


def test_severity_thresholds_are_those_the_service_can_report(policy, by_name):
    assert by_name["harm"].thresholds == (1, 2, 3, 4, 5, 6, 7)
    four = compile_policy(
        "version: 1\npolicy: four\nchecks: {content_safety: {}}\n"
        "rules: [{id: harm, check: content_safety, category: Hate, at_least: 3, action: block}]\n",
        "four.yaml",
        SPECS,
    )
    assert subjects(four, SPECS)[0].thresholds == (2, 3, 4, 6)


def test_what_says_yes_or_no_has_no_threshold(by_name):
    assert by_name["attack"].thresholds == ()
    assert by_name["terms"].thresholds == ()
    assert (by_name["attack"].today, by_name["pii/Person"].today) == (1, math.inf)


@given(st.floats(0, 1, exclude_min=True), st.integers(1, 1000))
def test_rounding_lifts_no_confidence_over_a_threshold(measure, step):
    policy = compile_policy(
        "version: 1\npolicy: p\nchecks: {pii: {}}\nrules: [{id: r, check: pii, category: Email, action: flag}]\n",
        "p.yaml",
        SPECS,
    )
    rule, *_ = subjects(policy, SPECS)
    score, threshold = rule.score(seen(("Email", measure))), step / 1000
    assert score > 0
    if step > 1 and abs(measure - threshold) > 1e-5:
        assert (score >= threshold) is (measure >= threshold)


def test_thresholds_written_with_two_digits_are_met_exactly(by_name):
    for hundredths in range(1, 101):
        assert by_name["contact"].score(seen(("Email", hundredths / 100))) >= hundredths / 100
