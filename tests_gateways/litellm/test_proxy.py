"""The proxy with the configuration of the page: what its callers see, and what the model sees."""

import json

import openai
import pytest
from litellm_proxy import events, streamed_text, user

from guardrails.emulator.presets import preset
from guardrails.gateways.samples import ATTACK, CARD, HARM, MAIL

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFUSAL = "This request was stopped by company policy."
MASKED_CARD = "The card is *******************, valid until May."
SEND = {
    "type": "function",
    "function": {
        "name": "send",
        "description": "Sends a letter.",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
    },
}


def called(arguments: dict[str, str]) -> list[dict]:
    """A conversation in which the model has called a tool, as an application sends it back."""
    function = {"name": "send", "arguments": json.dumps(arguments)}
    return [
        *user("Send it."),
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "content": "Sent."},
        *user("Thanks!"),
    ]


async def test_a_clean_chat_passes(proxy):
    answer = await proxy.chat("What is the capital of Norway?")
    assert answer.choices[0].message.content == "You said: What is the capital of Norway?"
    [seen] = proxy.seen_by_model()
    assert seen["messages"] == user("What is the capital of Norway?")


async def test_an_attack_is_blocked_and_our_sentence_reaches_the_client(proxy):
    with pytest.raises(openai.BadRequestError) as caught:
        await proxy.chat(ATTACK)
    assert caught.value.status_code == 400
    assert caught.value.body["message"].startswith(
        f"{REFUSAL} Blocked: UserPromptAttack in messages[0]. Reference: chk_"
    )
    assert proxy.seen_by_model() == []


async def test_the_shape_of_a_block_is_the_one_of_the_page(proxy):
    status, body = await proxy.raw(user(ATTACK))
    error = json.loads(body)["error"]
    assert (status, error.pop("message")[: len(REFUSAL)]) == (400, REFUSAL)
    assert error == {"type": "invalid_request_error", "param": None, "code": "400"}


async def test_an_attack_in_a_tool_result_is_blocked(proxy):
    messages = called({"to": "ann"})
    messages[2]["content"] = ATTACK
    status, body = await proxy.raw(messages)
    assert (status, "DocumentAttack in messages[2]" in body) == (400, True)
    assert proxy.seen_by_model() == []


async def test_a_mail_address_is_masked_before_the_model_sees_it(proxy):
    await proxy.chat(MAIL)
    [seen] = proxy.seen_by_model()
    assert seen["messages"] == user("Write to [Email] about the invoice.")


async def test_a_mail_address_in_a_part_is_masked_and_its_neighbours_are_as_they_were(proxy):
    parts = [{"type": "text", "text": "Hello."}, {"type": "text", "text": MAIL}]
    status, _ = await proxy.raw([{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}])
    [seen] = proxy.seen_by_model()
    assert status == 200
    assert seen["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [parts[0], {"type": "text", "text": "Write to [Email] about the invoice."}]},
    ]


async def test_a_mail_address_in_the_arguments_of_an_earlier_call_is_masked(proxy):
    status, _ = await proxy.raw(called({"to": "ann.smith@contoso.com"}))
    [seen] = proxy.seen_by_model()
    assert status == 200
    assert [message["role"] for message in seen["messages"]] == ["user", "assistant", "tool", "user"]
    [call] = seen["messages"][1]["tool_calls"]
    assert call == {"id": "c1", "type": "function", "function": {"name": "send", "arguments": '{"to": "[Email]"}'}}


async def test_a_mail_address_in_a_tool_definition_never_reaches_the_model(proxy):
    tool = json.loads(json.dumps(SEND).replace("a letter", "to ann.smith@contoso.com"))
    status, body = await proxy.raw(user("Hello"), tools=[tool])
    assert (status, REFUSAL in body) == (400, True)
    assert proxy.seen_by_model() == []


async def test_harm_in_an_answer_is_blocked(proxy):
    status, body = await _answers(proxy, HARM)
    assert (status, REFUSAL in body) == (400, True)
    assert "kill" not in body


async def test_a_card_number_in_an_answer_is_masked(proxy):
    status, body = await _answers(proxy, CARD)
    assert status == 200
    assert json.loads(body)["choices"][0]["message"]["content"] == MASKED_CARD


async def test_a_card_number_in_a_call_of_an_answer_blocks(proxy):
    proxy.model_calls("send", '{"to": "4111 1111 1111 1111"}')
    status, body = await proxy.raw(user("Go on."), tools=[SEND])
    assert (status, REFUSAL in body) == (400, True)
    assert "4111" not in body


@pytest.mark.parametrize("stream", [False, True])
async def test_a_clean_call_of_an_answer_passes(proxy, stream):
    status, body = await proxy.raw(user('call send {"to": "Oslo"}'), tools=[SEND], stream=stream)
    assert (status, "Oslo" in body) == (200, True)


async def test_a_stream_of_a_clean_answer_passes(proxy):
    stream = await proxy.chat("say: one two three four five six seven eight nine ten", stream=True)
    text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
    assert text == "one two three four five six seven eight nine ten"


async def test_nothing_of_a_streamed_answer_that_is_blocked_reaches_the_client(proxy):
    proxy.model_says(f"Well, let me think about that for a while. {HARM} That is all there is to say.")
    status, body = await proxy.raw(user("Go on."), stream=True)
    assert (status, REFUSAL in body) == (400, True)
    assert "Well" not in body


async def test_the_sdk_raises_for_a_streamed_answer_that_is_blocked(proxy):
    proxy.model_says(HARM)
    with pytest.raises(openai.BadRequestError, match=REFUSAL):
        await proxy.chat("Go on.", stream=True)


async def test_a_streamed_answer_is_masked(proxy):
    proxy.model_says(f"Well, let me think about that. {CARD} That is all.")
    status, body = await proxy.raw(user("Go on."), stream=True)
    assert status == 200
    assert streamed_text(body) == f"Well, let me think about that. {MASKED_CARD} That is all."
    assert events(body)[-1]["choices"][0]["finish_reason"] == "stop"


async def test_nothing_of_a_streamed_call_that_is_blocked_reaches_the_client(proxy):
    proxy.model_calls("send", '{"to": "4111 1111 1111 1111"}')
    status, body = await proxy.raw(user("Go on."), tools=[SEND], stream=True)
    assert (status, REFUSAL in body) == (400, True)
    assert "4111" not in body


async def test_an_outage_of_azure_is_a_block_with_our_sentence(proxy):
    proxy.emulator.state.scenarios.add(preset("unavailable"))
    status, body = await proxy.raw(user("What is new?"))
    assert (status, "A guardrail could not run" in body) == (400, True)
    assert proxy.seen_by_model() == []


async def _answers(proxy, text):
    proxy.model_says(text)
    return await proxy.raw(user("Go on."))
