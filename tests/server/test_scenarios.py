"""Every scenario of the emulator ends in the answer the contract promises: never a 500, never a silent pass."""

import pytest
from passing_time import let_hangs_last

from guardrails.emulator.presets import PRESETS, preset

CHECKS = {"pii": "language", "content_safety": "content_safety", "prompt_shield": "prompt_shield"}
DOORS = {"pii": "/check/pii", "content_safety": "/check/content-safety", "prompt_shield": "/check/prompt-shield"}
POLICY = {
    "checks": {name: {} for name in CHECKS},
    "rules": [{"id": f"{name}-any", "check": name, "action": "flag"} for name in CHECKS],
}
CLEAN = {"messages": [{"role": "user", "content": "What is the capital of France?"}]}
CHAT = {"model": "gpt-4o", **CLEAN}

STREAMS_ONLY = {
    "slow_stream",
    "cut_stream",
    "cut_before_first_event",
    "reset_stream",
    "reset_before_first_event",
    "silent_stream",
    "silent_before_first_event",
    "stream_without_done",
    "stream_ends_early",
    "empty_stream",
    "error_event",
    "malformed_event",
}
HARMLESS = {"latency", "filter_error"} | STREAMS_ONLY
"""Troubles that the text's way to a verdict survives, or that cannot meet a call that does not stream."""
KEYS_ONLY = {"invalid_key", "keys_disabled"}
REASONS = {
    "throttled": {"throttled", "deadline"},
    "throttled_without_retry_after": {"throttled", "deadline"},
    "server_error": {"unavailable"},
    "server_error_with_retry_after": {"unavailable", "deadline"},
    "unavailable": {"unavailable"},
    "unavailable_with_retry_after": {"unavailable", "deadline"},
    "reset": {"network"},
    "hang": {"deadline"},
    "truncated": {"bad_response", "network"},
    "truncated_chunked": {"bad_response", "network"},
    "not_json": {"bad_response"},
    "wrong_shape": {"bad_response"},
    "empty_body": {"bad_response"},
    "unknown_deployment": {"rejected"},
    "document_error": {"document_error"},
    "token_outage": {"token"},
    "token_hang": {"token", "deadline"},
    "slow_token": {"token", "deadline"},
    "token_throttled": {"token", "deadline"},
    "secret_expired": {"token"},
    "wrong_secret": {"token"},
    "unknown_tenant": {"token"},
    "unknown_app": {"token"},
    "unknown_resource": {"token"},
    "federation_mismatch": {"token"},
    "wrong_audience": {"unauthorized"},
    "token_rejected": {"unauthorized"},
    "role_missing": {"forbidden", "unauthorized"},
    "role_propagation": {"forbidden", "unauthorized"},
    "invalid_key": {"unauthorized"},
    "keys_disabled": {"forbidden"},
    "regional_endpoint": {"rejected", "unauthorized", "forbidden"},
    "network_rules": {"forbidden"},
}


def _services_met(name: str) -> set[str]:
    service = PRESETS[name].service
    return {"language", "content_safety", "prompt_shield", "chat"} if service == "*" else {service}


def policy_for(name):
    """A deadline that is over soon, but only where a check may as well fail for that."""
    return {**POLICY, "deadline_ms": 1200} if "deadline" in REASONS[name] else POLICY


CHECK_CASES = [
    (name, check)
    for name in PRESETS
    for check, service in CHECKS.items()
    if name not in HARMLESS and (PRESETS[name].service == "entra" or service in _services_met(name))
]


@pytest.fixture
def put_in_force(emulator):
    def add(name, service):
        known = PRESETS[name].service
        emulator.state.scenarios.add(preset(name, service=service if known == "*" else None))

    return add


def test_this_table_knows_every_scenario():
    assert set(REASONS) | HARMLESS == set(PRESETS)


@pytest.mark.parametrize(("name", "check"), CHECK_CASES)
async def test_a_scenario_fails_its_check_and_blocks(start_service, put_in_force, name, check):
    service = await start_service(policies={"default": policy_for(name)})
    put_in_force(name, CHECKS[check])
    answer = await service.post(DOORS[check], CLEAN)
    assert answer.status == 200
    assert (answer.body["verdict"], answer.body["blocked"], answer.body["degraded"]) == ("block", True, True)
    (report,) = answer.body["checks"]
    assert report["status"] == "failed"
    assert report["reason"] in REASONS[name]
    assert answer.body["reasons"][0]["rule"] == "on_failure"
    assert answer.body["coverage"][0]["checks"] == []
    assert answer.body["coverage"][0]["not_read"][0]["check"] == check


