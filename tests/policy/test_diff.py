"""Two policies side by side, in a reviewer's words."""

import json
from dataclasses import replace

import pytest
from lab_records import policy_of

from guardrails.checks.catalogue import SPECS
from guardrails.domain.content import Kind
from guardrails.domain.verdict import Action
from guardrails.policy.bundle import load_policies
from guardrails.policy.diff import Direction, diff, diff_all
from guardrails.policy.policy import ChatPlan, History, OldTurns, StreamPlan

HARM = {"id": "harm", "check": "content_safety", "category": ["Hate", "Violence"], "at_least": 4, "action": "block"}
NOTED = {"id": "noted", "check": "content_safety", "at_least": 2, "action": "flag"}
MAIL = {"id": "mail", "check": "pii", "category": "Email", "at_least": 0.7, "action": "redact"}
BASE = {"checks": {"content_safety": {}, "pii": {"categories": ["Email"]}}, "rules": [HARM, NOTED, MAIL]}


def with_rules(*rules):
    return policy_of({**BASE, "rules": list(rules)})


def words(old, new):
    return [(str(one), one.direction.value) for one in diff(old, new)]


def test_nothing_differs_from_itself():
    assert diff(policy_of(BASE), policy_of(BASE)) == []


def test_a_threshold_is_told_with_what_it_was():
    assert words(policy_of(BASE), with_rules({**HARM, "at_least": 2}, NOTED, MAIL)) == [
        ("content_safety Hate, Violence: block from 4, now from 2", "stricter")
    ]
    assert words(with_rules({**HARM, "at_least": 2}, NOTED, MAIL), policy_of(BASE)) == [
        ("content_safety Hate, Violence: block from 2, now from 4; flag from 2 (new)", "weaker")
    ]


def test_a_rule_that_is_gone_is_told_by_what_it_no_longer_asks_for():
    assert words(policy_of(BASE), with_rules(NOTED, MAIL)) == [
        ("content_safety Hate, Violence: block from 4, now not at all", "weaker"),
        ("rule names: harm gone (records and alerts quote them)", "other"),
    ]


def test_the_same_in_other_lines_differs_in_names_only():
    split = [{**HARM, "id": f"harm-{one}", "category": one} for one in ("Hate", "Violence")]
    (only,) = diff(policy_of(BASE), with_rules(NOTED, *split, MAIL))
    assert str(only) == "rule names: harm gone; harm-Hate, harm-Violence new (records and alerts quote them)"


def test_a_rule_for_one_stage_is_told_with_it():
    assert words(policy_of(BASE), with_rules({**HARM, "stage": "input"}, NOTED, MAIL)) == [
        ("content_safety Hate, Violence: block from 4, now not at all at output", "weaker")
    ]


def test_a_way_to_redact_is_told():
    assert words(policy_of(BASE), with_rules(HARM, NOTED, {**MAIL, "with": "mask"})) == [
        ("pii Email: redact from 0.7 with label, now with mask", "other")
    ]


def test_more_here_and_less_there_is_both():
    flag_all = {**NOTED, "at_least": 1}
    less = {**HARM, "at_least": 6}
    (one, two) = diff(policy_of(BASE), with_rules(less, flag_all, MAIL))
    assert (str(one), one.direction) == (
        "content_safety Hate, Violence: block from 4, now from 6; flag from 2, now from 1",
        Direction.MIXED,
    )
    assert (str(two), two.direction) == ("content_safety everything else: flag from 2, now from 1", Direction.STRICTER)


@pytest.mark.parametrize(
    ("change", "told", "direction"),
    [
        ({"mode": "monitor"}, "mode: enforce, now monitor", "weaker"),
        ({"deadline_ms": 1000}, "deadline: 2500 ms, now 1000 ms", "other"),
        ({"description": "new"}, "description: other words", "other"),
        ({"gateways": {"on_outage": "report"}}, "gateways on outage: verdict, now report", "weaker"),
        ({"chat": {"refusal": "No."}}, "refusal: 'This request was stopped by company policy.', now 'No.'", "other"),
    ],
)
def test_what_stands_beside_the_rules_is_told(change, told, direction):
    assert words(policy_of(BASE), policy_of({**BASE, **change})) == [(told, direction)]


@pytest.mark.parametrize(
    ("section", "told", "direction"),
    [
        ({"on_failure": "flag"}, "pii on failure: block, now flag", "weaker"),
        ({"scan": ["user", "tool"]}, "pii reads: no longer assistant, document, system", "weaker"),
        ({"categories": ["Email", "Person"]}, "pii categories: now also Person", "stricter"),
        ({"language": "auto"}, "pii language: en, now auto", "other"),
        ({"ignore": ["a@b.c"]}, "pii ignore: other values", "other"),
        ({"disable_entity_validation": True}, "pii disable_entity_validation: no, now yes", "other"),
        ({"model_version": "2025-01-01"}, "pii model_version: the default, now 2025-01-01", "other"),
    ],
)
def test_what_a_check_is_asked_is_told(section, told, direction):
    checks = {**BASE["checks"], "pii": {"categories": ["Email"], **section}}
    assert words(policy_of(BASE), policy_of({**BASE, "checks": checks})) == [(told, direction)]


def test_a_check_more_or_less_is_told():
    more = {**BASE, "checks": {**BASE["checks"], "prompt_shield": {}}}
    assert words(policy_of(BASE), policy_of(more)) == [("prompt_shield: is run as well", "stricter")]
    assert words(policy_of(more), policy_of(BASE)) == [("prompt_shield: is no longer run", "weaker")]


def test_history_media_chat_and_trusted_texts_are_told():
    old = policy_of(BASE)
    new = replace(
        old,
        history=History.LAST_TURN,
        media={**old.media, Kind.AUDIO: Action.ALLOW},
        chat=ChatPlan(stream=StreamPlan(window=400), old_turns=OldTurns.DROP),
        trusted=frozenset({"0" * 64}),
    )
    assert words(old, new) == [
        ("history: all, now last_turn", "weaker"),
        ("media audio: block, now allow", "weaker"),
        ("stream window: 800, now 400", "other"),
        ("old turns: block, now drop", "weaker"),
        ("trusted texts: 1 more", "weaker"),
    ]
    assert [one.direction.value for one in diff(new, old)] == ["stricter", "stricter", "other", "stricter", "stricter"]


def test_folders_are_compared_by_name_and_two_files_whatever_their_names(tmp_path):
    for folder, names in (("old", "ab"), ("new", "bc")):
        (tmp_path / folder).mkdir()
        for name in names:
            text = json.dumps({"version": 1, "policy": name, **BASE})
            (tmp_path / folder / f"{name}.yaml").write_text(text)
    old, new = (load_policies(tmp_path / folder, SPECS).policies for folder in ("old", "new"))
    assert [(one.policy, one.fate) for one in diff_all(old, new)] == [("a", "removed"), ("b", "same"), ("c", "added")]
    first, second = (load_policies(tmp_path / file, SPECS).policies for file in ("old/a.yaml", "new/c.yaml"))
    (pair,) = diff_all(first, second)
    assert [str(one) for one in pair.differences] == ["name: a, now c"]


@pytest.mark.parametrize(
    ("before", "after", "direction"), [("check", "block", "stricter"), ("block", "check", "weaker")]
)
def test_an_image_that_is_banned_is_told_from_one_that_is_checked(before, after, direction):
    old, new = (policy_of({**BASE, "media": {"image": word}}) for word in (before, after))
    ((told, way),) = words(old, new)
    assert told.startswith("media image: block ")
    assert "where a check reads it" in told
    assert way == direction
