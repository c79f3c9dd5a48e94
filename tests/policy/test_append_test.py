"""A decision as a test: the contract's form, and a file that keeps every other character."""

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from guardrails.domain.errors import ConfigurationError
from guardrails.policy.append_test import append_test
from guardrails.policy.as_test import PolicyTest, Untestable, as_test, flow_of, lines_of

TEST = PolicyTest(
    "decision chk_1", "input", (("pii", "Email", 0.95), ("prompt_shield", "UserPromptAttack", None)),
    ("content_safety",), "block", ("on_failure",),
)  # fmt: skip
FORM = {
    "name": "decision chk_1",
    "stage": "input",
    "findings": [
        {"check": "pii", "category": "Email", "measure": 0.95},
        {"check": "prompt_shield", "category": "UserPromptAttack"},
    ],
    "failed": ["content_safety"],
    "expect": {"verdict": "block", "rules": ["on_failure"]},
}
HEAD = "# why it is so\nversion: 1  # the only one\npolicy: p\n"

ENDS = {
    "absent": "",
    "without a last line break": "chat: {}",
    "null": "tests:  # none yet\n# the end\n",
    "empty": "tests: []  # none yet\n",
    "block": "tests:\n  # first\n  - name: one\n    expect: {verdict: allow}  # yes\n\n# the end\nchat: {}\n",
    "block without indentation": "tests:\n- name: one\n  findings:\n    - {check: pii, category: Email}\nchat: {}\n",
    "flow": "tests: [{name: one, expect: {verdict: allow}}]\nchat: {}\n",
    "flow over lines": "tests: [\n  {name: one, expect: {verdict: allow}},\n]\nchat: {}\n",
    "block scalar": "tests:\n    - name: |\n        one\n        two\nchat: {}\n",
    "windows": "tests:\r\n  - name: one\r\n    expect: {verdict: allow}\r\nchat: {}\r\n",
}


def test_both_forms_are_the_contracts():
    assert yaml.safe_load("\n".join(lines_of(TEST))) == [FORM]
    assert yaml.safe_load(flow_of(TEST)) == FORM


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_test_is_added_and_nothing_else_changes(end):
    before = HEAD + end
    after = append_test(before, TEST)
    expected, parsed = yaml.safe_load(before), yaml.safe_load(after)
    assert parsed.pop("tests") == [*(expected.pop("tests", None) or []), FORM]
    assert parsed == expected
    kept = iter(after)
    assert all(character in kept for character in before.replace("[]", "", 1))
    again = append_test(after, PolicyTest("another", "output", (), (), "allow", ()))
    assert yaml.safe_load(again)["tests"][-2:] == [
        FORM, {"name": "another", "stage": "output", "expect": {"verdict": "allow"}},
    ]  # fmt: skip
    if "\r\n" in before:
        assert "\n" not in after[len(HEAD) :].replace("\r\n", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tests: [", "is not YAML"),
        ("- a list\n", "not a mapping"),
        ("{version: 1}", "not a mapping"),
        ("tests: yes\n", "must be a list"),
        ("tests:\n  - name: decision chk_1\n", "named 'decision chk_1' already"),
    ],
)
def test_what_no_test_can_be_added_to_is_told(text, says):
    with pytest.raises(ConfigurationError) as caught:
        append_test(text, TEST)
    assert says in caught.value.problems[0]


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"), max_size=20
    )
)
def test_any_name_is_read_back_as_it_was(name):
    made = PolicyTest(name, "input", (), (), "allow", ())
    try:
        assert yaml.safe_load("\n".join(lines_of(made)))[0]["name"] == name
        assert yaml.safe_load(flow_of(made))["name"] == name
    except yaml.reader.ReaderError:
        assume(False)


def told(**changes):
    reason = {"rule": "mail", "decides": True, "check": "pii", "category": "Email", "detail": None}
    finding = {"check": "pii", "category": "Email", "measure": 0.9}
    return {
        "verdict": "redact", "stage": "input", "omitted": 0,
        "reasons": [reason | changes.pop("reason", {}), {**reason, "rule": "noted", "decides": False}],
        "findings": [finding, finding, {**finding, "category": "PhoneNumber", "measure": 0}],
    } | changes  # fmt: skip


def test_a_test_has_what_was_seen_once_and_the_rules_that_decided():
    made = as_test("name", told())
    assert made == PolicyTest("name", "input", (("pii", "Email", 0.9),), (), "redact", ("mail",))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reason": {"check": "media", "rule": "media.audio"}}, "media.audio"),
        ({"reason": {"detail": "no span to redact"}}, "where Email stands"),
        ({"reason": {"detail": "cannot be redacted in place"}}, "where Email stands"),
        ({"omitted": 3}, "more findings"),
        ({"findings": [{"check": "pii", "category": "Email", "measure": float("nan")}]}, "no number"),
    ],
)
def test_what_findings_cannot_stand_for_is_refused(changes, why):
    with pytest.raises(Untestable, match=why):
        as_test("name", told(**changes))


def test_what_was_not_judged_is_no_test():
    with pytest.raises(Untestable, match="no answer to judge"):
        as_test("name", {"stage": "output", "unexplained": "there was no answer to judge"})
