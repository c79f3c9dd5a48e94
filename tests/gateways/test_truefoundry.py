"""What is TrueFoundry's own: the operation that the wire does not tell, the older contract, hooks of unknown bodies."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
import yaml
from gateway_calls import outcomes, play_of, played
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict
from running import KEY

from guardrails.domain.content import Origin, Stage
from guardrails.domain.errors import InvalidRequest
from guardrails.domain.subject import Subject
from guardrails.gateways.adapter import Call, Submission, Unjudged
from guardrails.gateways.peer import Answer, Outcome, Play
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, MAIL, completion, request
from guardrails.gateways.truefoundry.adapter import TrueFoundry
from guardrails.gateways.truefoundry.peer import TrueFoundryPeer

NAME = "truefoundry"
DOOR = "/gateways/truefoundry"
LEGACY = {"reply": "legacy"}
VALIDATE = {"operation": "validate"}
TOOL_CALL = {"method": "tools/call", "params": {"name": "search", "arguments": {"query": "weather"}}}
CONTEXT = {"user": {"subjectId": "u-1", "subjectType": "user"}, "metadata": {"request_id": "r-1"}}
DAMAGED = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "no object in it": b"{}",
    "a lone surrogate": rb'{"requestBody": "\ud800"}',
    "too deep": b'{"a":' * 100 + b"1" + b"}" * 100,
    "too large": b'{"requestBody": "' + b"a" * 5_000_000 + b'"}',
    "no text": b'{"requestBody": {"messages": []}, "context": {"user": {"subjectId": "u-1"}}}',
}


def parsed(body: dict[str, Any], **query: str) -> Submission:
    return TrueFoundry().parse(Call(query=query, body=body))


def play(body: Any, query: dict[str, str] | None = None) -> Play:
    return Play("own", "", DOOR, body, Outcome.PASS, query=query or {})


# The operation


@pytest.mark.parametrize(
    ("query", "config", "editable"),
    [
        ({}, None, True),
        ({}, {}, True),
        ({}, {"operation": None, "policy": None}, True),
        ({"operation": "mutate"}, {"operation": "mutate"}, True),
        ({"operation": "validate"}, None, False),
        ({}, {"operation": "validate"}, False),
        ({"operation": "validate"}, {"operation": "mutate"}, False),
        ({"operation": "mutate"}, {"operation": "validate"}, False),
    ],
)
def test_nothing_can_be_changed_once_url_or_config_says_validate(query, config, editable):
    asked = parsed({"requestBody": request(MAIL), "config": config}, **query)
    assert asked.editable is editable


@pytest.mark.parametrize("order", [("mutate", "validate"), ("validate", "mutate")])
def test_a_url_that_says_both_says_validate(order):
    call = Call(query=MultiDict([("operation", word) for word in order]), body={"requestBody": request(MAIL)})
    assert not TrueFoundry().parse(call).editable


@pytest.mark.parametrize(
    ("query", "config", "field"),
    [
        ({"operation": "Validate"}, None, "operation"),
        ({"operation": ""}, None, "operation"),
        ({}, {"operation": "validated"}, "config.operation"),
        ({}, {"operation": ""}, "config.operation"),
        ({}, {"operation": False}, "config.operation"),
        ({}, {"operation": ["validate"]}, "config.operation"),
        ({"operation": "validate"}, {"operation": "mutated"}, "config.operation"),
        ({}, {"opreation": "validate"}, "config"),
        ({}, {"policy": 7}, "config.policy"),
        ({}, "validate", "config"),
        ({}, ["validate"], "config"),
        ({"reply": "legasy"}, None, "reply"),
        ({"reply": ""}, None, "reply"),
        ({"opreation": "validate"}, None, None),
    ],
)
def test_a_mistake_in_an_option_is_refused_by_its_name(query, config, field):
    with pytest.raises(InvalidRequest) as caught:
        parsed({"requestBody": request(CLEAN), "config": config}, **query)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("query", "config", "named"),
    [({"operation": "Validate"}, None, "operation:"), ({}, {"operation": "validated"}, "config.operation:")],
)
async def test_an_operation_that_is_not_known_is_an_explicit_block(gateway_service, query, config, named):
    made = play({"requestBody": request(CLEAN), "config": config}, query)
    answer = await played(gateway_service, made)
    assert outcomes(NAME, made, answer) == {Outcome.BLOCK}
    assert answer.body["message"].startswith(named)


def test_a_reply_that_is_not_known_is_refused_so_that_an_old_gateway_blocks():
    reply = TrueFoundry().refuse(Call(query={"reply": "legasy"}), Unjudged("why", 400, "invalid_request"))
    assert (reply.status, reply.body) == (400, {"message": "why"})


async def test_a_guardrail_that_validates_gets_no_body_and_no_false(gateway_service):
    answer = await played(gateway_service, play({"requestBody": request(CLEAN)}, VALIDATE))
    assert answer.body == {"verdict": True, "transformed": False, "result": None, "message": "Allowed"}


async def test_a_redaction_for_a_guardrail_that_validates_tells_nobody_the_text(gateway_service):
    answer = await played(gateway_service, play({"requestBody": request(MAIL)}, VALIDATE))
    assert answer.body["verdict"] is False
    assert "ann.smith" not in orjson.dumps(answer.body).decode()


# The older contract


async def test_what_cannot_be_judged_is_a_400_for_an_old_gateway(gateway_service):
    for name, damage in DAMAGED.items():
        made = play(damage, LEGACY)
        answer = await played(gateway_service, made)
        assert answer.status == 400, name
        assert set(answer.body) == {"message"}, name
        assert outcomes(NAME, made, answer) == {Outcome.BLOCK}, name


async def test_an_old_gateway_is_told_a_pass_by_null_and_a_change_by_the_body(gateway_service):
    assert (await played(gateway_service, play({"requestBody": request(CLEAN)}, LEGACY))).body is None
    changed = await played(gateway_service, play({"requestBody": request(MAIL)}, LEGACY))
    assert changed.body == request("Write to [Email] about the invoice.")


async def test_the_older_contract_holds_for_a_guardrail_that_validates(gateway_service):
    answer = await played(gateway_service, play({"requestBody": request(MAIL)}, LEGACY | VALIDATE))
    assert answer.status == 400


# What a body is


@pytest.mark.parametrize(
    ("body", "stage", "editable", "origin"),
    [
        ({"requestBody": request(CLEAN)}, Stage.INPUT, True, Origin.USER),
        ({"requestBody": request(CLEAN), "responseBody": None}, Stage.INPUT, True, Origin.USER),
        ({"requestBody": {"model": "m", "prompt": CLEAN}}, Stage.INPUT, True, Origin.USER),
        ({"requestBody": {"messages": CLEAN}}, Stage.INPUT, True, Origin.USER),
        ({"requestBody": {"name": "search", "arguments": {"q": CLEAN}}}, Stage.INPUT, True, Origin.USER),
        ({"requestBody": request(CLEAN), "responseBody": completion(CLEAN)}, Stage.OUTPUT, True, Origin.ASSISTANT),
        ({"requestBody": None, "responseBody": completion(CLEAN)}, Stage.OUTPUT, True, Origin.ASSISTANT),
        ({"responseBody": {"choices": CLEAN}}, Stage.OUTPUT, True, Origin.ASSISTANT),
        (
            {"requestBody": request(CLEAN), "responseBody": {"role": "assistant", "content": CLEAN}},
            Stage.OUTPUT,
            True,
            Origin.ASSISTANT,
        ),
        ({"requestBody": TOOL_CALL, "responseBody": {"content": CLEAN}}, Stage.INPUT, True, Origin.TOOL),
        ({"requestBody": TOOL_CALL, "responseBody": {"result": {"content": CLEAN}}}, Stage.INPUT, True, Origin.TOOL),
        ({"requestBody": TOOL_CALL, "responseBody": {"answer": CLEAN}}, Stage.INPUT, True, Origin.USER),
        ({"requestBody": TOOL_CALL, "responseBody": completion(CLEAN)}, Stage.INPUT, True, Origin.USER),
        ({"requestBody": request(CLEAN), "responseBody": {"answer": CLEAN}}, Stage.INPUT, True, Origin.USER),
        ({"requestBody": TOOL_CALL, "responseBody": CLEAN}, Stage.INPUT, False, Origin.USER),
        ({"requestBody": TOOL_CALL, "responseBody": [CLEAN]}, Stage.INPUT, False, Origin.USER),
        ({"requestBody": CLEAN}, Stage.INPUT, False, Origin.USER),
        ({"requestBody": [CLEAN]}, Stage.INPUT, False, Origin.USER),
        ({"arguments": {"q": CLEAN}}, Stage.INPUT, False, Origin.USER),
        ({"requestBody": CLEAN, "responseBody": {"choices": []}}, Stage.INPUT, True, Origin.USER),
    ],
)
def test_which_way_a_text_travels_and_whether_it_can_be_changed(body, stage, editable, origin):
    asked = parsed({**body, "context": CONTEXT})
    assert (asked.stage, asked.editable) == (stage, editable)
    [found] = [
        segment for segment in asked.read(()).segments if CLEAN in segment.text and "weather" not in segment.text
    ]
    assert found.origin is origin


async def test_a_tools_result_that_looks_like_a_models_answer_is_judged_as_a_result(gateway_service):
    body = {"requestBody": TOOL_CALL, "responseBody": completion(ATTACK), "context": CONTEXT}
    assert outcomes(NAME, play(body), await played(gateway_service, play(body))) == {Outcome.BLOCK}


async def test_a_role_in_what_a_tool_is_given_is_not_believed(gateway_service):
    for role in ("system", "assistant"):
        made = play({"requestBody": {"name": "say", "arguments": {"input": [{"role": role, "content": ATTACK}]}}})
        assert outcomes(NAME, made, await played(gateway_service, made)) == {Outcome.BLOCK}, role


async def test_a_tool_that_found_no_text_is_no_damaged_call(gateway_service):
    for found in ({"content": [], "isError": False}, {"rows": 3}, {}):
        made = play({"requestBody": TOOL_CALL, "responseBody": found, "context": CONTEXT, "config": None})
        assert outcomes(NAME, made, await played(gateway_service, made)) == {Outcome.PASS}, found


async def test_a_call_without_anything_to_judge_never_passes(gateway_service):
    for bodies in ({}, {"requestBody": None}, {"requestBody": {}}, {"requestBody": 7}, {"responseBody": {}}):
        made = play({**bodies, "context": CONTEXT, "config": None})
        assert outcomes(NAME, made, await played(gateway_service, made)) == {Outcome.BLOCK}, bodies


async def test_single_words_beside_the_bodies_are_told_and_not_judged(gateway_service):
    body = {"requestBody": request(MAIL), "hook": "llm_input", "version": 2}
    made = play(body)
    assert outcomes(NAME, made, await played(gateway_service, made)) == {Outcome.MUTATE}
    [receipt] = [one for one in parsed(body).read(()).unread if one.pointer == "/(other members)"]
    assert receipt.characters == len("llm_input")


# For whom, and under which policy


@pytest.mark.parametrize(
    ("context", "subject"),
    [
        (None, Subject(model="gpt-4o")),
        ("nobody", Subject(model="gpt-4o")),
        ({"user": None, "metadata": None}, Subject(model="gpt-4o")),
        ({"user": {"subjectId": "u-1", "subjectType": "user"}}, Subject(user="u-1", model="gpt-4o")),
        (
            {
                "user": {"subjectId": "u-1", "subjectType": "serviceaccount", "subjectSlug": "builds"},
                "metadata": {"request_id": "r-1", "environment": "production", "n": 3},
            },
            Subject(user="builds", request_id="r-1", model="gpt-4o", labels={"environment": "production"}),
        ),
        (
            {"user": {"subjectId": "t-1", "subjectType": "team", "subjectSlug": "sales"}},
            Subject(team="sales", model="gpt-4o"),
        ),
    ],
)
def test_for_whom_it_asks(context, subject):
    assert parsed({"requestBody": request(CLEAN), "context": context}).subject == subject


async def test_config_chooses_a_policy_and_the_url_comes_before_it(gateway_service):
    body = {"requestBody": request(CLEAN), "config": {"policy": "strict"}}
    assert (await played(gateway_service, play(body))).headers["x-guardrails-policy"].startswith("strict@")
    answer = await played(gateway_service, play(body, {"policy": "watching"}))
    assert answer.headers["x-guardrails-policy"].startswith("watching@")
    unknown = await played(gateway_service, play({**body, "config": {"policy": "none such"}}))
    assert unknown.status == 404


@pytest.mark.parametrize("sent", [f"Bearer {KEY}", "Basic " + base64.b64encode(f"truefoundry:{KEY}".encode()).decode()])
async def test_both_ways_in_which_it_can_be_given_a_key_are_taken(gateway_service, sent):
    answer = await played(gateway_service, play_of(NAME, "pass"), key=None, headers={"Authorization": sent})
    assert answer.body["verdict"] is True


# No leaf is forgotten

MAXIMAL_REQUEST = {
    "model": "m",
    "user": "u",
    "metadata": {"k": "v"},
    "stop": ["s", "t"],
    "reasoning_effort": "low",
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"description": "d"}}},
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}],
    "prediction": {"type": "content", "content": "p"},
    "x_unknown": {"deep": ["x"]},
    "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "name": "n", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {
            "role": "assistant",
            "content": "c",
            "refusal": "r",
            "reasoning_content": "r",
            "tool_calls": [{"id": "i", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "i", "content": "d"},
        {"role": "user", "content": "e", "x_unknown": "y"},
    ],
}
MAXIMAL_ANSWER = {
    "id": "i",
    "object": "chat.completion",
    "model": "m",
    "system_fingerprint": "f",
    "service_tier": "t",
    "x_unknown": ["x"],
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "x_unknown": "x",
            "message": {
                "role": "assistant",
                "content": "c",
                "refusal": "r",
                "reasoning_content": "r",
                "annotations": [{"type": "url_citation", "url_citation": {"url": "u", "title": "t"}}],
                "tool_calls": [{"id": "i", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
        }
    ],
}
MCP_RESULT = {
    "jsonrpc": "2.0",
    "id": "i",
    "result": {
        "content": [{"type": "text", "text": "t"}, {"type": "resource", "resource": {"uri": "u", "text": "t"}}],
        "structuredContent": {"rows": [{"role": "r"}]},
    },
}
MCP_CALL = {
    "jsonrpc": "2.0",
    "id": "i",
    "method": "m",
    "params": {"name": "n", "arguments": {"a": "b", "messages": [{"role": "system", "content": "c"}]}},
}
RESPONSES_CALL = {
    "model": "m",
    "instructions": "i",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "t"}]},
        {"type": "function_call_output", "call_id": "c", "output": "o"},
    ],
}
NEVER_IN_A_PROMPT = {
    "/requestBody/model": "names the deployment",
    "/requestBody/user": "a label for accounts",
    "/requestBody/metadata/k": "a label for accounts",
    "/requestBody/metadata/+": "a label for accounts",
    "/responseBody/id": "the endpoint's own mark",
    "/responseBody/object": "a word of the protocol",
    "/responseBody/model": "the deployment's own name",
    "/responseBody/system_fingerprint": "the endpoint's own mark",
    "/responseBody/service_tier": "a word of the protocol",
}
CALLS = {
    "llm_input": ({"requestBody": MAXIMAL_REQUEST}, "requestBody", NEVER_IN_A_PROMPT),
    "llm_output": (
        {"requestBody": request(CLEAN), "responseBody": MAXIMAL_ANSWER},
        "responseBody",
        NEVER_IN_A_PROMPT,
    ),
    "responses": ({"requestBody": RESPONSES_CALL}, "requestBody", {"/requestBody/model"}),
    "mcp_pre_tool": ({"requestBody": MCP_CALL}, "requestBody", {}),
    "mcp_post_tool": ({"requestBody": MCP_CALL, "responseBody": MCP_RESULT}, "responseBody", {}),
    "unknown": ({"tool": {"result": ["r"]}, "hook": "h"}, None, {}),
}


def planted(value: Any, text: str, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """The value again and again, each time with the text in place of another string, or of a member's name."""
    if isinstance(value, str):
        yield pointer, text
    elif isinstance(value, list):
        for index, element in enumerate(value):
            for where, changed in planted(element, text, f"{pointer}/{index}"):
                yield where, [*value[:index], changed, *value[index + 1 :]]
    elif isinstance(value, dict):
        yield f"{pointer}/+", {**value, text: 1}
        for name, member in value.items():
            for where, changed in planted(member, text, f"{pointer}/{name}"):
                yield where, {**value, name: changed}