@pytest.mark.parametrize("name", sorted(HARMLESS))
async def test_what_harms_no_verdict_ends_in_a_clean_one(start_service, put_in_force, name):
    service = await start_service(policies={"default": POLICY})
    put_in_force(name, "*")
    answer = await service.post("/guarded-chat", CHAT)
    assert answer.status == 200
    assert answer.headers["x-guardrails-verdict"] == "allow"


async def test_under_on_failure_flag_the_text_passes_and_says_degraded(start_service, put_in_force):
    checks = {name: {"on_failure": "flag"} for name in CHECKS}
    service = await start_service(policies={"default": {**POLICY, "checks": checks}})
    put_in_force("server_error", "language")
    answer = await service.post("/check", CLEAN)
    assert (answer.body["verdict"], answer.body["blocked"], answer.body["degraded"]) == ("flag", False, True)
    assert {report["check"]: report["status"] for report in answer.body["checks"]}["pii"] == "failed"
    assert answer.body["coverage"][0]["not_read"] == [{"check": "pii", "why": "failed: unavailable"}]


@pytest.mark.parametrize("name", [name for name in PRESETS if name not in HARMLESS | {"unknown_deployment"}])
async def test_no_scenario_of_a_check_lets_a_chat_through(start_service, put_in_force, name):
    service = await start_service(policies={"default": policy_for(name)})
    for met in sorted(_services_met(name) - {"chat"}):
        put_in_force(name, met)
    answer = await service.post("/guarded-chat", CHAT)
    assert answer.status == 503
    assert answer.body["error"]["code"] == answer.body["code"] == "guardrail_unavailable"
    assert answer.headers["x-should-retry"] == "false"
    assert "Retry-After" in answer.headers
    assert answer.headers["x-guardrails-verdict"] == "block"
    assert service.calls("chat") == 0


CHAT_ANSWERS = {
    "throttled": 429,
    "throttled_without_retry_after": 429,
    "server_error": 500,
    "server_error_with_retry_after": 500,
    "unavailable": 503,
    "unavailable_with_retry_after": 503,
    "reset": 502,
    "hang": 504,
    "truncated": 502,
    "truncated_chunked": 502,
    "not_json": 502,
    "wrong_shape": 502,
    "empty_body": 502,
    "unknown_deployment": 404,
    "token_rejected": 401,
    "role_missing": 401,
    "role_propagation": 401,
    "regional_endpoint": 400,
    "network_rules": 403,
    "invalid_key": 401,
    "keys_disabled": 403,
}


def test_the_chat_table_knows_every_scenario_that_meets_the_model():
    meets = {name for name in PRESETS if "chat" in _services_met(name)}
    assert set(CHAT_ANSWERS) == meets - HARMLESS


@pytest.mark.parametrize(("name", "status"), CHAT_ANSWERS.items())
async def test_a_scenario_of_the_model_keeps_its_status_or_is_a_bad_gateway(
    start_service, put_in_force, emulator, pass_time, name, status
):
    let_hangs_last(emulator, pass_time, 31)
    endpoint = {"endpoint": emulator.url, "credential": "corp", "timeout_s": 30}
    service = await start_service(policies={"default": POLICY}, settings={"accounts": {"aoai": endpoint}})
    put_in_force(name, "chat")
    answer = await service.post("/openai/v1/chat/completions", CHAT)
    assert answer.status == status
    assert "error" in answer.body or "statusCode" in answer.body
    assert answer.headers["x-guardrails-verdict"] == "allow"
    assert answer.headers["x-guardrails-id"].startswith("chk_")
    if name in {"throttled", "unavailable_with_retry_after"}:
        assert answer.headers["Retry-After"] == "1"


async def test_the_models_401_is_tried_once_more_with_a_fresh_token_and_no_more(start_service, put_in_force):
    service = await start_service(policies={"default": POLICY})
    put_in_force("token_rejected", "chat")
    await service.post("/guarded-chat", CHAT)
    assert service.calls("chat") == 2
    assert service.calls("entra") == 2


async def test_a_check_that_fails_on_the_answer_withholds_the_answer(start_service, emulator):
    service = await start_service(policies={"default": POLICY})
    emulator.state.scenarios.add(preset("server_error", service="content_safety", after=1))
    answer = await service.post("/v1/chat/completions", CHAT)
    assert answer.status == 503
    assert answer.body["error"]["code"] == "guardrail_unavailable"
    assert service.calls("chat") == 1
