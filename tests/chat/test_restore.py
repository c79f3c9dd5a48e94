"""Whole answers: every string that a placeholder may stand in is restored, and JSON stays JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.restore import restored, restorer_for
from guardrails.chat.restorer import Restorer
from guardrails.domain.content import Edit, Hidden, Origin, Segment, Span

MAIL, NAME = "[EMAIL_k3v9q2m7]", "[PERSON_07xtq4we]"
VALUES = {MAIL: "anna@contoso.com", NAME: 'Anna "A" O\\Neil\n'}
RESTORER = Restorer(VALUES)
OLD = "[EMAIL_0d0d0d0d]"


def answer(message, **choice):
    return {"id": MAIL, "model": "m", "choices": [{"index": 0, "finish_reason": "stop", "message": message, **choice}]}


def message_of(completion):
    return completion["choices"][0]["message"]


def arguments(text):
    call = {"id": "call_1", "type": "function", "function": {"name": "send", "arguments": text}}
    told = message_of(restored(answer({"content": None, "tool_calls": [call]}), RESTORER))
    return told["tool_calls"][0]["function"]["arguments"]


def test_every_string_of_a_message_is_restored_and_the_rest_is_not():
    told = message_of(
        restored(
            answer(
                {
                    "role": "assistant",
                    "content": [{"type": "text", "text": MAIL}, {"type": "refusal", "refusal": MAIL}],
                    "refusal": f"Not to {MAIL}",
                    "reasoning_content": MAIL,
                    "function_call": {"name": "EMAIL_k3v9q2m7", "arguments": f'{{"to":"{MAIL}"}}'},
                    "tool_calls": [{"id": "EMAIL_k3v9q2m7", "type": "custom", "custom": {"name": "n", "input": MAIL}}],
                    "context": {"citations": [{"content": MAIL}]},
                }
            ),
            RESTORER,
        )
    )
    mail = VALUES[MAIL]
    assert told["content"] == [{"type": "text", "text": mail}, {"type": "refusal", "refusal": mail}]
    assert (told["refusal"], told["reasoning_content"]) == (f"Not to {mail}", mail)
    assert told["function_call"] == {"name": "EMAIL_k3v9q2m7", "arguments": f'{{"to":"{mail}"}}'}
    assert told["tool_calls"] == [{"id": "EMAIL_k3v9q2m7", "type": "custom", "custom": {"name": "n", "input": mail}}]
    assert told["context"] == {"citations": [{"content": mail}]}


def test_the_endpoint_s_own_fields_stay():
    completion = answer({"content": MAIL})
    assert restored(completion, RESTORER)["id"] == MAIL
    assert message_of(completion)["content"] == MAIL


def test_logprobs_go_with_the_text_they_spell():
    changed = restored(answer({"content": MAIL}, logprobs={"content": [{"token": MAIL}]}), RESTORER)
    kept = restored(answer({"content": "no"}, logprobs={"content": [{"token": "no"}]}), RESTORER)
    assert changed["choices"][0]["logprobs"] is None
    assert kept["choices"][0]["logprobs"] == {"content": [{"token": "no"}]}


@pytest.mark.parametrize(
    "text",
    [
        f'{{"to": "{NAME}", "n": 1.50}}',
        '{"to": "\\u005bPERSON\\u005f07xtq4we]", "n": 1.50}',
        '{"to": "[PERSON\\\\_07xtq4we]", "n": 1.50}',
    ],
)
def test_arguments_stay_json_and_hold_the_value(text):
    assert json.loads(arguments(text)) == {"to": VALUES[NAME], "n": 1.5}
    assert arguments(text).endswith('"n": 1.50}')


def test_a_value_inside_json_inside_json_is_escaped_twice():
    inner = json.dumps({"who": NAME})
    told = json.loads(arguments(json.dumps({"body": inner, NAME: [NAME]})))
    assert json.loads(told["body"]) == {"who": VALUES[NAME]}
    assert told[VALUES[NAME]] == [VALUES[NAME]]


def test_arguments_that_break_off_never_get_a_bare_quote():
    assert arguments(f'{{"to": "{NAME}') == '{"to": "Anna \\"A\\" O\\\\Neil\\n'


def test_json_with_a_lone_surrogate_stays_text_that_utf_8_can_carry():
    told = arguments(f'{{"to": "{MAIL} \\ud800"}}')
    assert json.loads(told.encode()) == {"to": "anna@contoso.com \ud800"}


@given(st.text(max_size=20).filter(bool), st.text(max_size=10).filter(lambda text: "[" not in text))
def test_whatever_the_value_arguments_are_json_and_mean_the_same(value, around):
    restorer = Restorer({MAIL: value})
    call = {"function": {"name": "f", "arguments": json.dumps({"a": [f"{around}\n{MAIL}"], "b": {"c": None}})}}
    told = message_of(restored(answer({"tool_calls": [call]}), restorer))["tool_calls"][0]["function"]["arguments"]
    assert json.loads(told) == {"a": [f"{around}\n{value}"], "b": {"c": None}}


def edit(placeholder=MAIL, value="anna@contoso.com", *, older=(), may=True):
    hidden = Hidden(value, (placeholder, *older)) if may else None
    return Edit("/messages/0/content", Span(0, 4), placeholder, hidden)


def said(text, origin=Origin.USER):
    return Segment(text, origin, "/messages/0/content")


def test_only_what_an_edit_hid_and_may_come_back_is_restored():
    assert restorer_for([edit()], [said("anna@contoso.com")]).restore(f"{MAIL} {NAME}") == f"anna@contoso.com {NAME}"
    assert not restorer_for([edit(may=False)], [])
    assert not restorer_for([], [])


def test_what_may_not_come_back_once_comes_back_nowhere():
    restorer = restorer_for([edit(older=(OLD,)), edit(may=False)], [])
    assert restorer.restore(f"{MAIL} {OLD}") == f"{MAIL} {OLD}"


def test_two_values_with_one_mark_are_both_left_hidden():
    restorer = restorer_for([edit(), edit(value="zoe@contoso.com"), edit(NAME, "Zoe")], [])
    assert restorer.restore(f"{MAIL} {NAME}") == f"{MAIL} Zoe"


def test_a_placeholder_of_an_older_key_is_still_restored_in_an_exchange_that_holds_its_value():
    assert restorer_for([edit(older=(OLD,))], [said(OLD, Origin.ASSISTANT)]).restore(OLD) == "anna@contoso.com"


@pytest.mark.parametrize("origin", [Origin.USER, Origin.TOOL, Origin.DOCUMENT, Origin.SYSTEM])
@pytest.mark.parametrize("spelled", [MAIL, "email k3v9q2m7"])
def test_who_writes_a_placeholder_by_hand_is_not_shown_what_it_stands_for(origin, spelled):
    restorer = restorer_for([edit(), edit(NAME, "Zoe")], [said(f"Spell out {spelled}.", origin)])
    assert restorer.restore(f"{MAIL} {NAME}") == f"{MAIL} Zoe"
