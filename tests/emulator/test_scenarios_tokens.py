"""What a scenario does to tokens."""

import asyncio

import pytest
from azure_calls import until
from emulator.azure_paths import BODIES, V1

from guardrails.emulator.presets import preset
from guardrails.emulator.scenarios import (
    Effect,
    Scenario,
)

HELLO = BODIES[V1]


@pytest.fixture
def ask_token(emulator, emulator_session):
    async def ask():
        config = emulator.config
        form = {
            "client_id": config.client_id,
            "client_secret": config.client_secret,
            "grant_type": "client_credentials",
            "scope": "https://cognitiveservices.azure.com/.default",
        }
        async with emulator_session.post(f"/{config.tenant_id}/oauth2/v2.0/token", data=form) as answer:
            return answer.status, answer.headers, await answer.json()

    return ask


@pytest.mark.parametrize(
    ("name", "status", "number"),
    [
        ("token_outage", 503, 90033),
        ("token_throttled", 429, 90055),
        ("secret_expired", 401, 7000222),
        ("wrong_secret", 401, 7000215),
        ("unknown_tenant", 400, 90002),
        ("unknown_app", 400, 700016),
        ("unknown_resource", 400, 500011),
        ("federation_mismatch", 401, 70021),
    ],
)
async def test_a_token_fault_has_its_status_and_number(emulator, ask_token, name, status, number):
    emulator.state.scenarios.add(preset(name))
    given, headers, body = await ask_token()
    assert (given, body["error_codes"]) == (status, [number])
    assert headers["x-ms-request-id"] == body["trace_id"]
    assert ("Retry-After" in headers) == (name == "token_throttled")


async def test_a_hanging_or_slow_token_endpoint(emulator, ask_token):
    emulator.state.scenarios.add(preset("token_hang", times=1), Scenario(Effect(latency_ms=50), service="entra"))
    hanging = asyncio.create_task(ask_token())
    await until(lambda: len(emulator.state.scenarios) == 1)  # the first call has met its scenario
    done, _ = await asyncio.wait([hanging], timeout=0.2)
    assert not done
    hanging.cancel()
    assert (await ask_token())[0] == 200


async def test_tokens_of_the_wrong_audience_are_turned_away_by_the_services(emulator, emulator_session, ask_token):
    emulator.state.scenarios.add(preset("wrong_audience", times=1))
    statuses = []
    for _ in range(2):
        headers = {"Authorization": f"Bearer {(await ask_token())[2]['access_token']}"}
        async with emulator_session.post(V1, json=HELLO, headers=headers) as answer:
            statuses.append(answer.status)
    assert statuses == [401, 200]
