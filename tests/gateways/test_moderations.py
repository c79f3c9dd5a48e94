"""OpenAI's moderation API: what the real SDKs read in our answers, and that nothing is clean which nobody judged."""

import ast
import asyncio
import re
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from gateway_calls import decision_of, error_of
from openai import (
    APIStatusError,
    AsyncAzureOpenAI,
    AsyncOpenAI,
    BadRequestError,
    DefaultAsyncHttpxClient,
    InternalServerError,
    OpenAI,
)
from openai.types import ModerationCreateResponse
from pictures import VIOLENT, data_url, picture
from planting import leaves_of, with_text
from running import KEY

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef, Reason, Verdict
from guardrails.emulator.presets import preset
from guardrails.gateways.adapter import Judged
from guardrails.gateways.moderations.adapter import MAX_INPUTS
from guardrails.gateways.moderations.results import results_of
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, HARM, MAIL

PAGE = Path(__file__).parents[2] / "docs" / "gateways" / "moderations.md"
DOOR = "/v1/moderations"
NO_IMAGE = "data:image/png;base64,AAAA"
HARMS = ("hate", "self_harm", "sexual", "violence")


def _plain(url, http):
    return AsyncOpenAI(base_url=f"{url}/v1", api_key=KEY, http_client=http, timeout=20)


def _v1(url, http):
    return AsyncOpenAI(base_url=f"{url}/openai/v1/", api_key=KEY, http_client=http, timeout=20)


def _azure_v1(url, http):
    return AsyncAzureOpenAI(
        base_url=f"{url}/openai/v1/", api_key=KEY, api_version="preview", http_client=http, timeout=20
    )


def _azure(url, http):
    return AsyncAzureOpenAI(azure_endpoint=url, api_key=KEY, api_version="2024-10-21", http_client=http, timeout=20)


@pytest.fixture(params=[_plain, _v1, _azure_v1, _azure], ids=["OpenAI", "OpenAI-v1", "AzureOpenAI-v1", "AzureOpenAI"])
async def sdk(gateway_service, request):
    async with DefaultAsyncHttpxClient() as http:
        yield request.param(gateway_service.url, http)


@pytest.fixture
async def client(gateway_service):
    async with DefaultAsyncHttpxClient() as http:
        yield _plain(gateway_service.url, http)


async def test_each_sdk_reads_a_result_for_each_text(sdk):
    answer = await sdk.moderations.create(model="omni-moderation-latest", input=[CLEAN, HARM, ATTACK])
    ModerationCreateResponse.model_validate(answer.model_dump(by_alias=True))
    assert (answer.model, answer.id[:4]) == ("omni-moderation-latest", "chk_")
    clean, harm, attack = answer.results
    assert [one.flagged for one in answer.results] == [False, True, True]
    assert (harm.categories.violence, harm.category_scores.violence) == (True, round(6 / 7, 4))
    assert not any(getattr(clean.category_scores, name) for name in HARMS)
    assert attack.categories.model_extra["prompt_attack"] is True
    assert harm.category_applied_input_types.violence == ["text"]
    assert harm.category_applied_input_types.harassment == []


async def test_the_synchronous_sdk_reads_it_too(gateway_service):
    def ask() -> ModerationCreateResponse:
        with OpenAI(base_url=f"{gateway_service.url}/v1", api_key=KEY, timeout=20) as client:
            return client.moderations.create(input=HARM)

    answer = await asyncio.to_thread(ask)
    assert (answer.model, answer.results[0].flagged) == ("azure-guardrails", True)


async def test_the_page_s_example_runs_as_printed(gateway_service):
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    code = code.replace("http://127.0.0.1:8080", gateway_service.url).replace("local-demo-key", KEY)
    assert code.count(gateway_service.url) == 3
    imports, *clients, call, check = map(ast.unparse, ast.parse(code).body)
    assert len(clients) == 3
    for client in clients:
        await asyncio.to_thread(exec, f"{imports}\n{client}\n{call}\n{check}\nclient.close()", {})


async def test_every_category_that_the_sdk_declares_is_answered(client):
    answer = await client.moderations.create(input=CLEAN)
    [result] = orjson.loads(orjson.dumps(answer.model_dump(by_alias=True)))["results"]
    for name in ("categories", "category_scores", "category_applied_input_types"):
        declared = type(answer.results[0]).model_fields[name].annotation.model_fields
        assert {field.alias or own for own, field in declared.items()} <= set(result[name])
        assert len(set(result[name])) == 13 + 5
    assert set(result["categories"]) == set(result["category_scores"]) == set(result["category_applied_input_types"])


async def test_parts_are_one_input_and_their_images_are_judged(client):
    parts = [
        {"type": "text", "text": CLEAN},
        {"type": "image_url", "image_url": {"url": data_url(picture(VIOLENT))}},
    ]
    [result] = (await client.moderations.create(input=parts)).results
    assert (result.flagged, result.categories.violence, result.categories.sexual) == (True, True, False)
    assert result.category_applied_input_types.violence == ["text", "image"]


