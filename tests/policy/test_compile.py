"""Policy files: what compiles, and what each mistake is told, with its line."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.content import Origin, Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.domain.verdict import Action, Mode
from guardrails.policy.compile import compile_policy
from guardrails.policy.policy import Release, StartModel, StreamPlan

WHOLE = """\
version: 1
policy: default
description: For everyone.
mode: monitor
deadline_ms: 1200
history: all
checks:
  prompt_shield:
    scan: [user, tool]
    on_failure: flag
  content_safety: {severity_levels: eight, blocklists: [company-terms]}
  pii:
rules:
  - {id: attack, stage: input, check: prompt_shield, action: block}
  - {id: lists, check: content_safety, category: blocklist, action: block}
  - {id: harm, check: content_safety, category: [Hate, Violence], at_least: 4, action: block}
  - {id: harm-noted, check: content_safety, category: "*", at_least: 2, action: flag}
  - {id: contact, stage: [input, output], check: pii, category: Email, at_least: 0.7, action: redact}
  - {id: card, check: pii, category: CreditCardNumber, action: redact, with: mask, restore: false}
chat: {start_model: after_checks, refusal: "  Stopped.  "}
shadow: []
tests: []
"""
LEAST = """\
version: 1
policy: least
checks: {pii: {}, content_safety: {}, prompt_shield: {}}
rules:
  - {id: any, check: pii, action: flag}
