"""Blocklists through the official SDK, on our session and with our bearer."""

from dataclasses import replace

import pytest

from guardrails.azure.blocklists import BATCH, open_blocklists
from guardrails.azure.trouble import CallError, Trouble
from guardrails.domain.blocklist import Blocklist, BlocklistItem
from guardrails.domain.errors import TokenError
from guardrails.emulator.scenarios import Effect, EntraFault, Refusal, Scenario


@pytest.fixture
def resource(target, emulator):
    return replace(target, endpoint=emulator.url)


@pytest.mark.parametrize("credential", ["corp", "legacy"])
async def test_a_list_lives_from_its_making_to_its_end(provider, sessions, resource, emulator, posts, credential):
    async with open_blocklists(replace(resource, credential=credential), provider, sessions.checks) as lists:
        assert await lists.get("terms") is None
        assert await lists.upsert(Blocklist("terms", "of ours")) == Blocklist("terms", "of ours")
        assert await lists.upsert(Blocklist("terms", "changed")) == Blocklist("terms", "changed")
        assert await lists.all() == [Blocklist("terms", "changed")]
        terms = [BlocklistItem(f"term {number}", "why") for number in range(2 * BATCH + 50)]
        added = await lists.add("terms", terms)
        assert [(item.text, item.description) for item in added] == [(term.text, "why") for term in terms]
        assert {item.id for item in await lists.items("terms")} == {item.id for item in added}
        await lists.remove("terms", [item.id for item in added if item.id][:150])
        assert len(await lists.items("terms")) == 100
        await lists.delete("terms")
        assert await lists.get("terms") is None
    calls = [call for call in emulator.state.journal.of("content_safety") if ":" in call.path]
    assert len(calls) == 5
    assert {call.query["api-version"] for call in calls} == {"2024-09-01"}
    assert posts() == (1 if credential == "corp" else 0)
    assert not sessions.checks.closed


async def test_an_expression_stays_one(provider, sessions, resource, emulator):
    async with open_blocklists(resource, provider, sessions.checks) as lists:
        await lists.upsert(Blocklist("terms"))
        (added,) = await lists.add("terms", [BlocklistItem("b[1i]rd", is_regex=True)])
        assert added.is_regex
        assert await lists.items("terms") == [added]
        (again,) = await lists.add("terms", [BlocklistItem("b[1i]rd")])
        assert (again.id, again.is_regex) == (added.id, False)
    sent = [call.body for call in emulator.state.journal.of("content_safety") if "addOrUpdate" in call.path]
    assert [item.get("isRegex") for body in sent for item in body["blocklistItems"]] == [True, None]


async def test_a_missing_list_is_a_call_error(provider, sessions, resource):
    async with open_blocklists(resource, provider, sessions.checks) as lists:
        with pytest.raises(CallError) as failed:
            await lists.items("nothere")
    assert (failed.value.trouble, failed.value.status) == (Trouble.NOT_FOUND, 404)


async def test_a_missing_role_is_a_call_error(provider, sessions, resource, emulator):
    emulator.state.scenarios.add(Scenario(Effect(refusal=Refusal.ROLE_MISSING), service="content_safety"))
    async with open_blocklists(resource, provider, sessions.checks) as lists:
        with pytest.raises(CallError) as failed:
            await lists.all()
    assert failed.value.trouble is Trouble.ROLE_MISSING


async def test_nobody_listening_is_a_call_error(make_provider, sessions, resource, closed_port):
    provider = make_provider()
    await provider.headers(resource)
    dead = replace(resource, endpoint=closed_port.replace("http:", "https:"), timeout_s=10)
    async with open_blocklists(dead, provider, sessions.checks) as lists:
        with pytest.raises(CallError) as failed:
            await lists.all()
    assert failed.value.trouble is Trouble.REFUSED


async def test_without_a_token_it_is_a_token_error(provider, sessions, resource, emulator):
    emulator.state.scenarios.add(Scenario(Effect(entra=EntraFault.WRONG_SECRET), service="entra"))
    async with open_blocklists(resource, provider, sessions.checks) as lists:
        with pytest.raises(TokenError, match="7000215"):
            await lists.all()
