"""What is special about agentgateway: answers are told apart by their shape, and a Mask costs tool calls."""

import json
import re
from pathlib import Path

import orjson
import pytest
from gateway_calls import PEER_OF, decision_of, goldens, outcomes, play_of, played
from hypothesis import given, settings
from hypothesis import strategies as st
from planting import leaves_of, with_text

from guardrails.domain.errors import InvalidRequest
from guardrails.gateways.adapter import Call, Unjudged
from guardrails.gateways.agentgateway.adapter import Agentgateway
from guardrails.gateways.agentgateway.peer import read_action
from guardrails.gateways.peer import Answer, Outcome, Play
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, HARM, MAIL

REQUEST, RESPONSE = "/gateways/agentgateway/request", "/gateways/agentgateway/response"
NUMBER = "4111 1111 1111 1111"
SYSTEM = {"role": "system", "content": "You are a helpful assistant."}
PASS, BLOCK, MUTATE = Outcome.PASS, Outcome.BLOCK, Outcome.MUTATE


def user(text: str, **more: object) -> dict[str, object]:
    return {"role": "user", "content": text, **more}


def requesting(*messages: object, **beside: object) -> dict[str, object]:
    return {"body": {"messages": list(messages), **beside}}


def answering(*contents: str) -> dict[str, object]:
    return {"body": {"choices": [{"message": {"role": "assistant", "content": content}} for content in contents]}}


async def made_of(service, path, body, name="own", **options):
    """The answer, and what the gateway makes of it."""
    play = Play(name, "", path, body, PASS)
    answer = await played(service, play, **options)
    [outcome] = outcomes("agentgateway", play, answer)
    return answer, outcome


ACTIONS = [
    ({}, PASS),
    ({"reason": "ok"}, PASS),
    ({"reason": None}, PASS),
    ({"body": "no", "status_code": 403}, BLOCK),
    ({"body": "no", "status_code": 403, "reason": "why", "unknown": [1]}, BLOCK),
    ({"body": "no"}, PASS),
    ({"body": "no", "status_code": "403"}, PASS),
    ({"body": "no", "status_code": 403.0}, PASS),
    ({"body": "no", "status_code": True}, PASS),
    ({"body": "no", "status_code": 70_000}, PASS),
    ({"body": {"error": "no"}, "status_code": 403}, PASS),
    ({"body": None, "status_code": 403}, PASS),
    ({"body": {"messages": [user("a")]}}, MUTATE),
    ({"body": {"messages": []}}, MUTATE),
    ({"body": {"messages": [user("a")]}, "status_code": 403}, MUTATE),
    ({"body": {"messages": [{"role": "user"}]}}, PASS),
    ({"body": {"messages": [{"role": "user", "content": None}]}}, PASS),
    ({"body": {"choices": [{"message": user("a")}]}}, MUTATE),
    ({"body": {"choices": [{"message": {"content": "a"}}]}}, PASS),
    ({"body": "no", "status_code": 403, "reason": 1}, None),
    ({"reason": []}, None),
    ("reject", None),
    (None, None),
]


@pytest.mark.parametrize(("action", "taken"), ACTIONS, ids=lambda case: json.dumps(case) if case is not None else "")
def test_the_first_action_that_fits_is_taken_and_whatever_fits_none_passes(action, taken):
    assert read_action(action) is taken


def assert_reject(action: object) -> None:
    assert isinstance(action, dict)
    assert type(action["body"]) is str
    assert type(action["status_code"]) is int
    assert action["status_code"] == 403
    assert type(action["reason"]) is str
    assert read_action(action) is BLOCK


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: golden.name)
def test_each_recorded_block_is_a_reject_with_a_string_and_an_integer(golden):
    if golden.gateway == "agentgateway" and golden.outcome is BLOCK:
        assert_reject(golden.answer["body"]["action"])


@pytest.mark.parametrize("path", ["request", "response", "", "elsewhere"])
def test_what_could_not_be_judged_is_a_reject_with_a_string_and_an_integer(path):
    reply = Agentgateway().refuse(Call(path), Unjudged("The body is not JSON.", 400, "invalid_request"))
    assert reply.status == 200
    assert_reject(reply.body["action"])


