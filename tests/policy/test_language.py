"""Rules by origin, what is scanned at each stage, `extends`, and a policy's own tests."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode
from guardrails.policy.bundle import load_bundle
from guardrails.policy.compile import compile_all, compile_policy
from guardrails.policy.coverage import coverage
from guardrails.policy.decide import decide
from guardrails.policy.select import narrow
from guardrails.policy.suite import untested

TOP = "version: 1\npolicy: p\nchecks: {pii: {}, content_safety: {}, prompt_shield: {}}\n"
SEGMENTS = tuple(Segment("a@b.example", origin, f"/{origin}") for origin in Origin)


def verdict(policy, stage, finding):
    inspection = Inspection(stage, "app", SEGMENTS)
    reports = [CheckReport(name, CheckStatus.COMPLETED, (finding,) if name == "pii" else ()) for name in policy.checks]
    return decide(policy, inspection, reports)


def test_a_rule_with_an_origin_is_about_the_texts_of_that_origin_only():
    policy = compile_policy(TOP + "rules: [{id: r, check: pii, origin: [tool, document], action: block}]", "f", SPECS)
    for origin in Origin:
        expected = Action.BLOCK if origin in {Origin.TOOL, Origin.DOCUMENT} else Action.ALLOW
        assert verdict(policy, Stage.INPUT, Finding("Email", 0.9, f"/{origin}", Span(0, 5))).action is expected


def test_a_finding_in_no_known_text_is_every_rules():
    policy = compile_policy(TOP + "rules: [{id: r, check: pii, origin: tool, action: block}]", "f", SPECS)
    assert verdict(policy, Stage.INPUT, Finding("Email", 0.9, "/elsewhere", None)).action is Action.BLOCK


def test_scan_by_stage_reads_and_receipts_what_that_stage_says():
    text = TOP.replace("pii: {}", "pii: {scan: {input: [user], output: [assistant]}}")
    policy = compile_policy(text + "rules: [{id: r, check: pii, action: block}]", "f", SPECS)
    plan = policy.checks["pii"]
    for stage, origin in ((Stage.INPUT, Origin.USER), (Stage.OUTPUT, Origin.ASSISTANT)):
        inspection = Inspection(stage, "app", SEGMENTS)
        assert [segment.origin for segment in narrow(plan, inspection).segments] == [origin]
        done = [CheckReport(name, CheckStatus.COMPLETED) for name in policy.checks]
        readers = {one.origin: "pii" in one.checks for one in coverage(policy, inspection, done)}
        assert readers == {each: each is origin for each in Origin}


def test_a_stage_that_scan_does_not_name_is_read_as_without_scan():
    text = TOP.replace("prompt_shield: {}", "prompt_shield: {scan: {input: [user]}}")
    plan = compile_policy(text + "rules: [{id: r, check: pii, action: block}]", "f", SPECS).checks["prompt_shield"]
    assert plan.scans(Stage.INPUT) == {Origin.USER}
    assert plan.scans(Stage.OUTPUT) == SPECS["prompt_shield"].scan


@pytest.mark.parametrize(
    ("scan", "said"),
    [
        ("{inptu: [user]}", "scan.inptu: unknown stage (did you mean 'input'?)"),
        ("{input: [usr]}", "scan.input[0]: unknown origin (did you mean 'user'?)"),
        ("{input: user}", "scan.input: must be a list"),
        ("{input: [], output: []}", "must name who wrote what it reads"),
        ("{}", "must name who wrote what it reads"),
    ],
)
def test_a_wrong_scan_by_stage_is_told(scan, said):
    with pytest.raises(ConfigurationError) as caught:
        compile_policy(
            TOP.replace("pii: {}", f"pii: {{scan: {scan}}}") + "rules: [{id: r, check: pii, action: block}]", "f", SPECS
        )
    assert any(said in problem for problem in caught.value.problems)


BASE = """\
version: 1
policy: base
mode: monitor
deadline_ms: 900
checks:
  pii: {categories: [Email, PhoneNumber], language: de}
  prompt_shield: {}
rules:
  - {id: attack, check: prompt_shield, action: block}
  - {id: mail, check: pii, category: Email, action: flag}
