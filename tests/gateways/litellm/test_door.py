"""LiteLLM's door of the running service."""

import json

import pytest
from gateway_calls import GOLDEN, decision_of
from planting import leaves_of, with_text

from guardrails.gateways.samples import ATTACK, CARD, CLEAN, HARM, MAIL

DOOR = "/gateways/litellm/beta/litellm_basic_guardrail_api"
SENTENCES = "".join(f"On day {day} the weather in Oslo is mild and people walk along the fjord. " for day in range(80))


def asks(text, **more):
    return {
        "input_type": "request",
        "texts": [text],
        "structured_messages": [{"role": "user", "content": text}],
        **more,
    }


def answers(*texts, **more):
    return {"input_type": "response", "texts": list(texts), **more}


@pytest.mark.parametrize("path", ["/gateways/litellm", DOOR])
async def test_both_paths_are_one_door(gateway_service, path):
    assert (await gateway_service.post(path, asks(CLEAN))).body == {"action": "NONE"}
    assert (await gateway_service.post(path, asks(ATTACK))).body["action"] == "BLOCKED"


async def test_the_key_may_come_as_litellm_sends_it(gateway_service):
    answer = await gateway_service.post(DOOR, asks(CLEAN), key=None, headers={"x-api-key": "gateway-test-key"})
    assert answer.status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"texts": ["hello"], "structured_messages": [{"role": "user", "content": "hello"}], "later": ATTACK},
        {"texts": ["hello"], "structured_messages": [{"role": "user", "content": ATTACK}]},
        {"texts": [ATTACK], "structured_messages": [{"role": "assistant", "content": "hello"}]},
        {"texts": None, "structured_messages": [{"role": "user", "content": ATTACK}]},
        {"texts": {"0": ATTACK}},
        {"texts": ["hello"], "structured_messages": {"0": {"role": "user", "content": ATTACK}}},
        {"texts": ["hello"], "tool_calls": ATTACK},
        {"texts": ["hello"], "tool_calls": [{"function": {"arguments": ATTACK}}]},
        {"images": {"a": ATTACK}, "texts": ["hello"]},
    ],
)
async def test_an_attack_in_a_body_that_does_not_fit_together_never_passes(gateway_service, body):
    answer = await gateway_service.post(DOOR, {"input_type": "request", **body})
    assert (answer.status, answer.body["action"]) == (200, "BLOCKED")
    assert "Blocked: UserPromptAttack" in answer.body["blocked_reason"]


CONVERSATION = json.loads((GOLDEN / "litellm" / "pass.json").read_text())["send"]["body"]
CONTENT = ("texts", "structured_messages", "tools", "tool_calls")


@pytest.mark.parametrize("path", list(leaves_of({name: CONVERSATION[name] for name in CONTENT})), ids=repr)
async def test_a_mail_address_in_any_string_is_never_handed_on(gateway_service, path):
    assert (await gateway_service.post(DOOR, CONVERSATION)).body == {"action": "NONE"}
    answer = await gateway_service.post(DOOR, with_text(CONVERSATION, path, MAIL))
    assert answer.body["action"] != "NONE"
    assert "ann.smith" not in json.dumps(answer.body)


@pytest.mark.parametrize("direction", [None, "", "both", "REQUEST", 1, ["request"]])
async def test_a_direction_that_nobody_knows_is_blocked(gateway_service, direction):
    answer = await gateway_service.post(DOOR, asks(CLEAN, input_type=direction))
    assert answer.body == {"action": "BLOCKED", "blocked_reason": "input_type: must be request or response"}


async def test_the_guardrails_parameters_choose_the_policy(gateway_service):
    params = {"additional_provider_specific_params": {"policy": "watching"}}
    answer = await gateway_service.post(DOOR, asks(ATTACK, **params))
    assert answer.body == {"action": "NONE"}
    answer = await gateway_service.post(DOOR, asks(ATTACK, **params), params={"policy": "strict"})
    assert answer.body["action"] == "BLOCKED"