def raw_guard(sent: list[object], answer: object) -> Outcome | None:
    """How a guard with `messageFormat: Raw` reads an answer; None is an error, and its failure mode decides."""
    messages = answer.get("messages") if isinstance(answer, dict) else None
    if messages is None:
        return PASS if isinstance(answer, dict) else None
    is_usable = isinstance(messages, list) and all(isinstance(message, dict) for message in messages)
    return MUTATE if is_usable and (messages or not sent) else None


async def test_a_guard_with_raw_messages_never_takes_a_block_for_a_pass(gateway_service):
    for text, taken in ((CLEAN, PASS), (ATTACK, None), (MAIL, None)):
        body = {"messages": [user(text)], "model": "gpt-4o"}
        answer, _ = await made_of(gateway_service, REQUEST, body)
        assert raw_guard([user(text)], answer.body) is taken, text
    refused = await gateway_service.post(REQUEST, data=b"{", headers={"Content-Type": "application/json"})
    assert raw_guard([user(CLEAN)], refused.body) is None


async def test_a_mask_has_all_messages_with_role_and_content_and_nothing_else(gateway_service):
    messages = [SYSTEM, user("Hello"), {"role": "assistant", "content": "Hello. What can I do?"}, user(MAIL)]
    answer, outcome = await made_of(gateway_service, REQUEST, requesting(*messages))
    assert outcome is MUTATE
    assert answer.body["action"]["body"] == {
        "messages": [*messages[:3], user("Write to [Email] about the invoice.")],
    }


