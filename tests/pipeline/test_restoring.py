"""What of an answer the caller gets: judged first, then its own values put back, and nothing that a rule hid in it."""

import pytest

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.pipeline.assessment import Assessment
from guardrails.pipeline.guarded_chat import _carried_out
from guardrails.policy.decide import decide
from guardrails.policy.placeholders import PlaceholderKeys
from guardrails.policy.policy import CheckPlan, Policy, Rule

MAIL = "anna@contoso.com"
OLD, NEW = b"o" * 32, b"n" * 32


def placeholder(key):
    return PlaceholderKeys((key,)).hidden("app", "Email", MAIL).placeholders[0]


def policy(*stages):
    hides = Rule("mail", frozenset(stages), "pii", None, None, Action.REDACT, "placeholder", restore=True)
    stops = Rule("stop", frozenset({Stage.OUTPUT}), "pii", frozenset({"Stop"}), None, Action.BLOCK, None)
    plans = {"pii": CheckPlan("pii", frozenset(Origin), Action.BLOCK, None)}
    return Policy(PolicyRef("p", "sha256:0"), "", Mode.ENFORCE, 1.0, plans, (hides, stops), "Stopped.")


def assessed(policy, stage, segments, keys, category="Email", part=MAIL):
    found = tuple(
        Finding(category, 1, segment.pointer, Span(segment.text.index(part), segment.text.index(part) + len(part)))
        for segment in segments
        if part in segment.text
    )
    inspection = Inspection(stage, "app", tuple(segments))
    reports = (CheckReport("pii", CheckStatus.COMPLETED, found),)
    return Assessment("chk_1", inspection, decide(policy, inspection, reports, keys), reports, ())


def answer(*texts, keys, asked=f"I am {MAIL}", history="Hello!", stages=(Stage.INPUT,), **found):
    segments = [
        Segment(asked, Origin.USER, "/messages/0/content"),
        Segment(history, Origin.ASSISTANT, "/messages/1/content"),
    ]
    came = [Segment(text, Origin.ASSISTANT, f"/choices/{n}/message/content") for n, text in enumerate(texts)]
    body = {"choices": [{"index": n, "message": {"content": text}} for n, text in enumerate(texts)]}
    told = _carried_out(
        body,
        assessed(policy(*stages), Stage.INPUT, segments, keys),
        assessed(policy(*stages), Stage.OUTPUT, came, keys, **found),
        "Stopped.",
    )
    return [choice["message"]["content"] for choice in told["choices"]]


@pytest.mark.parametrize("history", ["Hello!", f"You are {placeholder(OLD)}"])
def test_after_a_rotation_the_placeholders_of_both_keys_come_back(history):
    keys = PlaceholderKeys((NEW, OLD))
    assert answer(f"{placeholder(NEW)} {placeholder(OLD)}", keys=keys, history=history) == [f"{MAIL} {MAIL}"]


def test_a_key_that_is_gone_restores_nothing():
    assert answer(placeholder(OLD), keys=PlaceholderKeys((NEW,))) == [placeholder(OLD)]


def test_what_a_rule_hid_in_the_answer_stays_hidden_also_where_the_caller_sent_the_same():
    keys = PlaceholderKeys((NEW,))
    told = answer(f"It is {MAIL}", keys=keys, stages=tuple(Stage))
    assert told == [f"It is {placeholder(NEW)}"]


def test_a_withheld_choice_gives_nothing_back_and_the_others_do():
    keys = PlaceholderKeys((NEW,))
    told = answer(f"bad {placeholder(NEW)}", placeholder(NEW), keys=keys, category="Stop", part="bad")
    assert told == [None, MAIL]


def test_an_answer_without_placeholders_is_the_model_s_own():
    assert answer("Hello!", keys=PlaceholderKeys((NEW,))) == ["Hello!"]
    assert answer("Hello!", keys=None) == ["Hello!"]
