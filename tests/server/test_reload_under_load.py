"""Hundreds of swaps under load: every request is judged under one bundle, from its beginning to its end."""

import asyncio
import json
from dataclasses import dataclass, field

import pytest
import yaml
from policy_folders import MAIL_TEXT, ConfigMap, document, replace, revision_of, until_policy

from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.scenarios import Effect, Scenario
from guardrails.emulator.scripted import ScriptedChoice

SWAPS = 200
ACTIONS = ("flag", "redact", "block")


@pytest.fixture
def emulator_config():
    return EmulatorConfig(rate_limits={}, limit_chat=False)


@dataclass
class Traffic:
    """Callers that ask until they are told to stop, and what they were told."""

    answers: list[tuple[str, str, str, str]] = field(default_factory=list)
    bundles: list[tuple[str, str]] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    is_over: bool = False

    async def checks(self, service, policy):
        while not self.is_over:
            answer = await service.post("/check", {"text": MAIL_TEXT, "policy": policy})
            self.statuses.add(answer.status)
            header = answer.headers["x-guardrails-policy"]
            told = f"{answer.body['policy']['name']}@{answer.body['policy']['revision']}"
            assert header == told
            self.answers.append((answer.body["id"], policy, header, answer.body["verdict"]))

    async def lists(self, service):
        while not self.is_over:
            answer = await service.get("/policies")
            revisions = {entry["name"]: entry["revision"] for entry in answer.body["policies"]}
            self.bundles.append((revisions["default"], revisions["other"]))
            await asyncio.sleep(0.005)


class Generations:
    """The texts that were ever put in place, and what each must make of a mail address."""

    def __init__(self):
        self.effects: dict[str, str] = {}
        self.pairs: set[tuple[str, str]] = set()
        self.broken: set[str] = set()

    def next(self, number):
        """Two policies that belong together and do different things; every tenth time one of them is broken."""
        actions = ACTIONS[number % 3], ACTIONS[(number + 1) % 3]
        texts = [
            document(name, action, description=f"generation {number}")
            for name, action in zip(("default", "other"), actions, strict=True)
        ]
        if number % 10 == 9:
            self.broken.add(revision_of(texts[0]))
            return {"default.yaml": texts[0], "other.yaml": texts[1] + "nonsense: 1\n"}, None
        return self.good(texts, actions)

    def good(self, texts, actions):
        first, second = map(revision_of, texts)
        self.effects |= {f"default@{first}": actions[0], f"other@{second}": actions[1]}
        self.pairs.add((first, second))
        return {"default.yaml": texts[0], "other.yaml": texts[1]}, first


async def test_hundreds_of_swaps_under_load_lose_and_mix_up_nothing(start_service, tmp_path):
    service = await start_service(
        policies={name: yaml.safe_load(document(name)) for name in ("default", "other")},
        settings={"bundles": {"every_s": 0.01}},
    )
    config_map, generations, traffic = ConfigMap(tmp_path / "policies"), Generations(), Traffic()
    generations.good([document(), document("other")], ("flag", "flag"))
    load = [traffic.checks(service, policy) for policy in ("default", "other", "default")]
    async with asyncio.TaskGroup() as callers:
        for work in (*load, traffic.lists(service)):
            callers.create_task(work)
        for number in range(SWAPS):
            texts, revision = generations.next(number)
            config_map.swap(texts)
            if revision is not None:
                await until_policy(service, revision)
        traffic.is_over = True

    assert traffic.statuses == {200}
    assert [answer for answer in traffic.answers if generations.effects.get(answer[2]) != answer[3]] == []
    assert {header.split("@")[0] == policy for _, policy, header, _ in traffic.answers} == {True}
    assert set(traffic.bundles) <= generations.pairs
    seen = {header.split("@")[1] for _, _, header, _ in traffic.answers}
    assert seen.isdisjoint(generations.broken)
    assert len(seen) > SWAPS / 2
    records = await _records(service, len(traffic.answers))
    recorded = {
        record["id"]: (f"{record['policy']['name']}@{record['policy']['revision']}", record["verdict"])
        for record in records
    }
    assert recorded == {identifier: (header, verdict) for identifier, _, header, verdict in traffic.answers}


async def _records(service, count):
    for _ in range(200):
        if len(records := service.decisions()) >= count:
            return records
        await asyncio.sleep(0.05)
    raise AssertionError("records are missing")


def _events(body):
    return [json.loads(line[6:]) for line in body.split("\n") if line.startswith("data: {")]


async def test_streams_that_began_before_a_swap_end_under_the_policy_they_began_with(start_service, emulator, tmp_path):
    """Their last windows, judged long after the swap, hold what only the new policy would block."""
    stream = {"chat": {"stream": {"window": 100, "overlap": 20, "wait_ms": 50}}}
    before, after = document(**stream), document(action="block", **stream)
    service = await start_service(policies={"default": yaml.safe_load(before)}, settings={"bundles": {"every_s": 0.02}})
    words = ["All is well here, ", "and nothing of any note ", "has happened. "] * 40
    chat = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "Tell me something."}]}
    answer = ScriptedChoice((*words, "Ask anna.smith@contoso.com about it."))
    emulator.state.scenarios.add(Scenario(Effect(slow_stream_ms=25, says=(answer,)), service="chat"))
    began = [asyncio.create_task(service.post("/guarded-chat", chat)) for _ in range(5)]
    for _ in range(1000):
        if len(emulator.state.journal.of("language")) >= 15:  # five inputs and two windows of each
            break
        await asyncio.sleep(0.01)
    replace(tmp_path / "policies" / "default.yaml", after)
    await until_policy(service, revision_of(after))
    assert not any(task.done() for task in began)
    late = await service.post("/guarded-chat", chat)

    for told in await asyncio.gather(*began):
        assert told.status == 200
        assert told.headers["x-guardrails-policy"] == f"default@{revision_of(before)}"
        assert "anna.smith@contoso.com" in _text(told)
        assert "content_filter" not in told.body.replace("content_filter_results", "")
    assert late.headers["x-guardrails-policy"] == f"default@{revision_of(after)}"
    assert "anna.smith@contoso.com" not in _text(late)
    assert _events(late.body)[-1]["choices"][0]["finish_reason"] == "content_filter"
    revisions = [(record["stage"], record["policy"]["revision"]) for record in await _records(service, 12)]
    assert sorted(revisions) == sorted(
        [(stage, revision_of(before)) for stage in ("input", "output")] * 5
        + [(stage, revision_of(after)) for stage in ("input", "output")]
    )


def _text(answer):
    return "".join(
        choice["delta"].get("content") or "" for event in _events(answer.body) for choice in event.get("choices", ())
    )
