"""Every gateway's payloads, call by call: what we answer to the letter, and what the gateway makes of it."""

import json
import re

import pytest
from gateway_calls import GOLDEN, NAMES, goldens, outcomes, played

from guardrails.emulator.presets import preset

_ID = re.compile(r"chk_[0-9a-f]{24}")
CASES = ("pass", "block", "mutate", "output", "failure")


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: f"{golden.gateway}-{golden.name}")
async def test_a_call_gets_the_answer_its_file_says(gateway_service, golden):
    if golden.scenario is not None:
        gateway_service.emulator.state.scenarios.add(preset(golden.scenario))
    send = golden.send
    answer = await played(gateway_service, golden.play, headers=send.get("headers", {}), query=send.get("query", {}))
    body = json.loads(_ID.sub("<id>", json.dumps(answer.body)))
    assert {"status": answer.status, "body": body} == golden.answer
    assert outcomes(golden.gateway, golden.play, answer) == {golden.outcome}


@pytest.mark.parametrize("gateway", NAMES)
@pytest.mark.parametrize("case", CASES)
def test_every_gateway_has_a_file_for_each_case(gateway, case):
    assert list((GOLDEN / gateway).glob(f"{case}*.json"))


def test_no_file_is_of_a_gateway_that_is_not_there():
    assert {folder.name for folder in GOLDEN.iterdir()} == set(NAMES)
