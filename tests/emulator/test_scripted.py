"""Answers prescribed word for word: the pieces a stream sends, calls, refusals, and raw bytes."""

import base64
import json
import time
from typing import Any

import pytest
from emulator.azure_paths import DATED, FOUNDRY, V1

from guardrails.emulator.scenarios import Effect, Scenario
from guardrails.emulator.scripted import ScriptedCall, ScriptedChoice

ASK = {"model": "gpt-4o", "messages": [{"role": "user", "content": "anything"}]}
DONE = b"data: [DONE]\n\n"


@pytest.fixture
def says(emulator):
    def says(*choices: ScriptedChoice, effect: dict[str, Any] | None = None, **match: Any) -> None:
        emulator.state.scenarios.add(Scenario(Effect(says=choices, **(effect or {})), service="chat", **match))

    return says


@pytest.fixture
def ask(emulator_session, bearer):
    async def ask(path: str = V1, **fields: Any) -> bytes:
        async with emulator_session.post(path, json={**ASK, **fields}, headers=bearer) as answer:
            assert answer.status == 200
            return await answer.read()

    return ask


def deltas(raw: bytes) -> list[dict[str, Any]]:
    """The parts of choices that a stream sent, in order."""
    events = [event.removeprefix(b"data: ") for event in raw.split(b"\n\n") if event]
    assert events.pop() == b"[DONE]"
    return [part for event in events for part in json.loads(event)["choices"]]


@pytest.mark.parametrize("path", [V1, DATED, FOUNDRY])
async def test_each_piece_of_content_is_one_chunk(says, ask, path):
    says(ScriptedChoice(content=("A card: 4111", " 1111 1111", " 1111.")))
    said = [part["delta"].get("content") for part in deltas(await ask(path, stream=True))]
    assert said == ["", "A card: 4111", " 1111 1111", " 1111.", None]
    whole = json.loads(await ask(path))
    assert whole["choices"][0]["message"]["content"] == "A card: 4111 1111 1111 1111."
    assert whole["choices"][0]["finish_reason"] == "stop"


async def test_choices_are_scripted_one_by_one_and_interleaved(says, ask):
    says(ScriptedChoice(content=("a", "b")), ScriptedChoice(content=("x", "y", "z"), finish_reason="length"))
    parts = deltas(await ask(n=2, stream=True))
    spoken = [(part["index"], part["delta"]["content"]) for part in parts if part["delta"].get("content")]
    assert spoken == [(0, "a"), (1, "x"), (0, "b"), (1, "y"), (1, "z")]
    assert [part["finish_reason"] for part in parts if part["finish_reason"]] == ["stop", "length"]


async def test_parallel_calls_come_in_the_pieces_they_were_given(says, ask):
    calls = (ScriptedCall("look", ('{"card": "4111', '1111"}'), "call_a"), ScriptedCall("find", ('{"x"', ":1}")))
    says(ScriptedChoice(content=("Let me see.",), tool_calls=calls))
    parts = deltas(await ask(stream=True))
    told = [call for part in parts for call in part["delta"].get("tool_calls", [])]
    assert told[0] == {
        "index": 0,
        "id": "call_a",
        "type": "function",
        "function": {"name": "look", "arguments": ""},
    }
    assert [(call["index"], call["function"]["arguments"]) for call in told] == [
        (0, ""),
        (0, '{"card": "4111'),
        (0, '1111"}'),
        (1, ""),
        (1, '{"x"'),
        (1, ":1}"),
    ]
    message = json.loads(await ask())["choices"][0]["message"]
    assert message["content"] == "Let me see."
    assert [call["function"]["arguments"] for call in message["tool_calls"]] == ['{"card": "41111111"}', '{"x":1}']
    assert parts[-1]["finish_reason"] == "tool_calls"


async def test_a_call_of_the_older_kind_comes_in_pieces_too(says, ask):
    says(ScriptedChoice(function_call=ScriptedCall("look", ('{"a":', "1}"))))
    parts = deltas(await ask(stream=True))
    assert [part["delta"]["function_call"] for part in parts if "function_call" in part["delta"]] == [
        {"name": "look", "arguments": ""},
        {"arguments": '{"a":'},
        {"arguments": "1}"},
    ]
    assert parts[-1]["finish_reason"] == "function_call"
    message = json.loads(await ask())["choices"][0]["message"]
    assert (message["content"], message["function_call"]) == (None, {"name": "look", "arguments": '{"a":1}'})