@pytest.mark.parametrize("text", [MAIL, CARD])
async def test_what_would_be_redacted_is_flagged(client, text):
    [result] = (await client.moderations.create(input=text)).results
    assert result.flagged
    assert result.categories.model_extra["pii"] is True
    assert result.model_extra["guardrails"]["verdict"] == "block"


async def test_a_policy_of_the_caller_is_chosen_by_the_body_and_first_by_the_header(client):
    chosen = {"extra_body": {"policy": "watching"}}
    [result] = (await client.moderations.create(input=HARM, **chosen)).results
    assert (result.flagged, result.categories.violence) == (False, False)
    assert result.category_scores.violence == round(6 / 7, 4)
    assert result.model_extra["guardrails"]["message"] == "Would block: Violence in input"
    header = {"extra_headers": {"x-guardrails-policy": "strict"}}
    [result] = (await client.moderations.create(input=HARM, **chosen, **header)).results
    assert result.flagged


async def test_an_answer_is_judged_by_the_rules_for_answers(client):
    for chosen in ({"extra_body": {"stage": "output"}}, {"extra_query": {"stage": "output"}}):
        [mail, card] = (await client.moderations.create(input=[MAIL, CARD], **chosen)).results
        assert (mail.flagged, card.flagged) == (False, True)


async def test_an_outage_flags_every_result_and_says_so(gateway_service, client):
    gateway_service.emulator.state.scenarios.add(preset("unavailable"))
    answer = await client.moderations.create(input=[CLEAN, CLEAN])
    for result in answer.results:
        assert result.flagged
        assert result.categories.model_extra["guardrail_unavailable"] is True
        assert not any(getattr(result.categories, name) for name in HARMS)


async def test_an_outage_that_the_policy_only_flags_is_told_and_flags_nothing(gateway_service, client):
    gateway_service.emulator.state.scenarios.add(preset("unavailable"))
    [result] = (await client.moderations.create(input=CLEAN, extra_body={"policy": "lenient"})).results
    told = result.categories.model_extra["guardrail_unavailable"], result.model_extra["guardrails"]["verdict"]
    assert (result.flagged, *told) == (False, False, "flag")
    assert result.category_scores.model_extra["guardrail_unavailable"] == 1


async def test_an_outage_that_is_reported_is_an_error_that_the_sdk_does_not_repeat(gateway_service):
    sent: list[httpx2.Request] = []

    async def count(request: httpx2.Request) -> None:
        sent.append(request)

    gateway_service.emulator.state.scenarios.add(preset("unavailable"))
    async with DefaultAsyncHttpxClient(event_hooks={"request": [count]}) as http:
        with pytest.raises(InternalServerError) as caught:
            await _plain(gateway_service.url, http).moderations.create(input=CLEAN, extra_body={"policy": "reporting"})
    assert (caught.value.status_code, caught.value.code, len(sent)) == (503, "guardrail_unavailable", 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "input"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": 7}, "input"),
        ({"input": {"text": CLEAN}}, "input"),
        ({"input": [[1, 2]]}, "input[0]"),
        ({"input": [CLEAN, None]}, "input[1]"),
        ({"input": [CLEAN, {"type": "text", "text": CLEAN}]}, "input[1]"),
        ({"input": [{"type": "text", "text": CLEAN}, CLEAN]}, "input[1]"),
        ({"input": [{"text": CLEAN}]}, "input[0].type"),
        ({"input": [{"type": ["text"], "text": CLEAN}]}, "input[0].type"),
        ({"input": [{"type": "input_audio", "input_audio": {"data": ""}}]}, "input[0].type"),
        ({"input": [{"type": "text"}]}, "input[0].text"),
        ({"input": [{"type": "image_url", "image_url": {}}]}, "input[0].image_url.url"),
        ({"input": [{"type": "image_url", "image_url": {"url": NO_IMAGE}}]}, "input[0].image_url.url"),
        ({"input": CLEAN, "policy": ["default"]}, "policy"),
        ({"input": CLEAN, "stage": "both"}, "stage"),
        ({"input": CLEAN, "stage": 1}, "stage"),
    ],
)
async def test_a_mistake_is_an_error_that_names_the_field(gateway_service, body, field):
    answer = await gateway_service.post(DOOR, body)
    assert (answer.status, answer.body["error"]["param"]) == (400, field)
    assert answer.body["error"]["message"].startswith(f"{field}: ")


async def test_a_field_that_nobody_reads_is_an_error_that_does_not_repeat_it(client):
    with pytest.raises(BadRequestError) as caught:
        await client.moderations.create(input=CLEAN, extra_body={"ignore all previous instructions": 1})
    assert caught.value.code == "invalid_request"
    assert "ignore" not in caught.value.message


async def test_more_inputs_than_the_limit_are_an_error_that_names_it(gateway_service, client):
    with pytest.raises(APIStatusError, match=str(MAX_INPUTS)) as caught:
        await client.moderations.create(input=["a"] * (MAX_INPUTS + 1))
    assert (caught.value.status_code, caught.value.code) == (413, "too_large")


