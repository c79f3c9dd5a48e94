"""Explanations: they tell the decision's own facts, where they stand, and what would have let a block pass."""

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.domain.check import CheckReport, CheckSpec, CheckStatus, FailureReason, Measure
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action
from guardrails.policy.compile import compile_policy
from guardrails.policy.decide import decide
from guardrails.policy.explain import MOST_FINDINGS, MOST_LOOKS, Outcome, explain
from guardrails.policy.explained import told
from guardrails.policy.lets_pass import next_above
from guardrails.policy.policy import CheckPlan

CANARY = "kanarienvogel@example.org and a secret text"
AT = "/messages/0/content"
USER = Segment(CANARY, Origin.USER, AT)
FILE = """version: 1
policy: p
checks:
  prompt_shield: {}
  content_safety: {}
  pii:
    on_failure: flag
rules:
  - {id: attack, stage: input, check: prompt_shield, action: block}
  - {id: harm, check: content_safety, category: [Hate, Violence], at_least: 4, action: block}
  - {id: noted, check: content_safety, category: "*", at_least: 2, action: flag}
  - {id: list, check: content_safety, category: blocklist, action: block}
  - {id: mail, stage: input, check: pii, category: Email, at_least: 0.7, action: redact}
  - {id: hidden, check: pii, category: Email, action: redact, with: mask}
media:
  audio: block
"""


@pytest.fixture
def policy(specs):
    return compile_policy(FILE, "folder/p.yaml", specs)


def report(check, *findings, status=CheckStatus.COMPLETED, **words):
    return CheckReport(check, status, findings, **words)


def evidence(*reports, segments=(USER,), stage=Stage.INPUT):
    given_ones = {one.check: one for one in reports}
    names = ("prompt_shield", "content_safety", "pii")
    return Inspection(stage, "app", tuple(segments)), tuple(given_ones.get(name, report(name)) for name in names)


def looks(explanation, check):
    return {look.rule.id: look for one in explanation.seen if one.check == check for look in one.looks}


def changes(explanation):
    return {one.where: (one.now, one.needed) for one in explanation.lets_pass.changes}


def test_every_rule_of_the_check_is_told_with_its_line_and_what_it_failed_by(policy, specs):
    inspection, reports = evidence(report("content_safety", Finding("Sexual", 2, AT)), stage=Stage.OUTPUT)
    explanation = explain(policy, inspection, reports, specs)
    told_looks = looks(explanation, "content_safety")
    assert {name: look.outcome for name, look in told_looks.items()} == {
        "harm": Outcome.CATEGORY, "noted": Outcome.FIRED, "list": Outcome.CATEGORY,
    }  # fmt: skip
    assert {name: look.rule.source for name, look in told_looks.items()} == {
        "harm": ("folder/p.yaml", 10), "noted": ("folder/p.yaml", 11), "list": ("folder/p.yaml", 12),
    }  # fmt: skip
    assert (explanation.verdict.action, explanation.lets_pass) == (Action.FLAG, None)


def test_a_threshold_is_told_with_the_distance_to_it(policy, specs):
    inspection, reports = evidence(
        report("content_safety", Finding("Hate", 2, AT)), report("pii", Finding("Email", 0.55, AT, Span(0, 5)))
    )
    explanation = explain(policy, inspection, reports, specs)
    harm, mail = looks(explanation, "content_safety")["harm"], looks(explanation, "pii")["mail"]
    assert (harm.outcome, harm.distance, harm.next_at_least) == (Outcome.BELOW, -2, None)
    assert (mail.outcome, mail.distance) == (Outcome.BELOW, -0.15)


def test_a_rule_of_the_other_stage_is_told_as_such(policy, specs):
    inspection, reports = evidence(report("pii", Finding("Email", 0.9, AT, Span(0, 5))), stage=Stage.OUTPUT)
    assert looks(explain(policy, inspection, reports, specs), "pii")["mail"].outcome is Outcome.STAGE


def test_a_blocking_threshold_passes_from_the_next_severity_on(policy, specs):
    inspection, reports = evidence(
        report("content_safety", Finding("Hate", 4, AT), Finding("Violence", 6, AT)),
    )
    explanation = explain(policy, inspection, reports, specs)
    assert changes(explanation) == {"rules.harm.at_least": (4, 7)}
    assert explanation.lets_pass.changes[0].source == ("folder/p.yaml", 10)
    assert explanation.lets_pass.action is Action.FLAG
    assert looks(explanation, "content_safety")["harm"].action is Action.BLOCK


