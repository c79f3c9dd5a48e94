"""Shadow policies: judged on the same evidence, recorded, never enforced."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.domain.shadow import ShadowVerdict
from guardrails.domain.verdict import Action, PolicyRef
from guardrails.policy.compile import compile_all
from guardrails.policy.decide import decide
from guardrails.policy.shadow import shadow_verdicts

PLAIN = """\
version: 1
policy: plain
shadow: [hard]
checks: {pii: {}}
rules: [{id: mail, check: pii, action: flag}]
"""
HARD = """\
version: 1
policy: hard
checks: {pii: {}}
rules: [{id: no-mail, check: pii, action: block}]
"""
MAIL = Finding("Email", 0.9, "/text", Span(0, 3))
TEXT = Inspection(Stage.INPUT, "app", (Segment("a@b", Origin.USER, "/text"),))


def policy(hard=HARD):
    return compile_all({"plain.yaml": PLAIN, "hard.yaml": hard}, SPECS).policies["plain"]


def report(*findings, status=CheckStatus.COMPLETED):
    reason = FailureReason.DEADLINE if status is CheckStatus.FAILED else None
    return CheckReport("pii", status, findings, reason)


def test_a_shadow_decides_beside_the_policy_and_changes_nothing():
    judged = policy()
    assert decide(judged, TEXT, [report(MAIL)]) == decide(replace(judged, shadows=()), TEXT, [report(MAIL)])
    (shadow,) = shadow_verdicts(judged, TEXT, [report(MAIL)])
    assert (shadow.policy.name, shadow.action, shadow.rules) == ("hard", Action.BLOCK, ("no-mail",))
    assert (shadow.not_run, shadow.asked_otherwise) == ((), ())


def test_a_shadow_that_plans_a_check_which_did_not_run_is_not_comparable():
    hard = HARD.replace("{pii: {}}", "{pii: {}, prompt_shield: {}}")
    (shadow,) = shadow_verdicts(policy(hard), TEXT, [report()])
    assert (shadow.action, shadow.word, shadow.not_run) == (None, "not comparable", ("prompt_shield",))


def test_a_check_that_would_have_had_nothing_to_read_is_not_missed():
    hard = HARD.replace("{pii: {}}", "{pii: {}, prompt_shield: {scan: [document]}}")
    (shadow,) = shadow_verdicts(policy(hard), TEXT, [report()])
    assert shadow.action is Action.ALLOW


def test_a_shadow_does_not_hear_of_texts_that_it_does_not_let_be_read():
    (shadow,) = shadow_verdicts(policy(HARD.replace("pii: {}", "pii: {scan: [tool]}")), TEXT, [report(MAIL)])
    assert shadow.action is Action.ALLOW


def test_evidence_that_was_asked_for_in_other_words_is_told():
    (shadow,) = shadow_verdicts(policy(HARD.replace("pii: {}", "pii: {language: de}")), TEXT, [report(MAIL)])
    assert (shadow.action, shadow.asked_otherwise) == (Action.BLOCK, ("pii",))


def test_a_failed_check_never_reads_as_clean_in_a_shadow():
    (shadow,) = shadow_verdicts(policy(), TEXT, [report(status=CheckStatus.FAILED)])
    assert (shadow.action, shadow.rules) == (Action.BLOCK, ("on_failure",))


def test_two_parts_of_a_text_come_to_the_stronger_and_to_nothing_where_one_cannot_be_told():
    ref = PolicyRef("s", "r")
    flag, block = ShadowVerdict(ref, Action.FLAG, ("a",)), ShadowVerdict(ref, Action.BLOCK, ("b",))
    assert flag.and_then(block) == ShadowVerdict(ref, Action.BLOCK, ("a", "b"))
    unknown = flag.and_then(ShadowVerdict(ref, None, not_run=("pii",)))
    assert (unknown.action, unknown.rules, unknown.not_run) == (None, (), ("pii",))


def test_nothing_found_is_allowed():
    (shadow,) = shadow_verdicts(policy(), TEXT, [report()])
    assert shadow.action is Action.ALLOW


@given(st.lists(st.sampled_from(list(Action)), min_size=1))
def test_windows_never_weaken_what_an_earlier_one_came_to(actions):
    ref = PolicyRef("s", "r")
    whole = ShadowVerdict(ref, actions[0])
    for action in actions[1:]:
        whole = whole.and_then(ShadowVerdict(ref, action))
    assert whole.action is max(actions)