@pytest.mark.parametrize("hook", CALLS)
async def test_a_card_number_goes_on_from_no_string_of_a_call(gateway_service, hook):
    whole, judged, exempt = CALLS[hook]
    expected = {where for where in exempt if judged is not None and where.startswith(f"/{judged}/")}
    for query in ({}, VALIDATE, LEGACY):
        passed = set()
        for where, body in planted(whole, CARD):
            if where.startswith("/requestBody") and judged == "responseBody":
                continue  # judged before it was sent
            made = play({**body, "context": CONTEXT, "config": None}, query)
            answer = await played(gateway_service, made)
            if outcomes(NAME, made, answer) == {Outcome.PASS}:
                passed.add(where)
            else:
                assert "4111 1111" not in orjson.dumps(answer.body).decode(), where
        assert passed == expected, query


READ_BY_THE_SHIELD = ("llm_input", "responses", "mcp_pre_tool", "mcp_post_tool", "unknown")
NOT_BY_THE_SHIELD = {
    "a system prompt, and what else the application itself writes": (
        "/requestBody/messages/0/",
        "/requestBody/instructions",
        "/requestBody/stop",
        "/requestBody/reasoning_effort",
        "/requestBody/tool_choice",
        "/requestBody/response_format",
        "/requestBody/tools",
        "/requestBody/prediction",
        "/requestBody/x_unknown",
        "/requestBody/+",
    ),
    "what the model said before": ("/requestBody/messages/2/",),
}


