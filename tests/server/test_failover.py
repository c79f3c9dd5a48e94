"""A model with several deployments, through the whole service: one answers for another, and never hides a mistake."""

import pytest
from passing_time import let_hangs_last

from guardrails.emulator.config import DEFAULT_DEPLOYMENTS, Deployment, EmulatorConfig
from guardrails.emulator.presets import preset
from guardrails.emulator.scenarios import Effect, Scenario

CHAT = {"model": "gpt", "messages": [{"role": "user", "content": "say: hello"}]}
POLICY = {"checks": {"content_safety": {}}, "rules": [{"id": "any", "check": "content_safety", "action": "flag"}]}


@pytest.fixture
def emulator_config():
    spare = Deployment("gpt-spare", "gpt-4o-mini")
    return EmulatorConfig(deployments=(*DEFAULT_DEPLOYMENTS, spare))


@pytest.fixture
async def service(start_service, emulator, pass_time):
    let_hangs_last(emulator, pass_time, 31)
    account = {"endpoint": emulator.url, "credential": "corp", "timeout_s": 30}
    return await start_service(
        policies={"default": POLICY},
        settings={
            "accounts": {"west": account},
            "models": {
                "gpt": {
                    "timeout_s": 100,
                    "deployments": [
                        {"account": "west", "deployment": "gpt-4o", "priority": 1},
                        {"account": "west", "deployment": "gpt-spare", "priority": 2},
                        {
                            "kind": "foundry",
                            "endpoint": emulator.url,
                            "credential": "corp",
                            "deployment": "Phi-4",
                            "priority": 3,
                        },
                    ],
                }
            },
        },
    )


def trouble(service, name, deployment="gpt-4o", **narrowed):
    service.emulator.state.scenarios.add(preset(name, service="chat", deployment=deployment, **narrowed))


def asked(service) -> list[str | None]:
    return [call.deployment for call in service.emulator.state.journal.of("chat")]


async def tries(service) -> dict[tuple[str, str], float]:
    text = (await service.get("/metrics")).body
    found = {}
    for line in text.splitlines():
        if line.startswith("guardrails_upstream_attempts_total{"):
            labels = dict(pair.split("=") for pair in line[line.index("{") + 1 : line.index("}")].split(","))
            assert labels["model"] == '"gpt"'
            found[labels["deployment"].strip('"'), labels["outcome"].strip('"')] = float(line.rsplit(" ", 1)[1])
    return found


FAILING = {
    "throttled": "throttled",
    "throttled_without_retry_after": "throttled",
    "server_error": "unavailable",
    "unavailable": "unavailable",
    "unavailable_with_retry_after": "unavailable",
    "reset": "network",
    "hang": "deadline",
    "truncated": "bad_response",
    "not_json": "bad_response",
    "empty_body": "bad_response",
}


@pytest.mark.parametrize(("name", "outcome"), FAILING.items())
async def test_the_next_deployment_answers_and_both_are_counted(service, name, outcome):
    trouble(service, name)
    answer = await service.post("/v1/chat/completions", CHAT)
    assert answer.status == 200
    assert answer.body["choices"][0]["message"]["content"] == "hello"
    assert answer.headers["x-ms-deployment-name"] == "gpt-spare"
    assert asked(service) == ["gpt-4o", "gpt-spare"]
    assert await tries(service) == {("west/gpt-4o", outcome): 1, ("west/gpt-spare", "ok"): 1}


MISTAKES = {
    "token_rejected": (401, "unauthorized"),
    "role_missing": (401, "unauthorized"),
    "network_rules": (403, "forbidden"),
    "unknown_deployment": (404, "not_found"),
    "regional_endpoint": (400, "rejected"),
}


@pytest.mark.parametrize(("name", "told"), MISTAKES.items())
async def test_a_mistake_in_the_settings_is_not_hidden_behind_another_deployment(service, name, told):
    trouble(service, name)
    answer = await service.post("/v1/chat/completions", CHAT)
    assert answer.status == told[0]
    assert set(asked(service)) == {"gpt-4o"}
    assert await tries(service) == {("west/gpt-4o", told[1]): 1}


async def test_the_one_that_was_throttled_is_left_alone_for_the_time_it_asked(service):
    busy = Scenario(Effect(status=503, retry_after=50), service="chat", deployment="gpt-4o", times=1)
    service.emulator.state.scenarios.add(busy)
    for _ in range(3):
        assert (await service.post("/guarded-chat", CHAT)).status == 200
    assert asked(service) == ["gpt-4o", "gpt-spare", "gpt-spare", "gpt-spare"]


async def test_when_all_fail_the_caller_gets_the_first_ones_answer_whole(service):
    trouble(service, "throttled")
    trouble(service, "server_error", "gpt-spare")
    trouble(service, "reset", "Phi-4")
    answer = await service.post("/v1/chat/completions", CHAT)
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "1"
    assert answer.body["error"]["code"]
    assert asked(service) == ["gpt-4o", "gpt-spare", "Phi-4"]
    assert answer.headers["x-guardrails-verdict"] == "allow"


async def test_a_model_of_another_kind_may_take_over(service):
    trouble(service, "throttled")
    trouble(service, "unavailable", "gpt-spare")
    assert (await service.post("/v1/chat/completions", CHAT)).status == 200
    (*_, last) = service.emulator.state.journal.of("chat")
    assert (last.path, last.body["model"]) == ("/models/chat/completions", "Phi-4")


async def test_a_request_that_is_refused_as_such_costs_one_call(service):
    filtered = [{"role": "user", "content": "azure-filter-prompt"}]
    answer = await service.post("/v1/chat/completions", {**CHAT, "messages": filtered})
    assert answer.status == 400
    assert asked(service) == ["gpt-4o"]


async def test_callers_see_the_model_and_not_its_deployments(service):
    answer = await service.get("/v1/models")
    assert [model["id"] for model in answer.body["data"]] == ["gpt"]


async def test_a_failed_over_request_leaves_a_line_in_the_log_and_no_content(service, capsys):
    trouble(service, "throttled")
    await service.post("/v1/chat/completions", CHAT)
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "deployment_failed_next_is_asked" in line]
    assert '"deployment":"west/gpt-4o"' in line.replace(" ", "")
    assert '"reason":"throttled"' in line.replace(" ", "")
    assert "hello" not in line