@pytest.mark.parametrize(
    ("reports", "expected", "why"),
    [
        ([report("prompt_shield", Finding("UserPromptAttack", None, AT))], "attack", "yes or no"),
        ([report("content_safety", Finding("blocklist", None, AT, detail="terms"))], "list", "no number"),
        ([report("content_safety", Finding("Hate", 7, AT))], "harm", "ends at 7"),
    ],
)
def test_what_has_no_threshold_that_lets_it_pass_says_why(policy, specs, reports, expected, why):
    inspection, reports = evidence(*reports)
    explanation = explain(policy, inspection, reports, specs)
    assert changes(explanation) == {f"rules.{expected}.action": ("block", "flag")}
    assert why in explanation.lets_pass.changes[0].why


def test_a_failed_check_is_told_with_where_its_failure_is_said(policy, specs):
    failed = report("content_safety", status=CheckStatus.FAILED, reason=FailureReason.THROTTLED)
    flagged = report("pii", status=CheckStatus.FAILED, reason=FailureReason.DEADLINE)
    inspection, reports = evidence(failed, flagged)
    explanation = explain(policy, inspection, reports, specs)
    assert [(one.reason.check, one.reason.detail, one.source, one.decides) for one in explanation.because] == [
        ("content_safety", "throttled", ("folder/p.yaml", 5), True),
        ("pii", "deadline", ("folder/p.yaml", 7), False),
    ]
    assert changes(explanation) == {"checks.content_safety.on_failure": ("block", "flag")}


@pytest.mark.parametrize(("kind", "line"), [(Kind.AUDIO, 16), (Kind.FILE, None)])
def test_what_no_check_reads_is_told_with_its_line_where_the_file_has_one(policy, specs, kind, line):
    inspection, reports = evidence(segments=(USER, Segment("AAAA", Origin.USER, "/messages/0/content/1", kind=kind)))
    explanation = explain(policy, inspection, reports, specs)
    (because,) = explanation.because
    assert (because.reason.rule, because.source and because.source.line) == (f"media.{kind}", line)
    assert changes(explanation) == {f"media.{kind}": ("block", "flag")}
    assert explanation.lets_pass.action is Action.FLAG


def test_a_redaction_is_told_by_place_and_way_and_the_rules_that_ask_for_it(policy, specs):
    inspection, reports = evidence(report("pii", Finding("Email", 0.9, AT, Span(0, 25))))
    (redaction,) = explain(policy, inspection, reports, specs).redactions
    assert (redaction.pointer, redaction.span, redaction.way) == (AT, (0, 25), "label")
    assert redaction.rules == ("hidden", "mail")


def test_a_redaction_that_cannot_be_carried_out_says_why_it_blocks(policy, specs):
    inspection, reports = evidence(report("pii", Finding("Email", 0.9, AT)))
    explanation = explain(policy, inspection, reports, specs)
    assert looks(explanation, "pii")["mail"].why == "no span to redact"
    assert changes(explanation) == {"rules.mail.at_least": (0.7, 0.91), "rules.hidden.at_least": (None, 0.91)}


def test_no_text_is_in_an_explanation(policy, specs):
    inspection, reports = evidence(report("pii", Finding("Email", 0.9, AT, Span(0, 25)), Finding("Email", 0.2, AT)))
    explanation = explain(policy, inspection, reports, specs)
    for said in (repr(explanation), orjson.dumps(told(explanation, str, str)).decode()):
        assert "kanarienvogel" not in said
        assert "secret" not in said


def test_of_very_many_findings_those_that_decided_are_told(policy, specs):
    many = [Finding("Sexual", 2, AT, detail=str(number)) for number in range(MOST_FINDINGS + 20)]
    inspection, reports = evidence(report("content_safety", *many, Finding("Hate", 6, AT)))
    explanation = explain(policy, inspection, reports, specs)
    assert len(explanation.seen) == len(explanation.because) == MOST_FINDINGS
    assert explanation.seen[0].finding.category == explanation.because[0].reason.category == "Hate"
    assert explanation.omitted == 21 + 22  # Hate is noted as well


def test_under_very_many_rules_fewer_findings_are_told(specs):
    more = "".join(f"  - {{id: r{number}, check: pii, action: flag}}\n" for number in range(1000))
    policy = compile_policy(FILE.replace("media:", more + "media:"), "p.yaml", specs)
    many = [Finding("Email", 0.5, AT, Span(number, number + 1)) for number in range(40)]
    inspection, reports = evidence(report("pii", *many))
    explanation = explain(policy, inspection, reports, specs)
    assert len(explanation.seen) == MOST_LOOKS // 1006
    assert len(explanation.because) == MOST_FINDINGS