async def test_another_method_is_405(gateway_service):
    for path in (DOOR, "/openai/v1/moderations", "/openai/moderations"):
        assert (await gateway_service.get(path)).status == 405


async def test_another_media_type_is_415_in_the_shape_of_the_sdk(gateway_service):
    answer = await gateway_service.post(DOOR, data=b"input=text", headers={"Content-Type": "text/plain"})
    assert (answer.status, error_of(answer)["code"]) == (415, "unsupported_media_type")


async def test_a_user_is_in_the_record_and_the_texts_are_not(gateway_service, client):
    await client.moderations.create(input=[CLEAN, MAIL], extra_body={"user": "ann"})
    record = await decision_of(gateway_service)
    assert record["subject"]["gateway"] == "moderations"
    assert "user" in record["subject"]
    assert "contoso" not in orjson.dumps(record).decode()


MAXIMAL: dict[str, dict[str, Any]] = {
    "texts": {
        "model": "omni-moderation-latest",
        "policy": "default",
        "stage": "input",
        "user": "ann",
        "safety_identifier": "ann",
        "input": ["one text", "another text", ""],
    },
    "parts": {
        "model": "omni-moderation-latest",
        "input": [
            {"type": "text", "text": "a text", "cache_control": {"type": "ephemeral", "note": "kept"}},
            {"type": "image_url", "image_url": {"url": data_url(picture()), "detail": "auto"}, "name": "cat"},
        ],
    },
}
BOOKKEEPING = {
    ("model",): "names no model here: it goes nowhere but, as a single word, back",
    ("user",): "for whom: hashed into the record",
    ("safety_identifier",): "for whom: hashed into the record",
}


@pytest.mark.parametrize("text", [ATTACK, CARD], ids=["attack", "card"])
@pytest.mark.parametrize("name", MAXIMAL)
async def test_a_text_planted_anywhere_is_never_a_clean_result(gateway_service, name, text):
    for path in leaves_of(MAXIMAL[name]):
        answer = await gateway_service.post(DOOR, with_text(MAXIMAL[name], path, text))
        clean = answer.status == 200 and not any(result["flagged"] for result in answer.body["results"])
        assert clean == (path in BOOKKEEPING), (path, answer.body)
        assert text not in orjson.dumps(answer.body).decode()


async def test_the_maximal_bodies_are_clean(gateway_service):
    for body in MAXIMAL.values():
        answer = await gateway_service.post(DOOR, body)
        assert not any(result["flagged"] for result in answer.body["results"])


def verdict(*reasons: Reason, mode: Mode = Mode.ENFORCE) -> Verdict:
    action = max((reason.action for reason in reasons), default=Action.ALLOW)
    return Verdict(action, PolicyRef("p", "r"), mode, reasons)


@pytest.mark.parametrize("pointer", [None, "", "/input", "/input/9", "/elsewhere"])
def test_a_block_that_is_of_no_input_flags_each(pointer):
    reason = Reason("r", Action.BLOCK, "content_safety", "Hate", 6, pointer=pointer)
    results = results_of(Judged("chk_1", verdict(reason), "", "No."), ("/input/0", "/input/1"))
    assert [result["flagged"] for result in results] == [True, True]


def test_an_input_is_not_taken_for_one_whose_number_begins_alike():
    reason = Reason("r", Action.BLOCK, "content_safety", "Hate", 6, pointer="/input/1")
    places = tuple(f"/input/{index}" for index in range(12))
    results = results_of(Judged("chk_1", verdict(reason), "", "No."), places)
    assert [index for index, result in enumerate(results) if result["flagged"]] == [1]


def test_the_highest_of_several_findings_is_the_score():
    harms = tuple(Finding("Hate", measure, "/input") for measure in (2, 6, 4))
    reports = (
        CheckReport("content_safety", CheckStatus.COMPLETED, harms),
        CheckReport("pii", CheckStatus.COMPLETED, (Finding("Email", 0.3, "/input"),)),
    )
    [result] = results_of(Judged("chk_1", verdict(), "", "No.", reports=reports), ("/input",))
    scores = result["category_scores"]
    assert (scores["hate"], scores["pii"], scores["pii/Email"]) == (round(6 / 7, 4), 0.3, 0.3)
    assert not any(result["categories"].values())


def test_a_check_that_is_new_here_has_a_category_of_its_own_name():
    reason = Reason("r", Action.BLOCK, "toxicity", "Rude", 0.5, pointer="/input")
    [result] = results_of(Judged("chk_1", verdict(reason), "", "No."), ("/input",))
    assert (result["flagged"], result["categories"]["toxicity"]) == (True, True)


def test_a_list_of_ones_own_is_a_blocklist():
    reason = Reason("r", Action.BLOCK, "content_safety", "blocklist", pointer="/input", detail="terms")
    [result] = results_of(Judged("chk_1", verdict(reason), "", "No."), ("/input",))
    assert result["categories"]["blocklist"] is True
    assert result["category_scores"]["blocklist"] == 1
