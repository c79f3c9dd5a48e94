"""The decision: what each rule and report comes to, fact by fact."""

import pytest

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage, apply_edits
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.policy.decide import NO_SPAN, NOT_EDITABLE, decide
from guardrails.policy.policy import CheckPlan, Policy, Rule

TEXT = "mail me: a@b.c or call"
AT = "/messages/0/content"
USER = Segment(TEXT, Origin.USER, AT)
MAIL = Finding("Email", 0.9, AT, Span(9, 14))


def rule(check="pii", action=Action.FLAG, **words):
    words = {"id": "r", "stages": frozenset(Stage), "categories": None, "at_least": None} | words
    words.setdefault("replacement", "label" if action is Action.REDACT else None)
    return Rule(check=check, action=action, **words)


def policy(*rules, checks=("pii",), on_failure=Action.BLOCK, mode=Mode.ENFORCE, scan=frozenset(Origin)):
    plans = {name: CheckPlan(name, scan, on_failure, None) for name in checks}
    return Policy(PolicyRef("p", "sha256:0"), "", mode, 1.0, plans, rules, "Stopped.")


def report(*findings, check="pii", status=CheckStatus.COMPLETED, **words):
    return CheckReport(check, status, findings, **words)


def judge(policy, *reports, stage=Stage.INPUT, segments=(USER,), keys=None):
    return decide(policy, Inspection(stage, "app", tuple(segments)), reports, keys)


def test_nothing_found_is_allowed():
    verdict = judge(policy(rule()), report())
    assert (verdict.action, verdict.reasons, verdict.degraded, verdict.edits) == (Action.ALLOW, (), False, ())


def test_a_reason_tells_the_rule_and_the_evidence():
    (reason,) = judge(policy(rule(id="contact", at_least=0.5)), report(MAIL)).reasons
    assert (reason.rule, reason.check, reason.category, reason.measure, reason.at_least) == (
        "contact", "pii", "Email", 0.9, 0.5,
    )  # fmt: skip
    assert (reason.pointer, reason.span, reason.action) == (AT, Span(9, 14), Action.FLAG)


@pytest.mark.parametrize(
    ("at_least", "measure", "hit"),
    [
        (0.7, 0.7, True),
        (0.7, 0.69, False),
        (0.7, None, False),
        (None, None, True),
        (None, 0.01, True),
        (None, 0, False),
        (0.7, float("nan"), True),
        (None, float("nan"), True),
    ],
)
def test_a_threshold_is_reached_at_its_value_and_severity_zero_is_safe(at_least, measure, hit):
    verdict = judge(policy(rule(at_least=at_least)), report(Finding("Email", measure, AT)))
    assert bool(verdict.reasons) is hit


def test_a_rule_looks_only_at_its_check_stage_and_categories():
    assert not judge(policy(rule(stages=frozenset({Stage.OUTPUT}))), report(MAIL)).reasons
    assert not judge(policy(rule(categories=frozenset({"Phone"}))), report(MAIL)).reasons
    assert not judge(policy(rule("shield"), checks=("pii", "shield")), report(MAIL), report(check="shield")).reasons
    assert judge(policy(rule(categories=frozenset({"Email"}))), report(MAIL), stage=Stage.OUTPUT).reasons


def test_the_strongest_action_wins_and_comes_first():
    verdict = judge(
        policy(rule(id="a"), rule(id="b", action=Action.BLOCK), rule(id="c", action=Action.ALLOW)), report(MAIL)
    )
    assert verdict.action is Action.BLOCK
    assert [reason.rule for reason in verdict.reasons] == ["b", "a", "c"]


def test_reasons_of_one_action_come_in_the_order_of_the_text():
    second = Segment("x y z", Origin.TOOL, "/messages/1/content")
    findings = (
        Finding("B", 1, second.pointer, Span(0, 1)),
        Finding("A", 1, AT, Span(4, 5)),
        Finding("A", 1, AT, Span(1, 2)),
        Finding("A", 1, AT),
    )
    verdict = judge(policy(rule()), report(*findings), segments=(USER, second))
    assert [(reason.pointer, reason.span) for reason in verdict.reasons] == [
        (AT, None), (AT, Span(1, 2)), (AT, Span(4, 5)), (second.pointer, Span(0, 1)),
    ]  # fmt: skip


def test_the_same_finding_twice_is_one_reason():
    assert len(judge(policy(rule()), report(MAIL, MAIL)).reasons) == 1


def test_a_failed_check_means_what_its_plan_says_and_is_degraded():
    failed = report(status=CheckStatus.FAILED, reason=FailureReason.THROTTLED)
    verdict = judge(policy(rule()), failed)
    assert (verdict.action, verdict.degraded, verdict.blocked) == (Action.BLOCK, True, True)
    assert [(r.rule, r.check, r.detail) for r in verdict.reasons] == [("on_failure", "pii", "throttled")]
    milder = judge(policy(rule(), on_failure=Action.FLAG), failed)
    assert (milder.action, milder.degraded) == (Action.FLAG, True)


