"""What holds at the door of every gateway, whatever its dialect: no answer is ever a default pass."""

import asyncio
from itertools import product

import orjson
import pytest
from azure_calls import until
from gateway_calls import ADAPTERS, NAMES, PEER_OF, decision_of, error_of, outcomes, play_of, played, policies
from hypothesis import given, settings
from hypothesis import strategies as st
from running import STRICT_KEY

from guardrails.domain.content import Stage
from guardrails.emulator.presets import preset
from guardrails.gateways.adapter import Call
from guardrails.gateways.peer import Outcome
from guardrails.gateways.samples import ATTACK, HARM
from guardrails.settings.schema import Gateways

JSON_GATEWAYS = [name for name in NAMES if not ADAPTERS[name].reads_bytes]
BLOCKED = {Outcome.BLOCK}
HASTY = {"gateways": {"deadline_ms": 600}}
REFUSAL = "This request was stopped by company policy."
DAMAGED = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "a string": b'"hello"',
    "no object in it": b"{}",
    "half a character": b'{"text": "\xff"}',
    "a lone surrogate": rb'{"text": "\ud800"}',
    "too deep": b'{"a":' * 100 + b"1" + b"}" * 100,
    "too many strings": orjson.dumps({"text": ["a b"] * 20_001}),
    "too large": b'{"text": "' + b"a" * 5_000_000 + b'"}',
}


@pytest.mark.parametrize("name", NAMES)
def test_every_gateway_has_its_other_side(name):
    assert set(PEER_OF) == set(ADAPTERS)
    played_names = {play.name for play in PEER_OF[name].plays}
    assert {"pass", "block", "mutate"} <= played_names


@pytest.mark.parametrize("name", NAMES)
def test_a_gateway_that_nobody_told_otherwise_waits_longer_than_we_take(name):
    patience_s = PEER_OF[name].patience_s
    assert patience_s is None or patience_s * 1000 > Gateways().deadline_ms


@pytest.mark.parametrize("name", NAMES)
async def test_the_gateway_does_what_the_verdict_means(gateway_service, name):
    told = set()
    for play in PEER_OF[name].plays:
        answer = await played(gateway_service, play)
        assert outcomes(name, play, answer) == {play.expected}, play.what
        told.add((answer.headers["x-guardrails-id"], name))
    await until(lambda: len(gateway_service.decisions()) == len(PEER_OF[name].plays))
    assert {(record["id"], record["subject"]["gateway"]) for record in gateway_service.decisions()} == told


@pytest.mark.parametrize("name", NAMES)
async def test_a_blocked_user_is_told_our_sentence_and_nothing_of_the_text(gateway_service, name):
    answer = await played(gateway_service, play_of(name, "block"))
    told = orjson.dumps(answer.body).decode()
    assert REFUSAL in told
    assert ATTACK[:20] not in told


@pytest.mark.parametrize("name", NAMES)
async def test_an_outage_of_azure_is_an_explicit_block(gateway_service, name):
    gateway_service.emulator.state.scenarios.add(preset("unavailable"))
    for play in PEER_OF[name].plays:
        answer = await played(gateway_service, play)
        assert outcomes(name, play, answer) == BLOCKED, play.what
        assert answer.headers["x-guardrails-verdict"] == "block"


@pytest.mark.parametrize("name", NAMES)
async def test_only_a_policy_that_says_report_leaves_an_outage_to_the_gateway(gateway_service, name):
    gateway_service.emulator.state.scenarios.add(preset("unavailable"))
    answer = await played(gateway_service, play_of(name, "pass"), policy="reporting")
    assert answer.status == 503
    assert error_of(answer)["code"] == "guardrail_unavailable"
    assert "Retry-After" in answer.headers


@pytest.mark.parametrize("name", NAMES)
async def test_a_policy_that_reports_outages_still_blocks_by_a_verdict(gateway_service, name):
    play = play_of(name, "block")
    assert outcomes(name, play, await played(gateway_service, play, policy="reporting")) == BLOCKED