async def test_a_refusal_is_no_content(says, ask):
    says(ScriptedChoice(refusal=("I will", " not.")))
    parts = deltas(await ask(stream=True))
    assert [part["delta"]["refusal"] for part in parts if part["delta"].get("refusal")] == ["I will", " not."]
    message = json.loads(await ask())["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, "I will not.")


@pytest.mark.parametrize("deployment", ["gpt-4o", "gpt-4o-async"])
async def test_the_models_own_filter_ends_a_scripted_stream(says, ask, deployment):
    says(ScriptedChoice(content=("so", " far"), filtered=True))
    parts = deltas(await ask(stream=True, model=deployment))
    assert parts[-1]["finish_reason"] == "content_filter"
    assert parts[-1]["content_filter_results"]["violence"]["filtered"] is True
    assert ("delta" in parts[-1]) == (deployment == "gpt-4o")


async def test_a_script_is_for_a_deployment_and_for_as_many_calls_as_it_says(says, ask):
    says(ScriptedChoice(content=("once",)), deployment="Phi-4", times=1)
    texts = [
        json.loads(await ask(model=model))["choices"][0]["message"]["content"] for model in ("gpt-4o", "Phi-4", "Phi-4")
    ]
    assert texts == ["You said: anything", "once", "You said: anything"]


async def test_a_scripted_stream_can_fail_too(says, ask):
    says(ScriptedChoice(content=("a", "b", "c")), effect={"end_stream_after": 4})
    raw = await ask(stream=True)
    assert raw.count(b"\n\n") == 4
    assert b'"content":"b"' in raw
    assert b"[DONE]" not in raw


async def test_raw_bytes_are_sent_as_they_stand_with_pauses(emulator, ask):
    pieces = (b": hello\r\n\r\n", b'data: {"half', 60, b'": 1}\n\n', b"\xff\xfe", DONE)
    emulator.state.scenarios.add(Scenario(Effect(raw=pieces), service="chat"))
    began = time.monotonic()
    assert await ask(stream=True) == b"".join(piece for piece in pieces if isinstance(piece, bytes))
    assert time.monotonic() - began >= 0.06
    assert await ask() == b"".join(piece for piece in pieces if isinstance(piece, bytes))


@pytest.mark.parametrize(
    "effect",
    [
        {"says": [{"content": ["one", " two"], "filtered": True}, {"refusal": ["no"], "finish_reason": "stop"}]},
        {"says": [{"tool_calls": [{"name": "look", "arguments": ["{", "}"], "id": "c1"}]}], "cut_stream_after": 2},
        {"says": [{"function_call": {"name": "look", "arguments": ["{}"]}}]},
        {"raw": ["data: x\n\n", 20.0, {"base64": base64.b64encode(b"\xff").decode()}], "reset_stream_after": 0},
    ],
)
async def test_a_script_over_the_control_api_is_the_same_as_in_process(emulator_session, emulator, effect):
    url = "/_emulator/scenarios"
    async with emulator_session.post(url, json={"service": "chat", "effect": effect}) as answer:
        assert answer.status == 201
    async with emulator_session.get(url) as answer:
        shown = (await answer.json())["scenarios"][0]["effect"]
    async with emulator_session.post(url, json={"service": "chat", "effect": shown}) as answer:
        assert answer.status == 201
    (_, first, _), (_, second, _) = emulator.state.scenarios
    assert first == second


@pytest.mark.parametrize(
    ("effect", "named"),
    [
        ({"says": []}, "effect.says must be an array with at least one item"),
        ({"says": [7]}, "effect.says[0] must be an object"),
        ({"says": [{"contents": "x"}]}, "effect.says[0] has no field contents"),
        ({"says": [{"content": [1]}]}, "effect.says[0].content must be a string or an array of strings"),
        ({"says": [{"finish_reason": "bored"}]}, "effect.says[0]: finish_reason must be one of"),
        ({"says": [{"filtered": "yes"}]}, "effect.says[0].filtered must be true or false"),
        ({"says": [{"tool_calls": [{}]}]}, "effect.says[0].tool_calls[0].name"),
        ({"says": [{"tool_calls": [{"name": "a"}], "function_call": {"name": "b"}}]}, "exclude each other"),
        ({"says": [{}], "raw": ["x"]}, "effect.says and effect.raw exclude each other"),
        ({"raw": ["x"], "status": 500}, "exclude each other"),
        ({"raw": [True]}, "effect.raw[0] must be a string, a number of milliseconds or"),
        ({"raw": [{"base64": "!"}]}, "effect.raw[0].base64 must be base64"),
        ({"raw": [-1]}, "effect.raw[0] must be between"),
        ({"cut_stream_after": 1, "reset_stream_after": 2}, "exclude each other"),
        ({"hang_stream_after": -1}, "effect.hang_stream_after must be between"),
        ({"error_event_after": "1"}, "effect.error_event_after must be an integer"),
    ],
)
async def test_a_script_that_is_wrong_is_refused_and_named(emulator_session, effect, named):
    async with emulator_session.post("/_emulator/scenarios", json={"effect": effect}) as answer:
        assert answer.status == 400
        assert named in (await answer.json())["error"]["message"]


async def test_a_script_means_nothing_to_other_services(emulator_session):
    body = {"service": "language", "effect": {"says": [{"content": "x"}]}}
    async with emulator_session.post("/_emulator/scenarios", json=body) as answer:
        assert "effect.says means nothing for service language" in (await answer.json())["error"]["message"]
