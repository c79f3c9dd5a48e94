"""What is no text is read by a check, or the policy says what becomes of it: nothing of it passes silently."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import MEDIA, Inspection, Kind, Origin, Segment, Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.policy.compile import compile_policy
from guardrails.policy.coverage import coverage
from guardrails.policy.decide import decide
from guardrails.policy.policy import CheckPlan, Policy
from guardrails.policy.select import why_not
from guardrails.policy.single import only

READER = CheckPlan("content_safety", frozenset({Origin.USER}), Action.BLOCK, None, frozenset({Kind.TEXT, Kind.IMAGE}))
PII = CheckPlan("pii", frozenset(Origin), Action.BLOCK, None)
IMAGE = Segment("aGk=", Origin.USER, "/messages/0/content/0/image_url/url", editable=False, kind=Kind.IMAGE)
AUDIO = replace(IMAGE, pointer="/messages/0/content/1", kind=Kind.AUDIO)


def policy(*plans, media=None, banned=(), mode=Mode.ENFORCE):
    made = Policy(PolicyRef("p", "sha256:0"), "", mode, 1.0, {plan.name: plan for plan in plans}, (), "Stopped.")
    return replace(made, banned=frozenset(banned), **({} if media is None else {"media": media}))


def judged(made, *segments, status=CheckStatus.COMPLETED):
    reports = [CheckReport(name, status) for name in made.checks]
    return decide(made, Inspection(Stage.INPUT, "app", segments), reports)


def told(verdict):
    return [(reason.rule, reason.action, reason.pointer) for reason in verdict.reasons]


def compiled(media="", checks="content_safety: {}, pii: {}"):
    text = f"version: 1\npolicy: p\nchecks: {{{checks}}}\nrules: [{{id: a, check: pii, action: flag}}]\n{media}"
    return compile_policy(text, "p.yaml", SPECS)


def test_an_image_that_a_check_reads_has_no_reason_and_one_that_none_reads_blocks():
    assert told(judged(policy(READER, PII), IMAGE)) == []
    blocked = judged(policy(PII), IMAGE)
    assert told(blocked) == [("media.image", Action.BLOCK, IMAGE.pointer)]
    assert blocked.blocked
    assert (blocked.reasons[0].check, blocked.reasons[0].category) == ("media", "image")


def test_an_image_from_an_origin_that_is_not_scanned_is_read_by_none():
    assert told(judged(policy(READER), replace(IMAGE, origin=Origin.TOOL))) == [
        ("media.image", Action.BLOCK, IMAGE.pointer)
    ]


@pytest.mark.parametrize("kind", sorted(MEDIA - {Kind.IMAGE}))
def test_every_other_kind_asks_for_the_policys_action(kind):
    segment = replace(AUDIO, kind=kind)
    for action in (Action.BLOCK, Action.FLAG):
        assert told(judged(policy(READER, PII, media={kind: action}), segment)) == [
            (f"media.{kind}", action, AUDIO.pointer)
        ]
    assert told(judged(policy(READER, PII, media={kind: Action.ALLOW}), segment)) == []


def test_a_kind_the_policy_is_silent_about_blocks():
    assert judged(policy(PII, media={}), AUDIO).blocked


def test_a_monitoring_policy_says_what_it_would_do():
    verdict = judged(policy(PII, mode=Mode.MONITOR), AUDIO)
    assert (verdict.action, verdict.blocked) == (Action.BLOCK, False)


def test_a_check_that_failed_on_an_image_is_a_failure_and_no_unread_image():
    failed = CheckReport("content_safety", CheckStatus.FAILED, reason=FailureReason.DEADLINE)
    made = policy(replace(READER, on_failure=Action.FLAG))
    verdict = decide(made, Inspection(Stage.INPUT, "app", (IMAGE,)), [failed])
    assert (told(verdict), verdict.degraded) == ([("on_failure", Action.FLAG, None)], True)


def test_an_earlier_turn_is_left_out_with_its_images_and_nothing_else_of_it():
    made = policy(replace(READER, skips_old=True), replace(PII, skips_old=True))
    assert told(judged(made, replace(IMAGE, old=True))) == []
    assert judged(made, replace(AUDIO, old=True)).blocked
    assert judged(made, replace(IMAGE, old=True, origin=Origin.TOOL)).blocked


@pytest.mark.parametrize(
    ("word", "read", "unread"),
    [
        ("check", Action.ALLOW, Action.BLOCK),
        ("flag", Action.ALLOW, Action.FLAG),
        ("allow", Action.ALLOW, Action.ALLOW),
        ("block", Action.BLOCK, Action.BLOCK),
    ],
)
def test_each_word_for_images_says_what_becomes_of_a_read_and_of_an_unread_one(word, read, unread):
    for media in (f"media: {{image: {word}}}", "" if word == "check" else f"media:\n  image: {word}"):
        assert judged(compiled(media or "media: {}"), IMAGE).action is (read if media else Action.ALLOW)
        assert judged(compiled(f"media: {{image: {word}}}", "pii: {}"), IMAGE).action is unread


def test_absent_images_are_checked_and_all_else_is_blocked():
    made = compiled()
    assert made.media == dict.fromkeys(MEDIA, Action.BLOCK)
    assert made.banned == frozenset()
    assert compiled("media: {audio: flag}").media[Kind.AUDIO] is Action.FLAG


@pytest.mark.parametrize(
    ("media", "sentence"),
    [
        ("media: {image: chek}", "p.yaml:5:16: media.image: must be 'check', 'flag', 'allow' or 'block'"),
        ("media: {audio: check}", "media.audio: must be 'flag', 'allow' or 'block'"),
        ("media: {video: block}", "media.video: unknown key"),
        ("media: {imge: block}", "did you mean 'image'?"),
        ("media: block", "media: must be a mapping"),
    ],
)
def test_a_wrong_word_is_told_in_its_place(media, sentence):
    with pytest.raises(ConfigurationError) as caught:
        compiled(media)
    assert sentence in caught.value.problems[0]


def test_no_rule_may_have_the_name_of_one_of_media():
    text = "version: 1\npolicy: p\nchecks: {pii: {}}\nrules: [{id: media.image, check: pii, action: flag}]\n"
    with pytest.raises(ConfigurationError, match=r"begin with 'media\.'"):
        compile_policy(text, "p.yaml", SPECS)


SINGLE = {
    # policy's checks -> door -> whether an image, and whether audio, is stopped there
    "content_safety: {}, pii: {}": {
        "pii": (False, True),
        "content_safety": (False, True),
        "prompt_shield": (False, True),
    },
    "pii: {}": {"pii": (True, True), "content_safety": (False, True), "prompt_shield": (True, True)},
    "content_safety: {scan: [tool]}, pii: {}": {"pii": (False, True), "content_safety": (True, True)},
}


@pytest.mark.parametrize("checks", SINGLE)
def test_a_single_door_leaves_images_to_the_check_that_reads_them(checks):
    whole = compiled(checks=checks)
    for door, expected in SINGLE[checks].items():
        narrowed = only(whole, SPECS[door])
        assert (judged(narrowed, IMAGE).blocked, judged(narrowed, AUDIO).blocked) == expected, door


def test_what_a_policy_bans_is_stopped_at_every_door():
    whole = compiled("media: {image: block}")
    assert all(judged(only(whole, spec), IMAGE).blocked for spec in SPECS.values())


kinds = st.sampled_from(sorted(MEDIA))
segments = st.builds(
    lambda kind, origin, number, old: Segment("x", origin, f"/{number}", editable=False, kind=kind, old=old),
    kinds, st.sampled_from(Origin), st.integers(0, 9), st.booleans(),
)  # fmt: skip
plans = st.builds(
    lambda name, scan, reads, skips: CheckPlan(name, scan, Action.BLOCK, None, reads | {Kind.TEXT}, skips_old=skips),
    st.sampled_from(["pii", "content_safety"]),
    st.frozensets(st.sampled_from(Origin)),
    st.frozensets(st.sampled_from([Kind.IMAGE])),
    st.booleans(),
)
policies = st.builds(
    policy,
    plans,
    plans,
    media=st.dictionaries(kinds, st.sampled_from([Action.ALLOW, Action.FLAG, Action.BLOCK])),
    banned=st.frozensets(st.just(Kind.IMAGE)),
    mode=st.sampled_from(Mode),
)


@given(policies, st.lists(segments, max_size=6, unique_by=lambda one: one.pointer))
def test_nothing_that_is_no_text_passes_silently(made, shown):
    verdict = judged(made, *shown)
    reasons = {reason.pointer: reason for reason in verdict.reasons if reason.check == "media"}
    for segment in shown:
        read = [why_not(plan, segment, Stage.INPUT) for plan in made.checks.values()]
        said = made.media.get(segment.kind, Action.BLOCK)
        if segment.pointer in reasons:
            assert (reasons[segment.pointer].action, reasons[segment.pointer].category) == (said, segment.kind)
        else:
            assert None in read or "earlier turn" in read or said is Action.ALLOW
        if segment.kind in made.banned:
            assert (segment.pointer in reasons) is (said > Action.ALLOW)
    receipts = coverage(made, Inspection(Stage.INPUT, "app", tuple(shown)), [])
    assert [(one.pointer, one.kind) for one in receipts] == [(one.pointer, one.kind) for one in shown]


@given(policies, st.lists(segments, max_size=4, unique_by=lambda one: one.pointer))
def test_the_doors_of_single_checks_together_stop_what_the_policy_stops(made, shown):
    doors = [SPECS[name] for name in made.checks]
    stopped = {one.pointer for one in judged(made, *shown).reasons if one.check == "media"}
    at_doors = set()
    for spec in doors:
        at_doors |= {one.pointer for one in judged(only(made, spec), *shown).reasons if one.check == "media"}
    assert at_doors >= stopped


def test_media_and_findings_are_reasons_side_by_side():
    made = compiled("media: {audio: flag}", "pii: {}")
    inspection = Inspection(Stage.INPUT, "app", (Segment("a@b.cd", Origin.USER, "/text"), AUDIO))
    verdict = decide(made, inspection, [CheckReport("pii", CheckStatus.COMPLETED, (Finding("Email", 1.0, "/text"),))])
    assert {reason.rule for reason in verdict.reasons} == {"a", "media.audio"}
