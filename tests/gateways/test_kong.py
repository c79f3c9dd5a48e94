"""What is special about Kong: flat fields on both sides, made by templates, and no documented way back for a text."""

import json
import re
from pathlib import Path

import pytest
import yaml
from gateway_calls import PEER_OF, decision_of, goldens, outcomes, play_of, played
from hypothesis import given, settings
from hypothesis import strategies as st
from planting import leaves_of, with_text
from running import STRICT_KEY

from guardrails.domain.content import Origin, Stage
from guardrails.domain.errors import InvalidRequest
from guardrails.gateways.adapter import Call
from guardrails.gateways.kong.adapter import Kong
from guardrails.gateways.peer import Answer, Outcome, Play
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, HARM, MAIL

DOOR = "/gateways/kong"
NUMBER = "4111 1111 1111 1111"
PASS, BLOCK, MUTATE = Outcome.PASS, Outcome.BLOCK, Outcome.MUTATE
FIELDS = {
    "blocked": bool,
    "message": str,
    "block_message": str,
    "text": str,
    "masked": bool,
    "verdict": str,
    "degraded": bool,
    "id": str,
}


async def made_of(service, body, **options):
    """The answer, and what Kong makes of it."""
    play = Play("own", "", DOOR, body, PASS)
    answer = await played(service, play, **options)
    [outcome] = outcomes("kong", play, answer)
    return answer, outcome


def assert_flat(body):
    assert {name: type(value) for name, value in body.items()} == FIELDS
    if body["blocked"]:
        assert (body["text"], body["masked"]) == ("", False)
        assert body["message"]
        assert body["block_message"]


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: f"{golden.gateway}-{golden.name}")
def test_each_recorded_answer_has_every_field_and_a_block_no_text(golden):
    if golden.gateway == "kong":
        assert_flat(golden.answer["body"])


@pytest.mark.parametrize("body", [b"", b"[]", b'{"source": 1}', b'{"text": "\xff"}'], ids=repr)
async def test_a_body_that_cannot_be_read_is_answered_with_every_field(gateway_service, body):
    answer, outcome = await made_of(gateway_service, body)
    assert outcome is BLOCK
    assert_flat(answer.body)


@pytest.mark.parametrize(
    ("said", "stage"),
    [
        ({"source": "INPUT"}, Stage.INPUT),
        ({"source": "OUTPUT"}, Stage.OUTPUT),
        ({"direction": "output"}, Stage.OUTPUT),
        ({"stage": " Output "}, Stage.OUTPUT),
        ({"source": None, "stage": "output"}, Stage.OUTPUT),
        ({"source": "OUTPUT", "direction": "output"}, Stage.OUTPUT),
        ({}, Stage.INPUT),
        ({"source": None}, Stage.INPUT),
    ],
    ids=str,
)
def test_the_direction_has_three_names_and_any_case(said, stage):
    asked = Kong().parse(Call(body={"text": CLEAN, **said}))
    assert asked.stage is stage
    origin = Origin.USER if stage is Stage.INPUT else Origin.ASSISTANT
    assert [segment.origin for segment in asked.read(frozenset()).segments] == [origin]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"source": "BOTH"}, "source"),
        ({"source": ""}, "source"),
        ({"direction": True}, "direction"),
        ({"stage": ["input"]}, "stage"),
        ({"source": "INPUT", "stage": "output"}, "stage"),
        ({"masking": "yes"}, "masking"),
        ({"masking": 1}, "masking"),
        ({"policy": ["default"]}, "policy"),
    ],
    ids=str,
)
async def test_a_choice_that_is_none_is_an_explicit_block_that_names_the_field(gateway_service, said, field):
    answer, outcome = await made_of(gateway_service, {"text": CLEAN, **said})
    assert outcome is BLOCK
    assert answer.body["message"].startswith(f"{field}: ")
    assert_flat(answer.body)


@pytest.mark.parametrize(
    ("said", "query", "expected"),
    [
        ({}, {}, BLOCK),
        ({"masking": False}, {}, BLOCK),
        ({"masking": "false"}, {}, BLOCK),
        ({"masking": None}, {}, BLOCK),
        ({"masking": True}, {}, MUTATE),
        ({"masking": "True"}, {}, MUTATE),
        ({}, {"masking": "true"}, MUTATE),
        ({"masking": True}, {"masking": "false"}, BLOCK),
        ({"masking": False}, {"masking": "true"}, MUTATE),
    ],
    ids=str,
)
async def test_a_text_is_changed_only_where_the_operator_says_that_he_takes_it(gateway_service, said, query, expected):
    answer, outcome = await made_of(gateway_service, {"text": MAIL, **said}, query=query)
    assert outcome is expected
    assert answer.body["text"] == ("Write to [Email] about the invoice." if expected is MUTATE else "")


async def test_a_wrong_word_in_the_url_is_named(gateway_service):
    answer, outcome = await made_of(gateway_service, {"text": CLEAN}, query={"masking": "on"})
    assert outcome is BLOCK
    assert answer.body["message"] == "query masking: must be true or false"


async def test_a_clean_text_comes_back_as_it_was(gateway_service):
    for text in (CLEAN, "", " \n", '{"a": "\\u0041"}'):
        answer, outcome = await made_of(gateway_service, {"text": text, "masking": "true"})
        assert outcome is PASS
        assert (answer.body["text"], answer.body["masked"]) == (text, False)


async def test_a_user_may_be_told_less_than_the_operator(gateway_service):
    answer, _ = await made_of(gateway_service, {"text": ATTACK})
    assert "UserPromptAttack" in answer.body["message"]
    assert "UserPromptAttack" not in answer.body["block_message"]
    for field in ("message", "block_message"):
        assert "This request was stopped by company policy." in answer.body[field]
        assert answer.body["id"] in answer.body[field]