async def test_a_policy_that_is_no_word_is_blocked(gateway_service):
    answer = await gateway_service.post(DOOR, asks(CLEAN, additional_provider_specific_params={"policy": 1}))
    assert answer.body["blocked_reason"] == "additional_provider_specific_params.policy: must be a string"


async def test_a_policy_that_only_watches_changes_no_answer(gateway_service):
    answer = await gateway_service.post(DOOR, answers(CARD), params={"policy": "watching"})
    assert answer.body == {"action": "NONE", "stream_holdback_chars": [len(CARD)]}


async def test_each_choice_has_its_text_and_what_is_held_of_it(gateway_service):
    answer = await gateway_service.post(DOOR, answers("Nothing.", CARD))
    assert answer.body["texts"] == ["Nothing.", CARD.replace("4111 1111 1111 1111", "*" * 19)]
    assert answer.body["stream_holdback_chars"] == [8, len(CARD)]


async def test_what_cannot_be_redacted_is_blocked(gateway_service):
    only_blocks = {"additional_provider_specific_params": {"redactions": "block"}}
    assert (await gateway_service.post(DOOR, asks(MAIL, **only_blocks))).body["action"] == "BLOCKED"
    assert (await gateway_service.post(DOOR, asks(CLEAN, **only_blocks))).body == {"action": "NONE"}


@pytest.mark.parametrize("value", [None, "", "mask", 1, ["block"]])
async def test_a_client_of_the_proxy_cannot_take_that_back(gateway_service, value):
    answer = await gateway_service.post(DOOR, answers(CARD, additional_provider_specific_params={"redactions": value}))
    told = "additional_provider_specific_params.redactions: must be block, or absent"
    assert answer.body == {"action": "BLOCKED", "blocked_reason": told}


async def test_harm_after_many_windows_is_found(gateway_service):
    answer = await gateway_service.post(DOOR, answers(SENTENCES + HARM))
    assert answer.body["action"] == "BLOCKED"


async def test_a_card_across_two_windows_is_masked_once(gateway_service):
    for place in range(1900, 2100, 7):
        text = SENTENCES[:place] + " " + CARD + " " + SENTENCES[place:6000]
        answer = await gateway_service.post(DOOR, answers(text))
        assert answer.body["texts"] == [text.replace("4111 1111 1111 1111", "*" * 19)]


async def test_of_an_answer_that_grows_only_its_end_is_asked_about(gateway_service):
    asked = 0
    for end in range(250, len(SENTENCES), 250):
        assert (await gateway_service.post(DOOR, answers(SENTENCES[:end]))).body["action"] == "NONE"
        asked += end
    journal = gateway_service.emulator.state.journal.of("language")
    sent = [document["text"] for call in journal for document in call.body["analysisInput"]["documents"]]
    assert max(map(len, sent)) <= 2000
    assert sum(map(len, sent)) < asked / 2


async def test_the_same_answer_again_asks_nobody(gateway_service):
    await gateway_service.post(DOOR, answers(SENTENCES))
    calls = len(gateway_service.emulator.state.journal.of("language"))
    await gateway_service.post(DOOR, answers(SENTENCES))
    assert len(gateway_service.emulator.state.journal.of("language")) == calls


async def test_for_whom_is_in_the_record(start_service, tmp_path):
    service = await start_service(
        settings={"telemetry": {"decisions": str(tmp_path / "decisions.jsonl"), "subjects": "plain"}}
    )
    told = {"end_user_id": "bo", "user_id": "ann", "team_id": "claims", "org_id": "o1", "alias": None}
    data = {f"user_api_key_{name}": value for name, value in told.items()}
    ids = {"litellm_call_id": "call-1", "litellm_trace_id": "trace-1", "model": "gpt-4o"}
    await service.post(DOOR, asks(CLEAN, request_data=data, **ids))
    assert (await decision_of(service))["subject"] == {
        "gateway": "litellm",
        "request_id": "call-1",
        "model": "gpt-4o",
        "user": "bo",
        "team": "claims",
        "labels": {"trace_id": "trace-1", "user_id": "ann", "org_id": "o1"},
    }