@pytest.mark.parametrize("name", NAMES)
async def test_an_outage_that_the_policy_only_flags_passes(gateway_service, name):
    gateway_service.emulator.state.scenarios.add(preset("unavailable"))
    play = play_of(name, "pass")
    answer = await played(gateway_service, play, policy="lenient")
    assert outcomes(name, play, answer) == {Outcome.PASS}
    assert (await decision_of(gateway_service))["degraded"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_policy_that_monitors_lets_everything_pass_unchanged(gateway_service, name):
    for play in PEER_OF[name].plays:
        answer = await played(gateway_service, play, policy="watching")
        assert outcomes(name, play, answer) == {Outcome.PASS}, play.what


@pytest.mark.parametrize("name", NAMES)
async def test_the_answer_comes_within_the_gateways_patience(start_service, name):
    service = await start_service(policies=policies(), settings=HASTY)
    service.emulator.state.scenarios.add(preset("hang"))
    play = play_of(name, "pass")
    answer = await played(service, play)
    assert outcomes(name, play, answer) == BLOCKED
    record = await decision_of(service)
    assert {check["reason"] for check in record["checks"]} == {"deadline"}


@pytest.mark.parametrize("name", JSON_GATEWAYS)
async def test_a_body_that_cannot_be_read_is_an_explicit_block(gateway_service, name):
    doors = {play.path: play for play in PEER_OF[name].plays}
    for (path, play), (damage, body) in product(doors.items(), DAMAGED.items()):
        answer = await played(gateway_service, play, body=body)
        assert outcomes(name, play, answer) == BLOCKED, (path, damage)
        assert answer.status < 500, (path, damage)


HOLLOW = {
    "truefoundry": [{"context": {"user": {"subjectId": "u"}}, "config": {}, "requestBody": None}],
    "litellm": [{"input_type": "request", "texts": None, "structured_messages": None, "model": "m"}],
    "portkey": [
        {"eventType": "beforeRequestHook", "requestType": "chatComplete", "provider": "openai", "request": None},
        {"eventType": "beforeRequestHook", "request": {"json": None, "text": " "}, "metadata": {"_user": "ann"}},
    ],
    "agentgateway": [{"body": {"messages": None}}, {"body": {"choices": None}}],
    "kong": [{"source": "INPUT"}, {"source": "OUTPUT", "text": 5, "user": "ann"}, {"text": None, "request_id": "r"}],
    "aperture": [{"metadata": {"login_name": "ann@contoso.com", "model": "m"}, "request_body": None}],
    "moderations": [{"model": "m"}, {"input": []}],
}
"""Calls that have everything but something to judge."""


@pytest.mark.parametrize("name", JSON_GATEWAYS)
async def test_a_call_without_anything_to_judge_is_an_explicit_block(gateway_service, name):
    doors = {play.path: play for play in PEER_OF[name].plays}
    for play, body in product(doors.values(), HOLLOW[name]):
        answer = await played(gateway_service, play, body=orjson.dumps(body))
        assert outcomes(name, play, answer) == BLOCKED, (play.path, body)


@pytest.mark.parametrize("name", NAMES)
async def test_a_fault_of_ours_is_an_explicit_block(gateway_service, name, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("guardrails.gateways.door.new_id", broken)
    for play in PEER_OF[name].plays:
        assert outcomes(name, play, await played(gateway_service, play)) == BLOCKED
    assert (
        f'guardrails_gateway_refusals_total{{gateway="{name}",reason="internal_error"}}'
        in (await gateway_service.get("/metrics")).body
    )


@pytest.mark.parametrize("name", NAMES)
async def test_too_many_calls_at_once_are_explicit_blocks(start_service, name):
    service = await start_service(policies=policies(), settings={"server": {"port": 0, "max_concurrency": 1}, **HASTY})
    service.emulator.state.scenarios.add(preset("hang"))
    play = play_of(name, "pass")
    answers = await asyncio.gather(*(played(service, play) for _ in range(3)))
    assert [outcomes(name, play, answer) for answer in answers] == [BLOCKED] * 3


@pytest.mark.parametrize("name", NAMES)
async def test_a_wrong_key_is_a_401(gateway_service, name):
    answer = await played(gateway_service, play_of(name, "pass"), key="wrong")
    assert (answer.status, error_of(answer)["code"]) == (401, "not_authenticated")
    counted = f'guardrails_gateway_refusals_total{{gateway="{name}",reason="not_authenticated"}} 1.0'
    assert counted in (await gateway_service.get("/metrics")).body


@pytest.mark.parametrize("name", NAMES)
async def test_a_policy_that_is_not_the_callers_is_a_404_that_names_his(gateway_service, name):
    for options in ({"policy": "default"}, {"headers": {"x-guardrails-policy": "default"}}):
        answer = await played(gateway_service, play_of(name, "pass"), key=STRICT_KEY, **options)
        assert answer.status == 404
        assert error_of(answer)["message"].endswith("you may use: watching.")


@pytest.mark.parametrize("name", NAMES)
async def test_the_operators_word_on_the_policy_comes_before_the_bodys(gateway_service, name):
    play = play_of(name, "block")
    answer = await played(
        gateway_service, play, query={"policy": "watching"}, headers={"x-guardrails-policy": "strict"}
    )
    assert answer.headers["x-guardrails-policy"].startswith("strict@")
    answer = await played(gateway_service, play, policy="watching")
    assert answer.headers["x-guardrails-policy"].startswith("watching@")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("requestBody", "responseBody", "request", "response", "json", "texts", "text", "body", "messages", "choices"),
    *("content", "request_body", "user_message", "structured_messages", "input", "message", "role", "tool_calls"),
    *("arguments", "eventType", "x"),
)
FIELD = st.sampled_from(FIELDS)


def planted(attack: str) -> st.SearchStrategy[dict[str, object]]:
    """Objects of any shape with an attack somewhere in them, under names that dialects know."""
    inside = st.deferred(lambda: st.just(attack) | st.lists(inside, min_size=1, max_size=2) | holder)
    holder = st.builds(
        lambda rest, name, value: {**rest, name: value},
        st.dictionaries(FIELD, JSON, max_size=2),
        FIELD,
        inside,
    )
    return holder


def as_sent(name: str, body: dict[str, object]) -> dict[str, object]:
    """The body as it tries this gateway's adapter.

    LiteLLM tells the direction, and nothing is judged without it.
    TrueFoundry tells of a request once more with its answer, when it was judged before: the attack is in the answer
    then. Where that is a model's, it is harm: the shipped policy lets models write of attacks.
    """
    if name == "litellm":
        return {**body, "input_type": "request"}
    answer = body.get("responseBody")
    if name != "truefoundry" or not isinstance(answer, dict):
        return body
    body = {**body, "responseBody": answer if ATTACK in str(answer) else {**answer, "content": ATTACK}}
    if ADAPTERS[name].parse(Call(body=body)).stage is Stage.INPUT:
        return body
    return orjson.loads(orjson.dumps(body).replace(ATTACK.encode(), HARM.encode()))


@pytest.mark.parametrize("name", JSON_GATEWAYS)
async def test_an_attack_in_a_body_of_any_shape_never_passes(gateway_service, name):
    plays = {play.path: play for play in PEER_OF[name].plays}.values()
    bodies: list[dict[str, object]] = []
    # At a door that only answers come to, an attack on the model is nobody's concern: there it is harm that is planted.
    asked_at = {play.path for play in PEER_OF[name].plays if play.name in {"pass", "block", "mutate"}}

    # Drawn first: hypothesis takes the service's own use of `random`, meanwhile, for that of a strategy.
    @given(body=planted(ATTACK))
    @settings(max_examples=40)
    def draw(body: dict[str, object]) -> None:
        bodies.append(as_sent(name, body))

    draw()
    for body in bodies:
        for play in plays:
            sent = orjson.dumps(body)
            if play.path not in asked_at:
                sent = sent.replace(ATTACK.encode(), HARM.encode())
            answer = await played(gateway_service, play, body=sent)
            assert outcomes(name, play, answer) == BLOCKED, sent
