"""Every gateway's payloads, call by call: what we answer to the letter, and what the gateway makes of it."""

import json
import re

import pytest
from gateway_calls import GOLDEN, NAMES, goldens, outcomes, played

from guardrails.emulator.presets import preset

_ID = re.compile(r"chk_[0-9a-f]{24}")
INPUT_ONLY = {"ext_authz"}
"""Gateways that show us no answers."""
CASES = ("pass", "block", "mutate", "output", "failure")


SCENARIOS = sorted({golden.scenario for golden in goldens()}, key=str)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("gateway", NAMES)
async def test_each_call_gets_the_answer_its_file_says(gateway_service, gateway, scenario):
    if scenario is not None:
        gateway_service.emulator.state.scenarios.add(preset(scenario))
    for golden in goldens():
        if (golden.gateway, golden.scenario) != (gateway, scenario):
            continue
        send = golden.send
        answer = await played(
            gateway_service, golden.play, headers=send.get("headers", {}), query=send.get("query", {})
        )
        body = json.loads(_ID.sub("<id>", json.dumps(answer.body)))
        assert {"status": answer.status, "body": body} == golden.answer, golden.name
        assert outcomes(golden.gateway, golden.play, answer) == {golden.outcome}, golden.name


@pytest.mark.parametrize("gateway", NAMES)
def test_every_gateway_has_a_file_for_each_case(gateway):
    for case in CASES:
        assert (case == "output" and gateway in INPUT_ONLY) or list((GOLDEN / gateway).glob(f"{case}*.json")), case


def test_no_file_is_of_a_gateway_that_is_not_there():
    assert {folder.name for folder in GOLDEN.iterdir()} == set(NAMES)
