"""Every trouble of a model that streams ends as the contract says: a status code, an error event, or a whole answer."""

import asyncio
import json

import pytest
from passing_time import let_hangs_last

from guardrails.emulator.presets import PRESETS, preset

ENDPOINT_TIMEOUT_S = 30
POLICY = {
    "checks": {name: {} for name in ("pii", "content_safety", "prompt_shield")},
    "rules": [
        {"id": "attack", "stage": "input", "check": "prompt_shield", "action": "block"},
        {"id": "harm", "check": "content_safety", "at_least": 4, "action": "block"},
        {"id": "mail", "check": "pii", "category": "Email", "action": "redact"},
    ],
    "chat": {"stream": {"wait_ms": 100}},
}
CHAT = {
    "model": "gpt-4o",
    "stream": True,
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
}

WHOLE = {"latency", "filter_error", "slow_stream", "stream_without_done", "wrong_shape"}
"""The whole answer comes. An event of no known shape that holds no text passes where it stands."""

ERROR_EVENT = {
    "cut_stream": "upstream_unreachable",
    "reset_stream": "upstream_unreachable",
    "silent_stream": "upstream_timeout",
    "stream_ends_early": "upstream_unreachable",
    "error_event": None,  # the endpoint's own words
}
"""What had come is handed over, then an event tells of the error; its code."""

STATUS = {
    "throttled": 429,
    "throttled_without_retry_after": 429,
    "server_error": 500,
    "server_error_with_retry_after": 500,
    "unavailable": 503,
    "unavailable_with_retry_after": 503,
    "reset": 502,
    "reset_before_first_event": 502,
    "cut_before_first_event": 502,
    "empty_stream": 502,
    "empty_body": 502,
    "hang": 504,
    "silent_before_first_event": 504,
    "not_json": 502,
    "truncated": 502,
    "truncated_chunked": 502,
    "malformed_event": 502,
    "unknown_deployment": 404,
    "token_rejected": 401,
    "role_missing": 401,
    "role_propagation": 401,
    "regional_endpoint": 400,
    "network_rules": 403,
    "invalid_key": 401,
    "keys_disabled": 403,
}
"""Nothing had gone out yet: it is still a status code."""


@pytest.fixture
async def service(start_service, emulator, pass_time):
    let_hangs_last(emulator, pass_time, ENDPOINT_TIMEOUT_S + 1)
    endpoint = {"endpoint": emulator.url, "credential": "corp", "timeout_s": ENDPOINT_TIMEOUT_S}
    return await start_service(policies={"default": POLICY}, settings={"accounts": {"aoai": endpoint}})


def _meets_the_model(name):
    return PRESETS[name].service in {"*", "chat"}


def _events(body):
    return [json.loads(line[6:]) for line in body.split("\n") if line.startswith("data: {")]


def _text(events):
    return "".join(
        choice["delta"].get("content") or ""
        for event in events
        for choice in event.get("choices", ())
        if choice.get("delta")
    )


async def _last_stream(service):
    for _ in range(200):
        told = [record["stream"] for record in service.decisions() if record["stream"]]
        if told:
            return told[-1]
        await asyncio.sleep(0.01)
    return None


def test_this_table_knows_every_scenario_that_meets_the_model():
    assert WHOLE | set(ERROR_EVENT) | set(STATUS) == {name for name in PRESETS if _meets_the_model(name)}


@pytest.mark.parametrize("name", sorted(WHOLE))
async def test_what_harms_no_stream_leaves_it_whole(service, emulator, name):
    emulator.state.scenarios.add(preset(name, service="chat"))
    answer = await service.post("/guarded-chat", CHAT)
    assert answer.status == 200
    assert "capital of France" in _text(_events(answer.body))
    assert (await _last_stream(service))["ending"] == "done"


@pytest.mark.parametrize(("name", "code"), ERROR_EVENT.items())
async def test_a_break_in_the_middle_hands_over_what_came_and_tells_of_the_error(service, emulator, name, code):
    emulator.state.scenarios.add(preset(name, service="chat"))
    answer = await service.post("/v1/chat/completions", CHAT)
    assert answer.status == 200
    last = _events(answer.body)[-1]
    assert last["error"]["message"]
    assert code is None or last["error"]["code"] == code
    assert "[DONE]" not in answer.body or code is None
    if code is not None:
        assert (await _last_stream(service))["ending"] == "broke"


@pytest.mark.parametrize(("name", "status"), STATUS.items())
async def test_before_anything_went_out_it_is_a_status_code(service, emulator, name, status):
    emulator.state.scenarios.add(preset(name, service="chat"))
    answer = await service.post("/openai/v1/chat/completions", CHAT)
    assert answer.status == status
    assert "error" in answer.body or "statusCode" in answer.body
    assert answer.headers["x-guardrails-id"].startswith("chk_")
    if name in {"throttled", "unavailable_with_retry_after"}:
        assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("met", ["language", "content_safety"])
async def test_a_check_that_fails_on_the_first_window_is_a_503_and_no_stream(service, emulator, met):
    emulator.state.scenarios.add(preset("server_error", service=met, after=1))
    answer = await service.post("/guarded-chat", CHAT)
    assert answer.status == 503
    assert answer.body["code"] == "guardrail_unavailable"
    assert answer.headers["x-should-retry"] == "false"