def test_where_a_rule_stands_is_no_part_of_what_it_is(policy, specs):
    moved = compile_policy("# a line more\n" + FILE, "elsewhere.yaml", specs)
    assert moved.rules == policy.rules
    assert hash(moved.rules) == hash(policy.rules)
    assert moved.rules[0].source == ("elsewhere.yaml", 10)


SEVERITY, CONFIDENCE = Measure("severity", 0, 7), Measure("confidence", 0.0, 1.0)


def numbered(scale, levels=None):
    reported = None if levels is None else lambda _options: levels
    return CheckSpec(
        "numbered",
        "numbered",
        frozenset({"Hate"}),
        scale,
        False,
        frozenset(Origin),
        lambda _given: None,
        levels=reported,
    )


PLAN = CheckPlan("numbered", frozenset(Origin), Action.BLOCK, None)


@pytest.mark.parametrize(
    ("measure", "scale", "above"),
    [
        (4, SEVERITY, 5), (6, SEVERITY, 7), (7, SEVERITY, None), (None, SEVERITY, None), (4, None, None),
        (float("nan"), SEVERITY, None), (0.95, CONFIDENCE, 0.96), (0.954, CONFIDENCE, 0.96), (0.995, CONFIDENCE, 1.0),
        (1.0, CONFIDENCE, None), (0.29, CONFIDENCE, 0.3),
    ],
)  # fmt: skip
def test_the_next_threshold_is_a_number_people_would_write(measure, scale, above):
    assert next_above(measure, numbered(scale), PLAN) == above


def test_without_a_check_there_is_no_next_threshold():
    assert next_above(4, None, None) is None


@pytest.mark.parametrize(("measure", "above"), [(0, 2), (2, 4), (3, 4), (4, 6), (6, None), (7, None)])
def test_the_next_threshold_is_one_that_the_check_reports_with_its_options(measure, above):
    assert next_above(measure, numbered(SEVERITY, (2, 4, 6)), PLAN) == above


KNOWN = {
    "prompt_shield": ("UserPromptAttack",),
    "content_safety": ("Hate", "Sexual", "blocklist"),
    "pii": ("Email", "CreditCardNumber"),
}
findings = st.sampled_from([(check, category) for check, names in KNOWN.items() for category in names]).flatmap(
    lambda named: st.tuples(
        st.just(named[0]),
        st.builds(
            Finding,
            st.just(named[1]),
            st.none()
            if named[0] == "prompt_shield"
            else st.sampled_from([None, 0, 0.3, 0.95, 1.0] if named[0] == "pii" else [None, 0, 2, 4, 6, 7]),
            st.sampled_from([AT, "/nowhere"]),
            st.sampled_from([None, Span(0, 4), Span(2, 900)]),
        ),
    )
)
statuses = st.dictionaries(st.sampled_from(list(KNOWN)), st.sampled_from([CheckStatus.FAILED, CheckStatus.SKIPPED]))


@settings(max_examples=60)
@given(st.lists(findings, max_size=6), statuses, st.sampled_from(list(Stage)), st.booleans())
def test_what_is_told_as_fired_is_what_was_decided_and_the_changes_let_it_pass(found, broken, stage, has_audio):
    specs: dict[str, CheckSpec] = _SPECS
    policy = compile_policy(FILE, "p.yaml", specs)
    reports = tuple(
        CheckReport(name, broken.get(name, CheckStatus.COMPLETED), tuple(one for check, one in found if check == name))
        for name in KNOWN
    )
    sound = Segment("AAAA", Origin.USER, "/messages/0/content/1", kind=Kind.AUDIO)
    inspection = Inspection(stage, "app", (USER, sound) if has_audio else (USER,))
    verdict = decide(policy, inspection, reports)
    explanation = explain(policy, inspection, reports, specs)
    assert explanation.verdict == verdict
    assert tuple(one.reason for one in explanation.because) == verdict.reasons
    fired = {(look.rule.id, one.finding, look.action) for one in explanation.seen for look in one.looks if look.action}
    assert {(rule, one.pointer, one.measure, action) for rule, one, action in fired} == {
        (reason.rule, reason.pointer, reason.measure, reason.action)
        for reason in verdict.reasons
        if reason.pointer is not None and not reason.rule.startswith("media.")
    }
    assert all(look.outcome is not Outcome.OTHER for one in explanation.seen for look in one.looks)
    assert (explanation.lets_pass is not None) == (verdict.action is Action.BLOCK)
    if explanation.lets_pass is not None:
        assert explanation.lets_pass.action < Action.BLOCK
        assert explanation.lets_pass.changes


_SPECS: dict[str, CheckSpec] = {}


@pytest.fixture(autouse=True, scope="module")
def _known_specs(specs):
    _SPECS.update(specs)