@pytest.mark.parametrize("hook", READ_BY_THE_SHIELD)
async def test_an_attack_passes_only_where_the_application_or_the_model_writes(gateway_service, hook):
    whole, judged, exempt = CALLS[hook]
    others = tuple(prefix for prefixes in NOT_BY_THE_SHIELD.values() for prefix in prefixes) + tuple(exempt)
    for where, body in planted(whole, ATTACK):
        if where.startswith("/requestBody") and judged == "responseBody":
            continue
        made = play({**body, "context": CONTEXT, "config": None})
        if outcomes(NAME, made, await played(gateway_service, made)) != {Outcome.BLOCK}:
            assert hook in {"llm_input", "responses"}, where
            assert where.startswith(others), where


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    body=st.fixed_dictionaries(
        {}, optional={"requestBody": ANY, "responseBody": ANY, "context": ANY, "config": st.none(), "x": ANY}
    )
)
def test_a_body_of_any_shape_is_read_and_changed_only_where_it_is_an_object(body):
    asked = parsed(body)
    try:
        read = asked.read(())
    except InvalidRequest:  # nothing in it to judge: an explicit block as well
        assert not asked.editable
        return
    assert isinstance(asked.content, dict)
    if asked.editable:
        assert asked.content in (body.get("requestBody"), body.get("responseBody"))
    assert all(segment.pointer.startswith("/") or not segment.editable for segment in read.segments)