chat: {refusal: "No.", stream: {window: 500}}
"""
CHILD = """\
version: 1
policy: child
extends: base
checks:
  pii: {on_failure: flag}
  content_safety: {}
rules:
  - {id: harm, check: content_safety, at_least: 4, action: block}
  - {id: mail, check: pii, category: Email, action: block}
chat: {stream: {overlap: 100}}
"""


def test_a_policy_has_what_it_extends_and_its_own_word_holds():
    policies = compile_all({"base.yaml": BASE, "child.yaml": CHILD}, SPECS).policies
    child = policies["child"]
    assert (child.mode, child.deadline_s, child.refusal) == (Mode.ENFORCE, 0.9, "No.")
    assert (child.chat.stream.window, child.chat.stream.overlap) == (500, 100)
    assert list(child.checks) == ["pii", "prompt_shield", "content_safety"]
    pii = child.checks["pii"]
    assert (pii.options.language, pii.on_failure) == ("de", Action.FLAG)
    assert [(rule.id, rule.action) for rule in child.rules] == [
        ("attack", Action.BLOCK), ("mail", Action.BLOCK), ("harm", Action.BLOCK),
    ]  # fmt: skip
    assert policies["base"].checks["pii"].on_failure is Action.BLOCK


def test_the_revision_depends_on_every_file_a_policy_is_made_of():
    def revision(base, child):
        return compile_all({"base.yaml": base, "child.yaml": child}, SPECS).policies["child"].ref.revision

    first = revision(BASE, CHILD)
    assert revision(BASE + "# more\n", CHILD) != first
    assert revision(BASE, CHILD + "# more\n") != first
    assert first != f"sha256:{hashlib.sha256(CHILD.encode()).hexdigest()}"
    assert revision(BASE, CHILD) == first


def test_a_chain_of_policies_is_merged_from_its_far_end():
    leaf = "version: 1\npolicy: leaf\nextends: child\nrules: [{id: mail, check: pii, action: redact}]\n"
    policy = compile_all({"leaf.yaml": leaf, "child.yaml": CHILD, "base.yaml": BASE}, SPECS).policies["leaf"]
    assert {rule.id: rule.action for rule in policy.rules}["mail"] is Action.REDACT
    assert policy.rules[0].id == "attack"


def test_a_mistake_in_the_base_is_told_once_and_one_that_only_the_child_makes_of_it_with_both_files():
    broken = BASE.replace("category: Email, action: flag", "category: Emial, action: flag")
    other = CHILD.replace("  - {id: mail, check: pii, category: Email, action: block}\n", "")
    (told,) = compile_all({"a.yaml": other, "base.yaml": broken}, SPECS).problems
    assert re.fullmatch(r"base\.yaml:10:\d+: rules\[1\]\.category.*\(did you mean 'Email'\?\)", told)
    narrower = other.replace("pii: {on_failure: flag}", "pii: {categories: [PhoneNumber]}")
    (told,) = compile_all({"base.yaml": BASE, "child.yaml": narrower}, SPECS).problems
    assert told.startswith("base.yaml:10:")
    assert "rules[1].category: Email is not among the `categories` of pii" in told
    assert told.endswith("(in child.yaml, which extends this)")


def test_a_chain_may_not_be_endless():
    texts = {f"{n}.yaml": f"version: 1\npolicy: p{n}\nextends: p{n + 1}\n" for n in range(12)}
    texts["12.yaml"] = BASE.replace("policy: base", "policy: p12")
    assert any("longer than 8" in problem for problem in compile_all(texts, SPECS).problems)


TESTED = (
    BASE
    + """\
tests:
  - {name: mail, findings: [{check: pii, category: Email, measure: 0.9}], expect: {verdict: flag, rules: [mail]}}
  - {name: nothing, findings: [], expect: {verdict: allow, rules: []}}
  - {name: down, failed: [pii], expect: {verdict: block, rules: [on_failure]}}
