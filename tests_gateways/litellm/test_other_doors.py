"""The proxy's doors that are no chat completions, and what of a request it does not send, as the page says of both."""

import json

import pytest
from litellm_proxy import user

from guardrails.gateways.samples import ATTACK, CARD, CLEAN, MAIL

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFUSAL = "This request was stopped by company policy."
MASKED = "Write to [Email] about the invoice."


def messages(text: str, **more: object) -> dict:
    return {"model": "gpt-4o", "max_tokens": 100, "messages": user(text), **more}


async def test_messages_of_anthropics_shape_are_judged_both_ways(proxy):
    assert (await proxy.post("/v1/messages", messages(CLEAN)))[0] == 200
    status, body = await proxy.post("/v1/messages", messages(ATTACK))
    assert (status, REFUSAL in body) == (400, True)
    proxy.model_says(CARD)
    status, body = await proxy.post("/v1/messages", messages("Go on."))
    assert (status, "The card is ****" in body) == (200, True)


async def test_a_mail_address_in_their_tool_use_is_masked(proxy):
    use = {"type": "tool_use", "id": "t1", "name": "send", "input": {"to": "ann.smith@contoso.com"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "Sent."}
    told = [*user("Send it."), {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]
    status, _ = await proxy.post("/v1/messages", messages("") | {"messages": told})
    [seen] = proxy.seen_by_model()
    assert status == 200
    assert json.loads(seen["messages"][1]["tool_calls"][0]["function"]["arguments"]) == {"to": "[Email]"}


async def test_their_streams_block_what_would_have_to_be_masked(proxy):
    proxy.model_says(CARD)
    status, body = await proxy.post("/v1/messages", messages("Go on.", stream=True))
    assert (status, REFUSAL in body, "4111" in body) == (400, True, False)


def responses(*given: dict) -> dict:
    return {"model": "gpt-4o", "instructions": "Be brief.", "input": list(given)}


CALLED = {"type": "function_call", "call_id": "c1", "name": "send", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "Sent."}


async def test_texts_of_the_responses_api_are_masked(proxy):
    """The emulator has no such door; it has seen what the model was to be asked."""
    await proxy.post("/v1/responses", responses(*user(MAIL)))
    [seen] = proxy.seen_by_model()
    assert (seen["instructions"], seen["input"]) == ("Be brief.", user(MASKED))


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ([CALLED | {"arguments": '{"to": "ann.smith@contoso.com"}'}, RESULT], "Email"),
        ([CALLED, RESULT | {"output": MAIL}], "Email"),
        ([CALLED, RESULT | {"output": ATTACK}], "DocumentAttack"),
    ],
)
async def test_calls_and_results_of_the_responses_api_are_judged_and_block(proxy, told, found):
    status, body = await proxy.post("/v1/responses", responses(*user("Send it."), *told))
    assert (status, f"Blocked: {found} in messages[" in body) == (400, True)
    assert proxy.seen_by_model() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/completions", {"prompt": ATTACK}), ("/v1/embeddings", {"input": [CLEAN, ATTACK]})],
)
async def test_texts_without_messages_are_judged_as_the_users(proxy, path, body):
    status, told = await proxy.post(path, {"model": "gpt-4o", **body})
    assert (status, "Blocked: UserPromptAttack in texts[" in told) == (400, True)


@pytest.mark.parametrize(
    "body",
    [
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.test/b.png"}}]}
            ]
        },
        {"messages": [{"role": "user", "name": "ann.smith@contoso.com", "content": "Hello"}]},
        {"messages": user("Hello"), "functions": [{"name": "f", "description": MAIL, "parameters": {}}]},
        {"messages": user("Hello"), "user": "ann.smith@contoso.com"},
    ],
)
async def test_what_the_proxy_does_not_send_is_not_judged(proxy, body):
    """Not what we want: what the page warns of. A change here changes the page."""
    status, _ = await proxy.post("/v1/chat/completions", {"model": "gpt-4o", **body})
    assert status == 200
    [seen] = proxy.seen_by_model()
    assert {name: seen[name] for name in body} == body