# How the other side reads

ENFORCED, IGNORED = {Outcome.BLOCK}, {Outcome.BLOCK, Outcome.PASS}


@pytest.mark.parametrize(
    ("answer", "mutate", "validate"),
    [
        (Answer(200, None), {Outcome.PASS}, {Outcome.PASS}),
        (Answer(200, {}), {Outcome.PASS}, {Outcome.PASS}),
        (Answer(204, None), {Outcome.PASS}, {Outcome.PASS}),
        (Answer(200, {"verdict": True}), {Outcome.PASS}, {Outcome.PASS}),
        (Answer(200, {"verdict": False}), ENFORCED, ENFORCED),
        (Answer(200, {"verdict": "false"}), {Outcome.PASS}, {Outcome.PASS}),
        (Answer(200, {"result": False}), {Outcome.PASS}, ENFORCED),
        (Answer(200, {"verdict": True, "result": False}), {Outcome.PASS}, {Outcome.PASS}),
        (Answer(200, {"verdict": True, "transformed": True, "result": {}}), {Outcome.MUTATE}, {Outcome.PASS}),
        (Answer(200, {"verdict": True, "transformed": "true", "result": {}}), {Outcome.PASS}, {Outcome.PASS}),
        (Answer(200, {"transformed": True, "result": {}}), {Outcome.MUTATE}, {Outcome.PASS}),
        (Answer(400, {"message": "no"}), IGNORED, IGNORED),
        (Answer(503, None), IGNORED, IGNORED),
        (None, IGNORED, IGNORED),
    ],
)
def test_what_truefoundry_makes_of_an_answer(answer, mutate, validate):
    peer = TrueFoundryPeer()
    assert {effect.outcome for effect in peer.reads(play({}), answer)} == mutate
    for validating in (play({}, VALIDATE), play({"config": VALIDATE})):
        assert {effect.outcome for effect in peer.reads(validating, answer)} == validate


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(200, None), {Outcome.PASS}),
        (Answer(200, {"verdict": False}), {Outcome.MUTATE}),
        (Answer(200, {"messages": []}), {Outcome.MUTATE}),
        (Answer(400, {"message": "no"}), {Outcome.BLOCK}),
        (Answer(503, None), IGNORED),
        (None, IGNORED),
    ],
)
def test_what_truefoundry_made_of_an_answer_before_may_2026(answer, outcome):
    effects = TrueFoundryPeer().reads(play({}, LEGACY), answer)
    assert {effect.outcome for effect in effects} == outcome
    assert all("before May 2026" in effect.when for effect in effects)
    if answer is not None and answer.status == 200:
        validating = TrueFoundryPeer().reads(play({}, LEGACY | VALIDATE), answer)
        assert {effect.outcome for effect in validating} == {Outcome.PASS}


