"""What other settings of the proxy mean: what the page warns of, and what it offers."""

import pytest
from litellm_proxy import events, streamed_text, user

from guardrails.emulator.presets import preset
from guardrails.gateways.samples import ATTACK, CARD, HARM

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFUSAL = "This request was stopped by company policy."
MASKED_CARD = "The card is *******************, valid until May."
PROSE = "The weather in Oslo is mild today, and people walk along the fjord. "


async def test_by_default_a_stream_leaks_before_the_verdict(varied):
    """Not what we want: what the page warns of. A change here changes the page."""
    varied.model_says(f"Well, let me think about it. {HARM} That is all there is to say about it for now.")
    status, body = await varied.raw(user("Go on."), stream=True, guardrails=["defaults"])
    assert status == 200
    assert "Well, let me" in streamed_text(body)
    assert REFUSAL in events(body)[-1]["error"]["message"]


async def test_by_default_a_stream_is_not_masked(varied):
    varied.model_says(f"{CARD} That is all there is to say about it.")
    status, body = await varied.raw(user("Go on."), stream=True, guardrails=["defaults"])
    assert (status, "4111 1111 1111 1111" in streamed_text(body)) == (200, True)


async def test_a_buffered_stream_is_held_until_the_verdict_and_not_masked(varied):
    varied.model_says(f"Well, let me think about it. {HARM}")
    status, body = await varied.raw(user("Go on."), stream=True, guardrails=["buffered"])
    assert (status, "Well" in body) == (400, False)
    varied.emulator.state.reset()
    varied.model_says(CARD)
    status, body = await varied.raw(user("Go on."), stream=True, guardrails=["buffered"])
    assert (status, "4111 1111 1111 1111" in streamed_text(body)) == (200, True)


async def test_where_redactions_block_nothing_passes_that_would_have_to_be_masked(varied):
    varied.model_says(CARD)
    status, body = await varied.raw(user("Go on."), stream=True, guardrails=["blocking"])
    assert (status, REFUSAL in body, "4111" in body) == (400, True, False)


async def test_a_stream_that_flows_is_masked_across_its_events(varied):
    varied.model_says(f"{PROSE * 4}{CARD} {PROSE * 4}")
    status, body = await varied.raw(user("Go on."), stream=True, guardrails=["flowing"])
    assert (status, streamed_text(body)) == (200, f"{PROSE * 4}{MASKED_CARD} {PROSE * 4}")
    assert len(events(body)) > 3


async def test_a_stream_that_flows_is_cut_before_what_is_blocked(varied):
    varied.model_says(f"{PROSE * 6}{HARM} {PROSE * 4}")
    status, body = await varied.raw(user("Go on."), stream=True, guardrails=["flowing"])
    assert status == 200
    assert PROSE in streamed_text(body)
    assert "kill" not in body
    assert REFUSAL in events(body)[-1]["error"]["message"]


async def test_of_a_long_stream_only_the_last_window_is_asked_about(varied):
    days = "".join(f"On day {day} {PROSE}" for day in range(120))
    varied.model_says(days)
    status, body = await varied.raw(user("Go on."), stream=True, guardrails=["flowing"])
    assert (status, streamed_text(body)) == (200, days)
    asked = [text for text in _asked_about(varied) if text != "Go on."]
    rounds = len(days.split()) // 20
    assert len(asked) >= rounds
    assert max(map(len, asked)) <= 2000
    assert sum(map(len, asked)) < rounds * len(days) / 2 / 2


async def test_while_the_service_is_away_nothing_passes(varied):
    status, body = await varied.raw(user("What is new?"), guardrails=["gone"])
    assert (status, "Generic Guardrail API failed" in body) == (500, True)
    assert varied.seen_by_model() == []


async def test_while_the_service_is_away_fail_open_lets_an_attack_pass(varied):
    status, _ = await varied.raw(user(ATTACK), guardrails=["gone-open"])
    assert status == 200
    assert len(varied.seen_by_model()) == 1


async def test_an_outage_that_is_reported_is_the_proxys_to_decide(varied):
    for service in ("language", "content_safety", "prompt_shield"):
        varied.emulator.state.scenarios.add(preset("unavailable", service=service))
    status, body = await varied.raw(user("What is new?"), guardrails=["reporting"])
    assert (status, "503 Service Unavailable" in body) == (500, True)
    assert varied.seen_by_model() == []
    status, _ = await varied.raw(user("What is new?"), guardrails=["reporting-open"])
    assert status == 200
    assert len(varied.seen_by_model()) == 1


async def test_an_explicit_verdict_on_an_outage_blocks_whatever_the_proxy_is_set_to(varied):
    varied.emulator.state.scenarios.add(preset("unavailable"))
    status, body = await varied.raw(user("What is new?"), guardrails=["verdict-open"])
    assert (status, "A guardrail could not run" in body) == (400, True)
    assert varied.seen_by_model() == []


async def test_the_policy_is_chosen_by_the_guardrails_parameters(varied):
    status, _ = await varied.raw(user(ATTACK), guardrails=["watching"])
    assert status == 200


async def test_the_header_comes_before_the_parameters(varied):
    status, body = await varied.raw(user(ATTACK), guardrails=["operators-word"])
    assert (status, "Blocked: UserPromptAttack" in body) == (400, True)


def _asked_about(proxy):
    """The texts that Azure's PII service was asked about."""
    calls = proxy.emulator.state.journal.of("language")
    return [document["text"] for call in calls for document in call.body["analysisInput"]["documents"]]
