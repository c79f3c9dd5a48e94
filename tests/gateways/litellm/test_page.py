"""What the page gives to paste. The proxy itself is tried with it in `tests_gateways/litellm`."""

import json
import re
import shlex
from pathlib import Path

import yaml

from guardrails.gateways.litellm.adapter import LiteLLM
from guardrails.gateways.litellm.call import only_blocks
from guardrails.gateways.litellm.windows import OVERLAP, WINDOW

PAGE = (Path(__file__).parents[3] / "docs" / "gateways" / "litellm.md").read_text(encoding="utf-8")


async def test_the_pasted_line_answers_as_printed(gateway_service):
    [(line, printed)] = re.findall(r"```console\n\$ (curl .*?)\n(\{\".*?)\n```", PAGE, re.DOTALL)
    words = shlex.split(line.replace("\\\n", ""))
    path = words[1].removeprefix("http://127.0.0.1:8080")
    answer = await gateway_service.post(path, json.loads(words[words.index("-d") + 1]))
    assert answer.body == json.loads(printed)


def test_the_configuration_leads_to_the_door():
    guardrails = yaml.safe_load(re.findall(r"```yaml\n(guardrails:.*?)```", PAGE, re.DOTALL)[0])["guardrails"]
    paths = {
        entry["litellm_params"]["api_base"].removeprefix("http://guardrails.internal:8080") for entry in guardrails
    }
    assert paths == {LiteLLM.doors[0][1]}
    assert LiteLLM.doors[1][1] == paths.pop() + "/beta/litellm_basic_guardrail_api"
    assert [only_blocks(entry["litellm_params"]) for entry in guardrails] == [False, True]


def test_the_sizes_it_tells_are_those_of_the_code():
    assert f"windows of {WINDOW} characters that overlap by {OVERLAP}" in PAGE
    assert f"the last {OVERLAP} characters wait" in PAGE
