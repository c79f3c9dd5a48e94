"""An old turn that a rule blocks is left out, whole, where the policy says so; everything else blocks as ever."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seer import EXCHANGE, Seer, cache_of, guard_of, policy

from guardrails.chat.request import extract_request
from guardrails.domain.content import Inspection, Kind, Stage
from guardrails.domain.verdict import Action, Mode
from guardrails.pipeline.old_turns import judge_input, sendable
from guardrails.policy.policy import History, OldTurns

PLACES = frozenset({Kind.TEXT})
"""What a check that redacts reads: joined turns cannot be edited."""


def said(role, content, **more):
    return {"role": role, "content": content, **more}


def talk(*contents):
    return {"messages": [said("user" if place % 2 == 0 else "assistant", text) for place, text in enumerate(contents)]}


async def judged(body, check=None, guard=None, **changes):
    ruled = policy(**{"history": History.ALL, "old_turns": OldTurns.DROP, **changes})
    whole = Inspection(Stage.INPUT, "app", extract_request(body, ruled.trusted).segments)
    return await judge_input(guard or guard_of(check or Seer()), body, whole, ruled, EXCHANGE)


async def test_the_old_turn_goes_and_the_rest_travels_on():
    body = talk("bad", "fine", "two", "ok", "three")
    asked = await judged(body)
    assert (asked.verdict.action, asked.dropped.messages) == (Action.ALLOW, (0, 1))
    assert sendable(body, asked) == {"messages": body["messages"][2:]}
    assert len(body["messages"]) == 5


async def test_the_record_has_what_spoke_against_them():
    asked = await judged(talk("bad", "a@b", "two", "ok", "three"))
    gone = asked.dropped
    assert [(reason.rule, reason.pointer) for reason in gone.reasons] == [
        ("attack", "/messages/0/content"),
        ("attack", "/messages"),
    ]
    (report,) = gone.reports
    assert [finding.pointer for finding in report.findings] == [
        "/messages/0/content",
        "/messages/1/content",
        "/messages",
    ]
    assert [receipt.pointer for receipt in gone.coverage] == ["/messages/0/content", "/messages/1/content"]
    assert "/messages/0/content" not in {receipt.pointer for receipt in asked.coverage}


async def test_what_was_read_stays_read_and_only_the_turns_joined_anew_are_asked_about():
    check = Seer()
    asked = await judged(talk("bad", "fine", "two", "ok", "three"), check)
    assert check.asked == ["bad", "fine", "two", "ok", "three", "bad\ntwo\nthree", "two\nthree"]
    (report,) = asked.reports
    assert report.calls == 7


async def test_where_one_turn_is_left_there_is_nothing_to_ask_about():
    check = Seer()
    asked = await judged(talk("bad", "fine", "two"), check)
    assert (asked.verdict.action, len(check.asked)) == (Action.ALLOW, 4)


async def test_pointers_and_edits_are_those_of_the_body_as_it_was_sent():
    body = talk("bad", "fine", "to a@b", "ok", "and c@d")
    asked = await judged(body, reads=PLACES)
    assert asked.verdict.action is Action.REDACT
    assert {reason.pointer for reason in asked.verdict.reasons} == {"/messages/2/content", "/messages/4/content"}
    sent = sendable(body, asked)["messages"]
    assert [message["content"] for message in sent] == ["to a[Email]b", "ok", "and c[Email]d"]


@pytest.mark.parametrize(
    "body",
    [
        talk("one", "fine", "bad"),
        talk("bad", "fine", "bad"),
        {"messages": [said("system", "bad"), said("user", "one")]},
        {"messages": [said("user", "one"), said("system", "bad"), said("assistant", "x"), said("user", "two")]},
        {"messages": [*talk("bad", "x", "two")["messages"]], "documents": ["bad"]},
        {"messages": [said("user", "b"), said("assistant", "x"), said("user", "two")], "tools": [{"bad": "tool"}]},
    ],
    ids=["last turn", "both", "system", "system within", "document", "tool"],
)
async def test_what_else_is_blocked_blocks_all(body):
    asked = await judged(body)
    assert (asked.verdict.blocked, asked.dropped) == (True, None)


async def test_the_turns_that_are_left_may_attack_together():
    check = _Together()
    asked = await judged(talk("bad", "x", "first half", "y", "second half"), check)
    assert asked.verdict.blocked
    assert [reason.pointer for reason in asked.verdict.reasons] == ["/messages"]
    assert asked.dropped.messages == (0, 1)


async def test_turns_that_only_attack_together_are_not_left_out():
    asked = await judged(talk("first half", "y", "second half"), _Together())
    assert (asked.verdict.blocked, asked.dropped) == (True, None)


class _Together(Seer):
    """Sees an attack also where both halves of it meet."""

    async def inspect(self, inspection, options, deadline):
        seen = (
            replace(segment, text="bad") if "first half\nsecond half" in segment.text else segment
            for segment in inspection.segments
        )
        return await super().inspect(replace(inspection, segments=tuple(seen)), options, deadline)


async def test_a_failure_is_no_reason_to_leave_anything_out():
    asked = await judged(talk("bad", "broken", "two"))
    assert (asked.verdict.blocked, asked.dropped) == (True, None)


async def test_a_check_that_fails_on_the_rest_blocks_it():
    class Tired(Seer):
        async def inspect(self, inspection, options, deadline):
            if self.asked:
                raise TimeoutError
            return await super().inspect(inspection, options, deadline)

    asked = await judged(talk("bad", "x", "two", "y", "three"), Tired())
    assert asked.blocked_by_failure_only


@pytest.mark.parametrize("changes", [{"old_turns": OldTurns.BLOCK}, {"mode": Mode.MONITOR}])
async def test_nothing_is_left_out_unless_the_policy_says_so_and_enforces(changes):
    asked = await judged(talk("bad", "x", "two"), **changes)
    assert (asked.verdict.action, asked.dropped) == (Action.BLOCK, None)


async def test_the_bad_turn_of_yesterday_costs_no_call_today():
    check = Seer()
    guard = guard_of(check, cache_of())
    await judged(talk("bad", "x", "two"), guard=guard, history=History.NEW)
    check.asked.clear()
    asked = await judged(talk("bad", "x", "two", "y", "three"), guard=guard, history=History.NEW)
    assert asked.dropped.messages == (0, 1)
    assert check.asked == ["y", "three", "bad\ntwo\nthree", "two\nthree"]


async def test_a_call_goes_with_its_results():
    call = said(
        "assistant", None, tool_calls=[{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    )
    messages = [said("user", "one"), call, said("tool", "bad", tool_call_id="c"), said("user", "two")]
    body = {"messages": messages}
    asked = await judged(body)
    assert sendable(body, asked) == {"messages": messages[3:]}


_CONTENTS = st.sampled_from(["bad", "a@b", "clean", "other", "broken"])


@settings(max_examples=60, deadline=None)
@given(st.lists(_CONTENTS, min_size=1, max_size=7), st.booleans())
def test_what_is_sent_holds_nothing_that_a_rule_blocks(contents, remembers):
    body = talk(*contents)
    guard = guard_of(Seer(), cache_of() if remembers else None)
    asked = asyncio.run(judged(body, guard=guard, history=History.NEW, reads=PLACES))
    if asked.verdict.blocked:
        return
    sent = sendable(body, asked)["messages"]
    assert sent[-1]["content"] == contents[-1].replace("@", "[Email]")
    assert not any(word in message["content"] for message in sent for word in ("bad", "broken", "@"))