TOOLS = {
    "the result of a tool": [user(MAIL), {"role": "tool", "content": "sent"}],
    "the result of a function": [user(MAIL), {"role": "function", "content": "sent"}],
    "a tool call": [user(MAIL), {"role": "assistant", "content": ""}],
    "an image alone": [user(MAIL), user("")],
    "a member that a mask would lose": [user(MAIL, name="ann")],
    "tool calls, once they are sent": [user(MAIL), {"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}],
    "parts": [user(MAIL), {"role": "user", "content": [{"type": "text", "text": "Thanks"}]}],
    "a content that is null": [user(MAIL), {"role": "assistant", "content": None}],
    "no message": [user(MAIL), 7],
    "a role that nobody knows": [user(MAIL), {"role": "critic", "content": "Fine."}],
}


@pytest.mark.parametrize("messages", TOOLS.values(), ids=TOOLS)
async def test_a_conversation_that_a_mask_would_destroy_blocks_and_says_why(gateway_service, messages):
    carried = messages[-1] == {"role": "critic", "content": "Fine."}
    answer, outcome = await made_of(gateway_service, REQUEST, requesting(SYSTEM, *messages))
    assert outcome is (MUTATE if carried else BLOCK)
    if not carried:
        assert "the gateway would drop what is no text here" in answer.body["action"]["body"]


async def test_the_same_conversation_passes_where_nothing_is_to_be_hidden(gateway_service):
    messages = [SYSTEM, user(CLEAN), {"role": "assistant", "content": ""}, {"role": "tool", "content": "Paris"}]
    _, outcome = await made_of(gateway_service, REQUEST, requesting(*messages))
    assert outcome is PASS


async def test_a_block_for_another_reason_does_not_speak_of_hiding(gateway_service):
    answer, outcome = await made_of(
        gateway_service, REQUEST, requesting(user(ATTACK), {"role": "tool", "content": "x"})
    )
    assert outcome is BLOCK
    assert "hidden" not in answer.body["action"]["body"]


async def test_a_choice_without_text_keeps_a_changed_one_from_being_sent(gateway_service):
    for body, expected in ((answering(CARD, ""), BLOCK), (answering(CARD, "Paris"), MUTATE)):
        _, outcome = await made_of(gateway_service, RESPONSE, body)
        assert outcome is expected


STREAMED = [
    {"query": {"stream": "enabled"}},
    {"query": {"stream": "Enabled"}},
    {"headers": {"x-guardrails-stream": "enabled"}},
    {"headers": {"x-guardrails-stream": "enabled"}, "query": {"stream": "disabled"}},
]


@pytest.mark.parametrize("options", STREAMED, ids=str)
@pytest.mark.parametrize(("path", "body"), [(RESPONSE, answering(CARD)), (REQUEST, requesting(user(MAIL)))])
async def test_where_it_streams_nothing_is_masked(gateway_service, path, body, options):
    answer, outcome = await made_of(gateway_service, path, body, "stream", **options)
    assert outcome is BLOCK
    assert "takes no change of what it streams" in answer.body["action"]["body"]


async def test_a_mask_in_a_stream_would_be_dropped_and_the_gateways_side_knows_it(gateway_service):
    _, outcome = await made_of(gateway_service, RESPONSE, answering(CARD), "stream")
    assert outcome is PASS, "this is what the option is for"


async def test_a_stream_that_is_disabled_is_masked_as_ever(gateway_service):
    options = {"query": {"stream": "disabled"}, "headers": {"x-guardrails-stream": "disabled"}}
    _, outcome = await made_of(gateway_service, RESPONSE, answering(CARD), **options)
    assert outcome is MUTATE


@pytest.mark.parametrize("options", [{"query": {"stream": ""}}, {"headers": {"x-guardrails-stream": "true"}}], ids=str)
async def test_an_option_that_is_none_blocks_and_is_named(gateway_service, options):
    answer, outcome = await made_of(gateway_service, RESPONSE, answering(CLEAN), **options)
    assert outcome is BLOCK
    assert "stream: must be enabled or disabled" in answer.body["action"]["body"]


async def test_guards_with_mixed_up_paths_block_from_the_first_call(gateway_service):
    for path, body in ((RESPONSE, requesting(user(CLEAN))), (REQUEST, answering(CLEAN)), (REQUEST + "s", {"body": {}})):
        _, outcome = await made_of(gateway_service, path, body)
        assert outcome is BLOCK, path


async def test_texts_that_are_not_sent_pass_with_a_receipt(gateway_service):
    for path, body in ((RESPONSE, answering()), (REQUEST, requesting())):
        _, outcome = await made_of(gateway_service, path, body)
        assert outcome is PASS, path
    records = gateway_service.decisions()
    assert {record["coverage"][0]["characters"] for record in records} <= {0}


async def test_an_empty_list_hides_nothing_that_stands_beside_it(gateway_service):
    for body in (
        requesting(input=[ATTACK]),
        {**requesting(), "more": ATTACK},
        {"body": {"messages": []}, "messages": [ATTACK]},
    ):
        _, outcome = await made_of(gateway_service, REQUEST, body)
        assert outcome is BLOCK, body


async def test_a_system_prompt_is_no_attack(gateway_service):
    _, outcome = await made_of(gateway_service, REQUEST, requesting({"role": "system", "content": ATTACK}, user(CLEAN)))
    assert outcome is PASS


async def test_headers_say_who_asks(gateway_service):
    headers = {"x-user": "ann", "x-team": "sales", "x-model": "gpt-4o", "x-request-id": "req-7"}
    await played(gateway_service, play_of("agentgateway", "pass"), headers=headers)
    record = await decision_of(gateway_service)
    subject = record["subject"]
    assert (subject["model"], subject["request_id"]) == ("gpt-4o", "req-7")
    assert {subject[name].partition(":")[0] for name in ("user", "team")} == {"hmac-sha256"}


MAXIMAL = {
    "request": {
        "body": {
            "messages": [
                SYSTEM,
                user("Hello"),
                {"role": "assistant", "content": "Hi"},
                {"role": "tool", "content": "x"},
            ],
            "later": {"names": ["a", {"b": "c"}]},
        },
        "beside": ["d", {"e": "f"}],
    },
    "response": {
        "body": {
            "choices": [{"message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop", "logprobs": "x"}],
            "usage": {"kind": "a"},
        },
        "id": "b",
    },
    "plain request": requesting(SYSTEM, user("Hello"), {"role": "assistant", "content": "Hi"}),
    "plain response": answering("Hello", "Hi"),
}


@pytest.mark.parametrize("text", [CARD, HARM], ids=["card", "harm"])
@pytest.mark.parametrize("name", MAXIMAL)
async def test_no_string_of_a_body_is_left_unread(gateway_service, name, text):
    door = REQUEST if "request" in name else RESPONSE
    for path in leaves_of(MAXIMAL[name]):
        if text is HARM and path[:3] == ("body", "messages", 0):
            continue  # content_safety leaves system prompts out, by the shipped policy
        body = with_text(MAXIMAL[name], path, text)
        answer, outcome = await made_of(gateway_service, door, body)
        assert outcome is not PASS, path
        assert NUMBER not in json.dumps(answer.body), path


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("role", "content", "message", "x", "a b")), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(path=st.sampled_from(("request", "response", "x")), member=st.sampled_from(("messages", "choices")), texts=JSON)
@settings(max_examples=200)
def test_any_shape_is_read_or_refused(path, member, texts):
    try:
        asked = Agentgateway().parse(Call(path, body={"body": {member: texts}}))
        read = asked.read(frozenset())
    except InvalidRequest:
        return
    assert read.unread or read.segments or not list(leaves_of(texts))


MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(("system", "developer", "user", "assistant")), "content": st.text(min_size=1, max_size=20)}
)


