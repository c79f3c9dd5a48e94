"""What becomes of whole answers, with the configuration that the page prints."""

from portkey_gateway import AFTER, BEFORE

HARM = "I will kill you and burn your house down."
CARD = "4111 1111 1111 1111"
REFUSAL = "This request was stopped by company policy."
TOOL = {"type": "function", "function": {"name": "pay", "parameters": {"type": "object", "properties": {}}}}


async def test_a_card_number_in_an_answer_is_masked(app, says):
    says(f"The card is {CARD}.")
    seen = await app.ask("Tell me a story")
    assert (seen.status, seen.content) == (200, "The card is " + "*" * len(CARD) + ".")
    assert CARD not in str(seen.body)
    assert [seen.check(hooks)["transformed"] for hooks in (BEFORE, AFTER)] == [False, True]


async def test_a_harmful_answer_is_blocked_with_our_message(app, says):
    says(HARM)
    seen = await app.ask("Tell me a story")
    assert (seen.status, seen.body["error"]["type"]) == (446, "hooks_failed")
    assert seen.told(AFTER)["message"].startswith(REFUSAL)
    assert HARM not in str(seen.body)
    assert len(app.model_saw()) == 1


async def test_every_choice_of_an_answer_is_judged(app, says):
    says("All is well.", HARM)
    seen = await app.ask("Tell me a story", n=2)
    assert seen.status == 446
    assert "All is well" not in str(seen.body)


async def test_a_changed_answer_keeps_everything_else(app, says):
    says(f"The card is {CARD}.", "Nothing here.")
    seen = await app.ask("Tell me a story", n=2)
    first, second = (choice["message"]["content"] for choice in seen.body["choices"])
    assert (CARD in first, second) == (False, "Nothing here.")
    assert {"usage", "prompt_filter_results", "hook_results", "system_fingerprint"} <= seen.body.keys()


async def test_the_arguments_of_a_tool_call_are_masked(app):
    asked = f'call pay {{"card": "{CARD}"}}'
    seen = await app.ask("", messages=[{"role": "user", "content": asked}], tools=[TOOL])
    assert CARD not in str(seen.body)
