"""docs/emulator.md names the scenarios of streams that really exist, and its examples are heard."""

import json
import re
from pathlib import Path

from guardrails.emulator.presets import PRESETS
from guardrails.emulator.scenario_json import read_scenario
from guardrails.emulator.scenarios import STREAM_FAULTS, Effect, Scenario
from guardrails.emulator.scripted import ScriptedChoice

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")


def test_every_preset_of_streams_is_named_and_no_other():
    rows = PAGE.split("| preset | a stream |")[1].split("\n\n")[0]
    of_streams = {
        name for name, scenario in PRESETS.items() if scenario.effect.stream_fault or scenario.effect.slow_stream_ms
    }
    assert set(re.findall(r"`([a-z_]+)`", rows)) - {"_"} == of_streams


def test_every_fault_of_streams_is_named():
    assert all(f"`{name}`" in PAGE for name in STREAM_FAULTS)


def test_the_examples_in_json_are_scenarios():
    examples = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
    assert [bool(read_scenario(one).effect.says) for one in examples] == [True, False]


def test_the_examples_in_python_are_scenarios():
    block = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    made = []
    for line in block.splitlines():
        call = line.removeprefix("emulator.state.scenarios.add(").removesuffix(")")
        made.append(eval(call, {"Scenario": Scenario, "Effect": Effect, "ScriptedChoice": ScriptedChoice}))  # noqa: S307 - our own page
    assert made[0].effect.says[0].content == ("one ", "two")
    assert made[1].effect.stream_fault == ("cut_stream_after", 2)
