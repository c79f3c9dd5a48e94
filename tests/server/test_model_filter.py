"""Azure's own filter at the model: passed on as it is, counted, logged without content, and in the record."""

import asyncio
import json

import pytest

from guardrails.emulator.presets import preset

POLICY = {"checks": {"content_safety": {}}, "rules": [{"id": "any", "check": "content_safety", "action": "flag"}]}
NOTHING = {"deployment": "aoai/gpt-4o", "attempts": 1, "filter": [], "filter_categories": []}


@pytest.fixture
async def service(start_service):
    return await start_service(policies={"default": POLICY})


def chat(text: str) -> dict:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": text}]}


async def records(service, count: int) -> list[dict]:
    for _ in range(400):
        if len(service.decisions()) >= count:
            break
        await asyncio.sleep(0.02)
    return service.decisions()


async def counted(service, result: str) -> bool:
    text = (await service.get("/metrics")).body
    return f'guardrails_model_filter_total{{model="gpt-4o",result="{result}"}} 1.0' in text


async def test_a_clean_answer_is_recorded_with_the_deployment_that_gave_it(service):
    await service.post("/guarded-chat", chat("say: hello"))
    asked, answered = await records(service, 2)
    assert (asked["stage"], asked["upstream"]) == ("input", None)
    assert (answered["stage"], answered["upstream"]) == ("output", NOTHING)
    assert "guardrails_model_filter_total{" not in (await service.get("/metrics")).body


@pytest.mark.parametrize(
    ("trigger", "category"), [("azure-filter-prompt", "violence"), ("azure-filter-jailbreak", "jailbreak")]
)
async def test_a_refused_prompt_comes_back_as_azure_said_it_and_is_counted_and_recorded(service, trigger, category):
    answer = await service.post("/v1/chat/completions", chat(trigger))
    assert answer.status == 400
    assert answer.body["error"]["code"] == "content_filter"
    assert set(answer.body["error"]["innererror"]) == {"code", "content_filter_result"}, "Azure's own, not ours"
    assert answer.headers["x-guardrails-verdict"] == "allow"
    assert await counted(service, "prompt_filtered")
    asked, refused = await records(service, 2)
    assert asked["id"] == refused["id"] == answer.headers["x-guardrails-id"]
    assert set(asked) == set(refused)
    assert (refused["stage"], refused["verdict"], refused["blocked"]) == ("output", None, False)
    assert refused["policy"] == asked["policy"]
    assert refused["upstream"] == {**NOTHING, "filter": ["prompt_filtered"], "filter_categories": [category]}


async def test_a_refused_prompt_adds_no_verdict(service):
    await service.post("/v1/chat/completions", chat("azure-filter-prompt"))
    text = (await service.get("/metrics")).body
    assert 'stage="input"' in text
    assert 'stage="output"' not in text


async def test_an_answer_that_azure_cut_stays_cut_and_is_counted_and_recorded(service):
    answer = await service.post("/v1/chat/completions", chat("say: hello there azure-filter-answer"))
    assert answer.status == 200
    assert answer.body["choices"][0]["finish_reason"] == "content_filter"
    assert answer.body["choices"][0]["content_filter_results"]["violence"]["filtered"] is True
    assert await counted(service, "answer_filtered")
    _, answered = await records(service, 2)
    assert answered["upstream"] == {**NOTHING, "filter": ["answer_filtered"], "filter_categories": ["violence"]}


async def test_a_filter_that_could_not_run_is_counted_recorded_and_a_warning_without_content(service, capsys):
    service.emulator.state.scenarios.add(preset("filter_error"))
    answer = await service.post("/v1/chat/completions", chat("say: a very private sentence"))
    assert answer.status == 200
    assert answer.body["choices"][0]["content_filter_results"]["error"]["code"] == "content_filter_error"
    assert await counted(service, "not_filtered")
    _, answered = await records(service, 2)
    assert answered["upstream"] == {**NOTHING, "filter": ["not_filtered"]}
    said = capsys.readouterr().err
    (line,) = [json.loads(line) for line in said.splitlines() if "filter_of_model_could_not_run" in line]
    assert (line["level"], line["model"], line["deployment"]) == ("warning", "gpt-4o", "aoai/gpt-4o")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert "private sentence" not in said


async def test_another_error_of_the_model_leaves_no_record_of_its_own(service):
    service.emulator.state.scenarios.add(preset("server_error", service="chat"))
    assert (await service.post("/v1/chat/completions", chat("hello"))).status == 500
    await service.post("/check", {"text": "later"})
    first, second = await records(service, 2)
    assert (first["door"], second["door"]) == ("/v1/chat/completions", "/check")