@given(messages=st.lists(MESSAGE, min_size=1, max_size=6))
def test_what_is_edited_is_the_list_of_messages_as_it_was_sent(messages):
    asked = Agentgateway().parse(Call("request", body=requesting(*messages)))
    assert asked.editable
    assert asked.content == {"messages": messages}


@pytest.mark.parametrize(
    "answer", [None, Answer(401, {"code": "not_authenticated"}), Answer(200, None), Answer(200, [])]
)
def test_an_answer_without_an_action_is_an_error_that_the_failure_mode_decides(answer):
    effects = PEER_OF["agentgateway"].reads(play_of("agentgateway", "pass"), answer)
    assert [effect.outcome for effect in effects] == [BLOCK, PASS]


def test_a_status_that_no_answer_can_have_is_an_error_there():
    answer = Answer(200, {"action": {"body": "no", "status_code": 7}})
    [effect] = PEER_OF["agentgateway"].reads(play_of("agentgateway", "pass"), answer)
    assert effect.outcome is BLOCK


@pytest.mark.parametrize("changed", [{"messages": []}, {"choices": [{"message": user("a")}]}], ids=str)
def test_a_mask_of_another_count_or_side_is_an_error_there(changed):
    [effect] = PEER_OF["agentgateway"].reads(
        play_of("agentgateway", "mutate"), Answer(200, {"action": {"body": changed}})
    )
    assert effect.outcome is BLOCK


async def test_damaged_bodies_at_both_doors_name_no_content(gateway_service):
    for path in (REQUEST, RESPONSE):
        raw = orjson.dumps({"body": {"messages": [{"role": NUMBER, "content": 1}], "choices": [NUMBER]}})
        answer, outcome = await made_of(gateway_service, path, raw)
        assert outcome is BLOCK
        assert NUMBER not in json.dumps(answer.body)


PAGE = (Path(__file__).parents[2] / "docs" / "gateways" / "agentgateway.md").read_text(encoding="utf-8")


async def test_the_documented_paths_and_headers_are_understood(gateway_service):
    paths = re.findall(r"\":path\": '\"(.+?)\"'", PAGE)
    assert len(paths) == 3
    for path in paths:
        body = requesting(user(CLEAN)) if path.startswith(REQUEST) else answering(CLEAN)
        _, outcome = await made_of(gateway_service, path, body)
        assert outcome is PASS, path
    _, outcome = await made_of(gateway_service, paths[-1], answering(CARD), "stream")
    assert outcome is BLOCK