"""
)


def test_tests_in_the_file_that_pass_change_nothing_and_tell_what_they_cover():
    source = compile_all({"base.yaml": TESTED}, SPECS).sources["base"]
    assert [(one.name, one.problem) for one in source.outcomes] == [("mail", None), ("nothing", None), ("down", None)]
    assert untested(source.policy, source.outcomes) == ("attack",)


def test_a_bundle_whose_own_tests_fail_is_not_loaded(tmp_path):
    (tmp_path / "base.yaml").write_text(TESTED.replace("verdict: flag, rules: [mail]", "verdict: redact"))
    with pytest.raises(ConfigurationError) as caught:
        load_bundle(tmp_path, SPECS)
    (problem,) = caught.value.problems
    assert problem.endswith("base.yaml:13:5: tests[0]: the test 'mail' fails: expected redact, got flag by mail")


def test_a_test_names_exactly_the_rules_that_the_verdict_rests_on():
    wrong = TESTED.replace("rules: [on_failure]", "rules: [on_failure, attack]")
    (problem,) = compile_all({"base.yaml": wrong}, SPECS).problems
    assert "expected block by on_failure, attack, got block by on_failure" in problem


def test_a_weaker_rule_that_fires_as_well_is_not_named_and_is_covered():
    text = TOP + (
        "rules: [{id: stop, check: pii, category: Email, action: block}, {id: note, check: pii, action: flag}]\n"
        "tests: [{name: a, findings: [{check: pii, category: Email, measure: 1}],"
        " expect: {verdict: block, rules: [stop]}}]\n"
    )
    compiled = compile_all({"p.yaml": text}, SPECS)
    assert compiled.problems == ()
    source = compiled.sources["p"]
    assert untested(source.policy, source.outcomes) == ()


def test_a_test_with_a_text_is_left_for_the_services():
    text = BASE + "tests: [{name: t, text: hello, expect: {verdict: block}}]\n"
    compiled = compile_all({"base.yaml": text}, SPECS)
    assert compiled.problems == ()
    assert compiled.sources["base"].outcomes == ()


def test_a_finding_says_who_wrote_the_text():
    text = TOP + (
        "rules: [{id: r, check: pii, origin: tool, action: block}]\n"
        "tests:\n"
        "  - {name: a, findings: [{check: pii, category: Email, measure: 1, origin: tool}], expect: {verdict: block}}\n"
        "  - {name: b, findings: [{check: pii, category: Email, measure: 1}], expect: {verdict: allow}}\n"
        "  - {name: c, findings: [{check: prompt_shield, category: DocumentAttack, origin: system}],"
        " expect: {verdict: allow}}\n"
    )
    (problem,) = compile_all({"p.yaml": text}, SPECS).problems
    assert problem.endswith("prompt_shield does not read system texts at stage input, so this is never found")


@given(st.text(alphabet="ab*?@.", min_size=3, max_size=12), st.text(alphabet="ab@.*", max_size=14))
def test_a_pattern_matches_what_its_naive_reading_does(pattern, value):
    from guardrails.checks.pii.like import compiled  # noqa: PLC0415 - one test's own

    def naive(pattern, value):
        if not pattern:
            return not value
        if pattern[0] == "*":
            return any(naive(pattern[1:], value[at:]) for at in range(len(value) + 1))
        return bool(value) and pattern[0] in {"?", value[0]} and naive(pattern[1:], value[1:])

    assert bool(compiled(pattern).fullmatch(value)) is naive(pattern, value)


def test_a_hostile_value_costs_a_pattern_nothing():
    options = SPECS["pii"].parse_options({"ignore": ["Me@Contoso.com", {"like": "*a*a*a*a*a*a*b@contoso.com"}]})
    assert options.ignores("me@contoso.com")
    assert options.ignores("aaaaaaab@CONTOSO.com")
    assert not options.ignores("a" * 500)
    assert not options.ignores("x" * 600 + "aaaaaab@contoso.com")
    assert "contoso" not in repr(options)


@pytest.mark.parametrize("like", ["*", "**?", "a*", "*" * 9 + "abc"])
def test_a_pattern_that_is_too_wide_is_refused(like):
    with pytest.raises(ConfigurationError, match=r"checks\.pii\.ignore\[0\]\.like"):
        compile_policy(
            f"version: 1\npolicy: p\nchecks: {{pii: {{ignore: [{{like: '{like}'}}]}}}}\n"
            "rules: [{id: r, check: pii, action: block}]",
            "f",
            SPECS,
        )