# What its page prints

PAGE = (Path(__file__).parents[2] / "docs" / "gateways" / "truefoundry.md").read_text(encoding="utf-8")
GUARDRAILS = [
    guardrail
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    for guardrail in yaml.safe_load(block).get("integrations", ())
]


def test_the_page_shows_both_operations_in_both_directions():
    assert {(one["operation"], one["target"]) for one in GUARDRAILS} == {
        (operation, target) for operation in ("mutate", "validate") for target in ("request", "response")
    }


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=lambda one: f"{one['operation']}-{one['target']}")
async def test_a_guardrail_that_the_page_prints_tells_us_its_operation(gateway_service, guardrail):
    assert guardrail["enforcing_strategy"] == "enforce"
    url = urlsplit(guardrail["config"]["url"])
    body = {"requestBody": request(CLEAN), "responseBody": completion(), "context": CONTEXT}
    body["config"] = guardrail["config"]["config"]
    made = Play("own", "", url.path, body, Outcome.PASS, query=dict(parse_qsl(url.query)))
    expected = Outcome.MUTATE if guardrail["operation"] == "mutate" else Outcome.BLOCK
    assert outcomes(NAME, made, await played(gateway_service, made)) == {expected}


def test_every_url_and_json_of_the_page_can_be_pasted():
    for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL):
        json.loads(block)
    for found in re.findall(r"X-TFY-GUARDRAILS: (.*)", PAGE):
        json.loads(found)
    for url in re.findall(r"https://guardrails\.internal/gateways/[^\s\"`]+", PAGE):
        parts = urlsplit(url)
        assert parts.path == DOOR
        parsed({"requestBody": request(CLEAN)}, **dict(parse_qsl(parts.query)))