def test_a_failed_check_keeps_what_it_saw():
    failed = report(MAIL, status=CheckStatus.FAILED, reason=FailureReason.DEADLINE)
    verdict = judge(policy(rule(action=Action.BLOCK), on_failure=Action.FLAG), failed)
    assert [reason.rule for reason in verdict.reasons] == ["r", "on_failure"]


def test_a_check_without_a_report_has_failed():
    verdict = judge(policy(rule()))
    assert (verdict.action, verdict.degraded, verdict.reasons[0].detail) == (Action.BLOCK, True, "no report")


def test_a_check_that_skipped_what_it_should_read_has_failed():
    skipped = report(status=CheckStatus.SKIPPED)
    assert judge(policy(rule()), skipped).degraded
    assert not judge(policy(rule(), scan=frozenset({Origin.TOOL})), skipped).degraded
    assert not judge(policy(rule()), skipped, segments=(Segment(" \n", Origin.USER, AT),)).degraded
    assert not judge(policy(rule()), skipped, segments=()).degraded


def test_one_failed_report_of_two_is_a_failure():
    assert judge(policy(rule()), report(), report(status=CheckStatus.FAILED)).degraded


def test_reports_of_checks_outside_the_policy_do_not_count():
    assert not judge(policy(rule(), rule("spam")), report(), report(Finding("x", 1, AT), check="spam")).reasons


def test_a_label_names_the_category_and_a_mask_keeps_the_length():
    label = judge(policy(rule(action=Action.REDACT)), report(MAIL))
    mask = judge(policy(rule(action=Action.REDACT, replacement="mask")), report(MAIL))
    assert apply_edits(TEXT, label.edits) == "mail me: [Email] or call"
    assert apply_edits(TEXT, mask.edits) == "mail me: ***** or call"


def test_a_label_never_carries_what_could_break_out_of_a_string():
    odd = Finding('E"m\\a]i\nl', 1, AT, Span(0, 2))
    (edit,) = judge(policy(rule(action=Action.REDACT)), report(odd)).edits
    assert edit.replacement == "[Email]"
    (edit,) = judge(policy(rule(action=Action.REDACT)), report(Finding('"', 1, AT, Span(0, 2)))).edits
    assert edit.replacement == "[Redacted]"


def test_overlapping_masks_become_one_of_the_length_of_their_union():
    findings = (Finding("A", 1, AT, Span(2, 6)), Finding("B", 1, AT, Span(4, 9)), Finding("C", 1, AT, Span(9, 11)))
    verdict = judge(policy(rule(action=Action.REDACT, replacement="mask")), report(*findings))
    assert [(edit.span, edit.replacement) for edit in verdict.edits] == [(Span(2, 9), "*" * 7), (Span(9, 11), "**")]


def test_a_span_within_another_does_not_shorten_it():
    findings = (Finding("A", 1, AT, Span(2, 12)), Finding("B", 1, AT, Span(4, 6)), Finding("C", 1, AT, Span(10, 14)))
    (edit,) = judge(policy(rule(action=Action.REDACT, replacement="mask")), report(*findings)).edits
    assert (edit.span, edit.replacement) == (Span(2, 14), "*" * 12)


def test_where_a_mask_and_a_label_overlap_the_label_hides_even_the_length():
    findings = (Finding("A", 1, AT, Span(2, 6)), Finding("B", 1, AT, Span(4, 9)))
    rules = (
        rule(id="a", action=Action.REDACT, replacement="mask", categories=frozenset({"A"})),
        rule(id="b", action=Action.REDACT, categories=frozenset({"B"})),
    )
    (edit,) = judge(policy(*rules), report(*findings)).edits
    assert (edit.span, edit.replacement) == (Span(2, 9), "[B]")


@pytest.mark.parametrize("span", [None, Span(3, 3), Span(5, 2), Span(-1, 4), Span(0, 1000)])
def test_a_redaction_without_a_usable_span_blocks(span):
    verdict = judge(policy(rule(action=Action.REDACT)), report(Finding("Email", 1, AT, span)))
    assert (verdict.action, verdict.edits, verdict.reasons[0].detail) == (Action.BLOCK, (), NO_SPAN)


@pytest.mark.parametrize("pointer", ["/tools/0", "/nowhere"])
def test_a_redaction_in_what_cannot_be_edited_blocks(pointer):
    tool = Segment(TEXT, Origin.SYSTEM, "/tools/0", editable=False)
    finding = Finding("Email", 1, pointer, Span(9, 14))
    verdict = judge(policy(rule(action=Action.REDACT)), report(finding), segments=(USER, tool))
    assert (verdict.action, verdict.edits, verdict.reasons[0].detail) == (Action.BLOCK, (), NOT_EDITABLE)


def test_a_block_carries_no_edits():
    rules = (rule(id="a", action=Action.REDACT), rule(id="b", action=Action.BLOCK))
    assert judge(policy(*rules), report(MAIL)).edits == ()


def test_monitor_decides_the_same_and_blocks_nothing():
    verdict = judge(policy(rule(action=Action.BLOCK), mode=Mode.MONITOR), report(MAIL))
    assert (verdict.action, verdict.mode, verdict.blocked) == (Action.BLOCK, Mode.MONITOR, False)