"""


def problems(text, specs):
    with pytest.raises(ConfigurationError) as caught:
        compile_policy(text, "p.yaml", specs)
    return list(caught.value.problems)


def one_problem(text, specs):
    found = problems(text, specs)
    assert len(found) == 1, found
    return found[0]


def with_rule(rule):
    return LEAST + f"  - {{id: second, {rule}}}\n"


def test_a_whole_policy_compiles_to_what_it_says(specs):
    policy = compile_policy(WHOLE, "default.yaml", specs)
    assert policy.ref.name == "default"
    assert policy.ref.revision == f"sha256:{hashlib.sha256(WHOLE.encode()).hexdigest()}"
    assert policy.mode is Mode.MONITOR
    assert policy.deadline_s == 1.2
    assert policy.refusal == "Stopped."
    shield = policy.checks["prompt_shield"]
    assert (shield.scan, shield.on_failure) == ({Origin.USER, Origin.TOOL}, Action.FLAG)
    assert policy.checks["content_safety"].options.severity_levels == "eight"
    assert policy.checks["pii"].scan == frozenset(Origin)
    attack, lists, harm, noted, contact, card = policy.rules
    assert (attack.stages, attack.categories, attack.at_least) == ({Stage.INPUT}, None, None)
    assert lists.categories == {"blocklist"}
    assert (harm.categories, harm.at_least, harm.action) == ({"Hate", "Violence"}, 4, Action.BLOCK)
    assert (noted.categories, noted.stages) == (None, frozenset(Stage))
    assert (contact.stages, contact.replacement) == (frozenset(Stage), "label")
    assert card.replacement == "mask"


def test_a_failed_check_blocks_when_the_policy_does_not_say(specs):
    policy = compile_policy(LEAST, "p.yaml", specs)
    assert {plan.on_failure for plan in policy.checks.values()} == {Action.BLOCK}
    assert policy.deadline_s == 2.5
    assert policy.mode is Mode.ENFORCE
    assert policy.refusal


@pytest.mark.parametrize(
    ("rule", "place", "sentence"),
    [
        ("check: pii, action: blok", "6:38: rules[1].action", "did you mean 'block'?"),
        ("check: pi, action: block", "6:25: rules[1].check", "did you mean 'pii'?"),
        ("check: pii, category: email, action: flag", "6:40: rules[1].category[0]", "did you mean 'Email'?"),
        ("check: pii, category: [Email, Hate], action: flag", "rules[1].category[1]", "pii has no such category"),
        ("check: pii, category: [], action: flag", "rules[1].category", "must not be empty"),
        ("check: pii, category: null, action: flag", "rules[1].category", "has no value"),
        ('check: pii, category: [Email, "*"], action: flag', "rules[1].category", "stands alone"),
        ("check: pii, at_least: 2, action: flag", "rules[1].at_least", "at most 1 (confidence)"),
        ("check: pii, at_least: 0, action: flag", "rules[1].at_least", "must be above 0"),
        ("check: pii, at_least: .nan, action: flag", "rules[1].at_least", "must be above 0"),
        ("check: pii, at_least: '0.5', action: flag", "rules[1].at_least", "must be a number"),
        ("check: pii, at_least: true, action: flag", "rules[1].at_least", "must be a number"),
        ("check: pii, at_least: null, action: flag", "rules[1].at_least", "has no value"),
        ("check: content_safety, at_least: 8, action: flag", "rules[1].at_least", "at most 7 (severity)"),
        ("check: prompt_shield, at_least: 1, action: flag", "rules[1].at_least", "without a number"),
        (
            "check: content_safety, category: [blocklist, Hate], at_least: 2, action: flag",
            "rules[1].at_least",
            "a rule of its own",
        ),
        ("check: content_safety, action: redact", "rules[1].action", "cannot redact"),
        ("check: pii, action: flag, with: mask", "rules[1].with", "only a rule whose action is redact"),
        ("check: pii, action: redact, with: maks", "rules[1].with", "did you mean 'mask'?"),
        ("check: pii, action: redact, with: placehoder", "rules[1].with", "did you mean 'placeholder'?"),
        ("check: pii, action: redact, restore: true", "rules[1].restore", "only a rule with `with: placeholder`"),
        ("check: pii, action: redact, with: hash, restore: true", "rules[1].restore", "only a rule with `with: placeh"),
        ("check: pii, action: redact, with: placeholder, restore: yes please", "rules[1].restore", "true or false"),
        ("check: pii, action: redact, with: placeholder, restore: null", "rules[1].restore", "true or false"),
        (
            "check: pii, stage: output, action: redact, with: placeholder, restore: true",
            "rules[1].restore",
            "only what is hidden at stage input",
        ),
        ("check: pii, action: block, origin: usr", "rules[1].origin", "did you mean 'user'?"),
        ("check: pii, action: block, origin:", "rules[1].origin", "has no value"),
        ("check: pii, action: block, catgory: Email", "6:45: rules[1].catgory", "did you mean 'category'?"),
        ("check: pii, action: block, stage: inputs", "rules[1].stage", "did you mean 'input'?"),
        ("check: pii, action: block, stage: []", "rules[1].stage", "must not be empty"),
        ("check: pii", "rules[1].action", "is required"),
    ],
)
def test_a_wrong_rule_is_told_where_and_what(specs, rule, place, sentence):
    found = one_problem(with_rule(rule), specs)
    assert place in found
    assert sentence in found
    assert re.match(r"p\.yaml:6:\d+: ", found)


@pytest.mark.parametrize(
    ("change", "line", "sentence"),
    [
        (("version: 1", "version: 2"), 1, "must be 1"),
        (("version: 1", "version: true"), 1, "must be 1"),
        (("version: 1", "version: 1.0"), 1, "must be 1"),
        (("version: 1\n", ""), 1, "version: is required"),
        (("policy: least", "policy: le ast"), 2, "must begin with a letter or digit"),
        (("policy: least", "policy: 12"), 2, "must be text"),
        (("policy: least", "policy: least\nmode: monitr"), 3, "did you mean 'monitor'?"),
        (("policy: least", "policy: least\ndeadline_ms: 20"), 3, "greater than or equal to 50"),
        (("policy: least", "policy: least\ndeadline_ms: 60001"), 3, "less than or equal to 60000"),
        (("policy: least", "policy: least\ndeadline_ms: 2.5"), 3, "must be a whole number"),
        (("policy: least", "policy: least\nhistory: newest"), 3, "must be 'all', 'new' or 'last_turn'"),
        (("policy: least", "policy: least\ntrusted: ['sha256:00']"), 3, "trusted[0]"),
        (("policy: least", "policy: least\nchat: {old_turns: forget}"), 3, "must be 'block' or 'drop'"),
        (("policy: least", "policy: least\nshadow: [strict]"), 3, "there is no policy 'strict' in this folder"),
        (
            ("policy: least", "policy: least\ntests: [{name: x, expect: {verdict: flag}}]"),
            3,
            "expected flag, got allow",
        ),
        (("policy: least", "policy: least\nextends: base"), 3, "there is no policy 'base' in this folder"),
        (("policy: least", "policy: least\nchat: {stream: {release: some}}"), 3, "chat.stream.release: must be"),
        (("policy: least", "policy: least\nchat: {stream: {window: 300, overlap: 200}}"), 3, "at most half of window"),
        (("policy: least", "policy: least\nchat: {stream: {window: 20}}"), 3, "chat.stream.window: "),
        (("policy: least", "policy: least\nchat: {start_model: before_checks}"), 3, "chat.start_model: must be"),
        (("policy: least", "policy: least\nchat: {refusal: ' '}"), 3, "chat.refusal: must not be empty"),
        (("policy: least", "policy: least\nchat: {refusl: x}"), 3, "did you mean 'refusal'?"),
        (("policy: least", "policy: least\ngateways: {on_outage: pass}"), 3, "must be 'verdict' or 'report'"),
        (("policy: least", "policy: least\ngateways: {on_outages: report}"), 3, "did you mean 'on_outage'?"),
        (("policy: least", "policy: least\npolicy: other"), 3, "policy: is given twice"),
        (("pii: {}", "pii: {}, piii: {}"), 3, "did you mean 'pii'?"),
        (("pii: {}", "pii: {on_failure: allow}"), 3, "must be 'block' or 'flag'"),
        (("pii: {}", "pii: {on_failure: null}"), 3, "must be 'block' or 'flag'"),
        (("pii: {}", "pii: {scan: []}"), 3, "must be a list"),
        (("pii: {}", "pii: {scan: user}"), 3, "must be a list"),
        (("pii: {}", "pii: {scan: [usr]}"), 3, "did you mean 'user'?"),
        (("prompt_shield: {}", "prompt_shield: {scan: [system]}"), 3, "prompt_shield cannot read system texts"),
        (("pii: {}", "pii: {onfailure: flag}"), 3, "did you mean 'on_failure'?"),
        (("content_safety: {}", "content_safety: {severity_level: four}"), 3, "did you mean 'severity_levels'?"),
        (("content_safety: {}", "content_safety: {severity_levels: twelve}"), 3, "must be 'four' or 'eight'"),
        (("content_safety: {}", "content_safety: {blocklists: [A]}"), 3, "checks.content_safety.blocklists[0]"),
        (("content_safety: {}", "content_safety: 5"), 3, "must be a mapping"),
        (("pii: {}, ", ""), 5, "not listed under `checks`"),
        (("id: any", "id: on_failure"), 5, "choose another"),
        (("id: any, ", ""), 5, "rules[0].id: is required"),
    ],
)
def test_a_wrong_word_is_told_with_its_line(specs, change, line, sentence):
    text = LEAST.replace(*change)
    assert text != LEAST
    found = one_problem(text, specs)
    assert found.startswith(f"p.yaml:{line}:")
    assert sentence in found


def test_a_misspelt_key_that_is_required_is_told_twice_over(specs):
    missing, unknown = problems(LEAST.replace("policy: least", "polcy: least"), specs)
    assert missing == "p.yaml:1:1: policy: is required"
    assert unknown == "p.yaml:2:1: polcy: unknown key (did you mean 'policy'?)"


def test_a_rule_id_is_used_once(specs):
    assert "used by an earlier rule" in one_problem(LEAST + "  - {id: any, check: pii, action: flag}\n", specs)


@pytest.mark.parametrize("part", ["checks: {}", "checks:", "checks: []", "checks: 3"])
def test_a_policy_needs_checks(specs, part):
    text = f"version: 1\npolicy: least\n{part}\nrules: [{{id: a, check: pii, action: flag}}]\n"
    assert any(found.startswith("p.yaml:3:") and "checks" in found for found in problems(text, specs))


@pytest.mark.parametrize("part", ["rules: []", "rules:", "rules: {}", "rules: [3]", "rules: 3"])
def test_a_policy_needs_rules(specs, part):
    text = f"version: 1\npolicy: least\nchecks: {{pii: }}\n{part}\n"
    assert any(found.startswith("p.yaml:4:") and "rules" in found for found in problems(text, specs))


def test_all_problems_come_at_once_in_the_order_of_the_file(specs):
    text = (
        LEAST.replace("version: 1", "version: 7")
        .replace("pii: {}", "pii: {scan: [nobody]}")
        .replace("action: flag", "action: flagg, at_least: 9")
    )
    found = problems(text + "extra: 1\n", specs)
    assert [problem.split(":")[1] for problem in found] == ["1", "3", "5", "5", "6"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must be a mapping"),
        ("# nothing\n", "must be a mapping"),
        ("- a\n", "must be a mapping"),
        ("a: [1\n", "is not YAML"),
        ("a: *\n", "a star must be quoted"),
        ("a: &x 1\nb: *x\n", "aliases"),
        ("version: 1\n---\nversion: 1\n", "one document"),
        ("a: " + "[" * 40 + "]" * 40, "deeper than"),
        ("a: " + "[" * 5000, "deeper than"),
        ("a: '" + "x" * 300_000 + "'", "larger than 256 KiB"),
        ("a: \x00", "is not YAML"),
        ("a: '\ud800'", "not UTF-8"),
        ("? [a, b]\n: 1\n", "a key must be a plain word"),
        ("a: !!python/object:os.system x\n", "cannot be read as"),
        ("a: 2024-13-45\n", "cannot be read as timestamp"),
        (f"a: {'1' * 5000}\n", "cannot be read as int"),
        ("<<: {version: 1}\n", "unknown key"),
    ],
)
def test_a_hostile_or_broken_file_is_told_and_never_loaded(specs, text, sentence):
    assert any(sentence in found for found in problems(text, specs))


def test_bare_words_that_yaml_reads_otherwise_are_problems_not_surprises(specs):
    # YAML 1.1 reads a bare `no` as false: it must not become "no action".
    assert "rules[1].action" in one_problem(with_rule("check: pii, action: no"), specs)


def test_no_alias_bomb_is_expanded(specs):
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert all("aliases" in found for found in problems(text, specs))


@given(text=st.text(max_size=300))
def test_any_text_is_a_policy_or_a_list_of_problems(specs, text):
    found = problems(text, specs)
    assert found
    assert all(re.match(r"p\.yaml:\d+:\d+: ", problem) for problem in found)


@given(data=st.data())
def test_any_edit_of_one_line_compiles_or_is_told(specs, data):
    lines = WHOLE.splitlines()
    index = data.draw(st.integers(0, len(lines) - 1))
    cut = data.draw(st.integers(0, len(lines[index])))
    typed = data.draw(st.text(alphabet="abz:-[]{}*&! '\"#0.\t", max_size=6))
    lines[index] = lines[index][:cut] + typed + lines[index][cut + data.draw(st.integers(0, 3)) :]
    text = "\n".join(lines)
    try:
        policy = compile_policy(text, "p.yaml", specs)
    except ConfigurationError:
        assert all(problem.startswith("p.yaml:") for problem in problems(text, specs))
    else:
        assert set(policy.checks) <= set(specs)
        assert all(rule.check in policy.checks for rule in policy.rules)


@pytest.mark.parametrize(
    ("rule", "replacement", "restore", "needs_keys"),
    [
        ("check: pii, action: redact", "label", False, False),
        ("check: pii, action: redact, with: mask, restore: false", "mask", False, False),
        ("check: pii, action: redact, with: hash", "hash", False, True),
        ("check: pii, action: redact, with: placeholder", "placeholder", False, True),
        ("check: pii, stage: input, action: redact, with: placeholder, restore: true", "placeholder", True, True),
        ("check: pii, action: redact, with: placeholder, restore: true", "placeholder", True, True),
    ],
)
def test_a_rule_says_how_it_hides_and_whether_that_comes_back(specs, rule, replacement, restore, needs_keys):
    policy = compile_policy(with_rule(rule), "p.yaml", specs)
    assert (policy.rules[1].replacement, policy.rules[1].restore) == (replacement, restore)
    assert policy.needs_placeholder_keys is needs_keys


CHAT = """
version: 1
policy: chats
checks: {pii: {}, prompt_shield: {}}
rules:
  - {id: attack, stage: input, check: prompt_shield, action: block}
  - {id: mail, stage: STAGE, check: pii, category: Email, action: redact}
chat: {start_model: with_checks, stream: {release: whole, window: 1000, overlap: 100, wait_ms: 250}}
"""


def test_a_chat_plan_is_compiled_as_written(specs):
    plan = _chat("output", specs)
    assert plan.start_model is StartModel.WITH_CHECKS
    assert plan.stream == StreamPlan(Release.WHOLE, 1000, 100, 0.25)


@pytest.mark.parametrize("stage", ["input", "[input, output]"])
def test_what_is_to_be_hidden_from_the_model_is_never_sent_to_it_beside_the_checks(stage, specs):
    assert _chat(stage, specs).start_model is StartModel.AFTER_CHECKS
    everywhere = compile_policy(CHAT.replace("stage: STAGE, ", ""), "p.yaml", specs)
    assert everywhere.chat.start_model is StartModel.AFTER_CHECKS


def _chat(stage, specs):
    return compile_policy(CHAT.replace("STAGE", stage), "p.yaml", specs).chat
