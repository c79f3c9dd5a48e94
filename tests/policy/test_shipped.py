"""The policies we ship compile against the real checks and do what their comments promise."""

from pathlib import Path

import pytest

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action
from guardrails.policy.bundle import load_bundle
from guardrails.policy.decide import decide

FOLDER = Path(__file__).parents[2] / "deploy" / "policies"
AT = "/messages/0/content"
MAIL = Finding("Email", 0.95, AT, Span(0, 5))
CARD = Finding("CreditCardNumber", 0.3, AT, Span(0, 5))
ATTACK = Finding("UserPromptAttack", None, AT)


@pytest.fixture(scope="module")
def bundle():
    return load_bundle(FOLDER, SPECS)


def judge(policy, stage, check=None, finding=None, failed=()):
    origin = Origin.USER if stage is Stage.INPUT else Origin.ASSISTANT
    inspection = Inspection(stage, "app", (Segment("hello world", origin, AT),))
    reports = [
        CheckReport(name, CheckStatus.FAILED, reason=FailureReason.DEADLINE)
        if name in failed
        else CheckReport(name, CheckStatus.COMPLETED, (finding,) if finding and name == check else ())
        for name in policy.checks
    ]
    return decide(policy, inspection, reports).action


def test_both_policies_are_there(bundle):
    assert set(bundle.policies) == {"default", "strict"}


@pytest.mark.parametrize(
    ("stage", "check", "finding", "default", "strict"),
    [
        (Stage.INPUT, None, None, Action.ALLOW, Action.ALLOW),
        (Stage.INPUT, "prompt_shield", ATTACK, Action.BLOCK, Action.BLOCK),
        (Stage.INPUT, "content_safety", Finding("Hate", 0, AT), Action.ALLOW, Action.ALLOW),
        (Stage.INPUT, "content_safety", Finding("Hate", 1, AT), Action.ALLOW, Action.FLAG),
        (Stage.OUTPUT, "content_safety", Finding("Violence", 2, AT), Action.FLAG, Action.BLOCK),
        (Stage.OUTPUT, "content_safety", Finding("Sexual", 4, AT), Action.BLOCK, Action.BLOCK),
        (Stage.INPUT, "pii", MAIL, Action.REDACT, Action.BLOCK),
        (Stage.OUTPUT, "pii", MAIL, Action.ALLOW, Action.REDACT),
        (Stage.INPUT, "pii", Finding("Email", 0.6, AT, Span(0, 5)), Action.ALLOW, Action.BLOCK),
        (Stage.OUTPUT, "pii", CARD, Action.REDACT, Action.BLOCK),
    ],
)
def test_a_finding_means_what_the_comments_say(bundle, stage, check, finding, default, strict):
    assert judge(bundle.policies["default"], stage, check, finding) is default
    assert judge(bundle.policies["strict"], stage, check, finding) is strict


@pytest.mark.parametrize("check", sorted(SPECS))
def test_any_failed_check_blocks(bundle, check):
    for policy in bundle.policies.values():
        assert judge(policy, Stage.INPUT, failed=(check,)) is Action.BLOCK


def test_every_category_that_a_rule_names_is_looked_for(bundle):
    for policy in bundle.policies.values():
        for rule in policy.rules:
            if rule.categories is not None:
                assert rule.categories <= set(policy.checks[rule.check].options.categories)


def test_every_check_has_a_rule(bundle):
    for policy in bundle.policies.values():
        assert {rule.check for rule in policy.rules} == set(policy.checks) == set(SPECS)


def test_strict_is_never_milder_than_default_about_the_same_evidence(bundle):
    default, strict = bundle.policies["default"], bundle.policies["strict"]
    for stage in Stage:
        for check, spec in SPECS.items():
            for category in spec.categories:
                measures = [None] if spec.measure is None else [spec.measure.highest / 10 * n for n in range(11)]
                for measure in measures:
                    finding = Finding(category, measure, AT, Span(0, 5))
                    assert judge(strict, stage, check, finding) >= judge(default, stage, check, finding)