async def test_both_texts_are_read_where_both_are_there(gateway_service):
    for body in (
        {"text": CLEAN, "content": ATTACK},
        {"text": ATTACK, "content": CLEAN},
        {"text": None, "content": ATTACK},
    ):
        _, outcome = await made_of(gateway_service, body)
        assert outcome is BLOCK, body


async def test_what_stands_beside_the_text_is_read_and_never_changed(gateway_service):
    answer, outcome = await made_of(gateway_service, {"text": CLEAN, "note": MAIL, "masking": "true"})
    assert outcome is BLOCK
    assert "note" in answer.body["message"]


async def test_flat_fields_say_who_asks(gateway_service):
    body = {"text": CLEAN, "user": "ann", "team": "sales", "model": "gpt-4o", "request_id": "req-7"}
    await made_of(gateway_service, body)
    record = await decision_of(gateway_service)
    subject = record["subject"]
    assert (subject["model"], subject["request_id"]) == ("gpt-4o", "req-7")
    assert {subject[name].partition(":")[0] for name in ("user", "team")} == {"hmac-sha256"}
    assert [len(one["checks"]) for one in record["coverage"]] == [3, 0, 0, 0, 0], "a receipt for each of them"


async def test_the_policy_field_chooses_within_the_callers_list(gateway_service):
    answer, outcome = await made_of(gateway_service, {"text": ATTACK, "policy": "watching"})
    assert outcome is PASS
    assert answer.headers["x-guardrails-policy"].startswith("watching@")
    other = await gateway_service.post(DOOR, {"text": CLEAN, "policy": "default"}, key=STRICT_KEY)
    assert other.status == 404


LABELS = {"user", "team", "model", "request_id"}
"""Members that say who asks: the operator's template writes them, and no model sees them."""
OPERATORS = {"policy", "source", "masking"}
"""Choices: another word in them is an error or a block, which names the field."""
MAXIMAL = {
    "text": "Hello",
    "content": "Hi",
    "source": "INPUT",
    "policy": "default",
    "masking": "true",
    "user": "ann",
    "team": "sales",
    "model": "gpt-4o",
    "request_id": "req-7",
    "metadata": {"notes": ["a", {"b": "c"}]},
    "more": "d",
}
UNKNOWN = {"messages": [{"role": "user", "content": "Hello"}], "user": "ann", "model": "gpt-4o", "more": {"a": ["b"]}}


@pytest.mark.parametrize("text", [CARD, ATTACK, HARM], ids=["card", "attack", "harm"])
@pytest.mark.parametrize("body", [MAXIMAL, UNKNOWN], ids=["known", "unknown"])
async def test_no_string_of_a_body_is_left_unread(gateway_service, body, text):
    for path in leaves_of(body):
        if body is MAXIMAL and path[0] in LABELS | OPERATORS:
            continue
        answer, outcome = await made_of(gateway_service, with_text(body, path, text))
        assert outcome is not PASS, path
        assert NUMBER not in json.dumps(answer.body), path


async def test_labels_that_are_no_plain_strings_are_read(gateway_service):
    for name in LABELS:
        _, outcome = await made_of(gateway_service, {"text": CLEAN, name: [HARM]})
        assert outcome is BLOCK, name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from((*MAXIMAL, "direction", "stage", "x", "a b"))


@given(body=st.dictionaries(NAMES, JSON, max_size=5))
@settings(max_examples=300)
def test_any_shape_is_read_or_refused(body):
    try:
        asked = Kong().parse(Call(body=body))
        read = asked.read(frozenset())
    except InvalidRequest:
        return
    assert len(read.segments) + len(read.unread) > 0 or not list(leaves_of(body))
    assert asked.editable <= isinstance(asked.content.get("text"), str)


READINGS = [
    ({"blocked": False}, PASS),
    ({}, PASS),
    ({"blocked": None}, PASS),
    ({"blocked": True}, BLOCK),
    ({"blocked": "false"}, BLOCK),
    ({"blocked": 0}, BLOCK),
    ({"blocked": ""}, BLOCK),
    ({"blocked": False, "masked": True, "text": "x"}, MUTATE),
    ({"blocked": False, "masked": True}, PASS),
    ({"blocked": True, "masked": True, "text": "x"}, BLOCK),
]


@pytest.mark.parametrize(("body", "outcome"), READINGS, ids=str)
def test_kong_blocks_on_what_lua_takes_for_true(body, outcome):
    [effect] = PEER_OF["kong"].reads(play_of("kong", "pass"), Answer(200, body))
    assert effect.outcome is outcome


@pytest.mark.parametrize("answer", [None, Answer(503, {"code": "x"}), Answer(200, None), Answer(302, {})], ids=str)
def test_an_answer_that_is_none_is_an_error_that_stop_on_error_decides(answer):
    effects = PEER_OF["kong"].reads(play_of("kong", "pass"), answer)
    assert [effect.outcome for effect in effects] == [BLOCK, PASS]


PAGE = (Path(__file__).parents[2] / "docs" / "gateways" / "kong.md").read_text(encoding="utf-8")


async def test_the_documented_templates_send_and_read_fields_that_are_there(gateway_service):
    config = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])["plugins"][0]["config"]
    assert config["request"]["url"].endswith(DOOR)
    sent = {"$(content)": ATTACK, "$(source)": "INPUT"}
    answer, outcome = await made_of(
        gateway_service, {name: sent[said] for name, said in config["request"]["body"].items()}
    )
    assert outcome is BLOCK
    templates = [*config["response"].values(), *config["metrics"].values()]
    read = [re.fullmatch(r"\$\(resp\.(\w+)\)", template)[1] for template in templates]
    assert set(read) <= answer.body.keys()
