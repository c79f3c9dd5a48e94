"""Recorded chats judged again: streams, answers that were not read, and old turns."""

import pytest
from lab_records import policy_of, record_of

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage, Unread
from guardrails.domain.dropped import Dropped
from guardrails.domain.finding import Finding
from guardrails.domain.forwarded import Ending, Streamed
from guardrails.lab.evidence import DROPPED, NO_SUM
from guardrails.lab.recorded import read_alike
from guardrails.lab.rejudge import MIGHT_DROP, OTHER_WINDOWS, REST_UNKNOWN
from guardrails.lab.replay import Judge, replay
from guardrails.pipeline.output import NO_RULE

TEXT = "Write to anna.smith@contoso.com today."
AT = "/choices/0/message/content"
DOOR = "/v1/chat/completions"


def blocks_from(measure, *, stage="output", **more):
    rule = {"id": "mail", "stage": stage, "check": "pii", "at_least": measure, "action": "block"}
    return policy_of({"checks": {"pii": {"categories": ["Email"]}}, "rules": [rule], **more})


def answer(policy, measure, *, status=CheckStatus.COMPLETED, **changes):
    start = TEXT.index("anna")
    found = (Finding("Email", measure, AT, Span(start, start + 22)),)
    inspection = Inspection(Stage.OUTPUT, "orders", (Segment(TEXT, Origin.ASSISTANT, AT),))
    return record_of(policy, inspection, (CheckReport("pii", status, found),), door=DOOR, **changes)


def stream(ending=Ending.DONE, *, adds_up=True):
    return Streamed(2, 30, 8, ending, adds_up=adds_up)


def effect_on(file, policy):
    return replay(read_alike([file]), Judge({policy.ref.name: policy}, SPECS))


def test_a_stream_is_judged_again_as_the_whole_of_its_windows(write):
    file = write([answer(blocks_from(0.9), 0.8, streamed=stream())])
    assert effect_on(file, blocks_from(0.7)).newly_blocked.count == 1
    assert effect_on(file, blocks_from(0.85)).unchanged.count == 1


def test_a_stream_that_was_cut_is_never_newly_allowed(write):
    file = write([answer(blocks_from(0.7), 0.8, streamed=stream(Ending.CUT))])
    assert effect_on(file, blocks_from(0.75)).unchanged.count == 1
    effect = effect_on(file, blocks_from(0.9))
    assert (effect.replayed.count, set(effect.not_replayed)) == (0, {f"chat: {REST_UNKNOWN}"})


def test_a_stream_whose_windows_do_not_add_up_is_a_gap(write):
    effect = effect_on(write([answer(blocks_from(0.7), 0.8, streamed=stream(adds_up=False))]), blocks_from(0.7))
    assert (effect.replayed.count, set(effect.not_replayed)) == (0, {NO_SUM})


def test_other_windows_would_have_seen_other_things(write):
    file = write([answer(blocks_from(0.7), 0.8, streamed=stream()), answer(blocks_from(0.7), 0.8, number=1)])
    effect = effect_on(file, blocks_from(0.7, chat={"stream": {"window": 2000}}))
    assert (effect.replayed.count, set(effect.not_replayed)) == (1, {f"chat: {OTHER_WINDOWS}"})


def test_an_answer_that_nobody_read_is_not_taken_for_a_clean_one(write):
    then = blocks_from(0.7, stage="input")
    unread = (Unread(AT, len(TEXT), NO_RULE, Origin.ASSISTANT),)
    inspection = Inspection(Stage.OUTPUT, "orders", (), unread=unread)
    made = record_of(then, inspection, (CheckReport("pii", CheckStatus.SKIPPED),), door=DOOR)
    effect = effect_on(write([made]), blocks_from(0.7))
    assert (effect.replayed.count, set(effect.not_replayed)) == (0, {f"chat: left out then: {NO_RULE}"})
    assert effect_on(write([made]), then).unchanged.count == 1


@pytest.mark.parametrize("door", [DOOR, "/check", "/gateways/portkey", "/v1/moderations"])
def test_answers_are_no_longer_read_where_no_rule_is_about_them(write, door):
    made = answer(blocks_from(0.7), 0.8, status=CheckStatus.FAILED) | {"door": door}
    effect = effect_on(write([made]), blocks_from(0.7, stage="input"))
    assert dict(effect.matrix["block"]) == {"allow" if door == DOOR else "block": 1}


def old_turn(policy, measure, **changes):
    at, start = "/messages/0/content", TEXT.index("anna")
    segments = (Segment(TEXT, Origin.USER, at, old=True), Segment("Hello", Origin.USER, "/messages/2/content"))
    found = (Finding("Email", measure, at, Span(start, start + 22)),)
    report = CheckReport("pii", CheckStatus.COMPLETED, found)
    return record_of(policy, Inspection(Stage.INPUT, "orders", segments), (report,), door=DOOR, **changes)


def test_whether_an_old_turn_would_be_dropped_is_not_guessed(write):
    then = blocks_from(0.7, stage="input")
    dropping = blocks_from(0.7, stage="input", chat={"old_turns": "drop"})
    effect = effect_on(write([old_turn(then, 0.8)]), dropping)
    assert (effect.replayed.count, set(effect.not_replayed)) == (0, {f"chat: {MIGHT_DROP}"})
    # Its own record of a block says that nothing could be dropped.
    assert effect_on(write([old_turn(dropping, 0.8)]), dropping).unchanged.count == 1


@pytest.mark.parametrize("door", ["/check", "/gateways/portkey", "/v1/moderations"])
def test_where_nothing_is_ever_dropped_nothing_might_have_been(write, door):
    dropping = blocks_from(0.7, stage="input", chat={"old_turns": "drop"})
    made = old_turn(blocks_from(0.7, stage="input"), 0.8) | {"door": door}
    assert effect_on(write([made]), dropping).unchanged.count == 1


def test_a_conversation_of_which_something_was_dropped_is_a_gap(write):
    policy = blocks_from(0.9, stage="input", chat={"old_turns": "drop"})
    effect = effect_on(write([old_turn(policy, 0.8, dropped=Dropped((0,), (), (), ()))]), policy)
    assert (effect.replayed.count, set(effect.not_replayed)) == (0, {DROPPED})
