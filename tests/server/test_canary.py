"""A new bundle is tried beside the one in force, and rolls itself back when it leaves the band."""

import asyncio
import re

import pytest
import yaml
from policy_folders import MAIL_TEXT, bundle_of, document, replace, revision_of, until, until_policy
from running import STRICT_KEY

from guardrails.emulator.config import EmulatorConfig

POLICY = yaml.safe_load(document())
CANARY = {"min_verdicts": 20, "for_s": 0.01, "max_block_rate_change": 0.2}
NEVER_OVER = {**CANARY, "for_s": 600}


@pytest.fixture
def emulator_config():
    return EmulatorConfig(rate_limits={}, limit_chat=False)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "policies" / "default.yaml"


@pytest.fixture
def trying(start_service, file):
    """Start a service with a canary and put a new text in place; once it is tried."""

    async def start(text, **canary):
        service = await start_service(
            policies={"default": POLICY}, settings={"bundles": {"every_s": 0.02, "canary": canary}}
        )
        replace(file, text)
        await until(service, lambda told: told["canary"])
        return service

    return start


async def ask(service, count=1, text=MAIL_TEXT, **options):
    answers = await asyncio.gather(*(service.post("/check", {"text": text}, **options) for _ in range(count)))
    assert {answer.status for answer in answers} == {200}
    return [(answer.body["verdict"], answer.body["policy"]["revision"]) for answer in answers]


OLD = ("flag", revision_of(document()))
BLOCKS = document(action="block")
SAME = document(description="says the same in other words")


async def test_a_shadow_is_counted_and_never_carried_out_and_costs_no_call(trying):
    service = await trying(BLOCKS, mode="shadow", **{**NEVER_OVER, "max_block_rate_change": 1.0})
    calls = service.calls("language")
    assert await ask(service, 30) == [OLD] * 30
    assert service.calls("language") == calls + 30
    told = (await bundle_of(service))["canary"]
    assert told["arms"]["active"] == {"verdicts": 30, "block_rate": 0.0, "failure_rate": 0.0}
    assert told["arms"]["candidate"] == {"verdicts": 30, "block_rate": 1.0, "failure_rate": 0.0}
    assert (told["mode"], told["not_compared"], told["other_evidence"]) == ("shadow", 0, {})
    metrics = (await service.get("/metrics", key=None)).body
    assert 'canary_verdicts_total{action="block",arm="candidate",degraded="false"} 30.0' in metrics
    assert 'canary_verdicts_total{action="flag",arm="active",degraded="false"} 30.0' in metrics
    assert len(re.findall(r"guardrails_bundle_info\{.*state=\"candidate\"\} 1.0", metrics)) == 1


@pytest.mark.parametrize("mode", ["shadow", "share"])
async def test_what_leaves_the_band_is_rolled_back_and_not_tried_again_until_the_files_change(
    trying, file, capfd, mode
):
    service = await trying(BLOCKS, mode=mode, share=0.5, **NEVER_OVER)
    told = await bundle_of(service)
    tried = told["canary"]["revision"]
    while (await bundle_of(service))["canary"]:
        await ask(service, 10)
    told = await bundle_of(service)
    assert told["revision"] != tried
    assert (told["last_attempt"]["result"], told["last_attempt"]["revision"]) == ("rolled_back", tried)
    assert "100.0% of its verdicts block, 0.0% of the active revision's" in told["last_attempt"]["problems"][0]
    assert (await service.get("/readyz", key=None)).status == 200
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "bundle_rolled_back" in line]
    assert '"level":"error"' in line
    assert "may be 20.0% at most" in line
    await asyncio.sleep(0.3)
    assert await ask(service, 10) == [OLD] * 10
    assert (await bundle_of(service))["canary"] is None
    replace(file, SAME)
    await until(service, lambda told: told["canary"])
    replace(file, BLOCKS)
    await until(service, lambda told: told["canary"] and told["canary"]["revision"] == tried)


@pytest.mark.parametrize("mode", ["shadow", "share"])
async def test_what_stays_in_the_band_takes_effect_when_its_time_is_over(trying, mode):
    service = await trying(SAME, mode=mode, share=0.5, **CANARY)
    while (told := await bundle_of(service))["canary"]:
        assert told["last_attempt"]["result"] == "trying"
        await ask(service, 10)
    await until_policy(service, revision_of(SAME))
    assert await ask(service) == [("flag", revision_of(SAME))]
    assert told["last_attempt"]["result"] == "activated"


async def test_in_a_share_each_request_is_judged_by_one_bundle_both_ways_and_its_id_decides(trying):
    service = await trying(BLOCKS, mode="share", share=0.5, **{**NEVER_OVER, "max_block_rate_change": 1.0})
    told = {number: (await ask(service, 3, headers={"x-request-id": f"request-{number}"})) for number in range(24)}
    assert all(len(set(verdicts)) == 1 for verdicts in told.values())
    assert {verdicts[0] for verdicts in told.values()} == {OLD, ("block", revision_of(BLOCKS))}


async def test_a_share_leaves_the_other_policies_and_their_counts_alone(start_service, tmp_path):
    service = await start_service(
        policies={name: yaml.safe_load(document(name)) for name in ("default", "other")},
        settings={"bundles": {"every_s": 0.02, "canary": {"mode": "share", "share": 0.5, **NEVER_OVER}}},
    )
    replace(tmp_path / "policies" / "default.yaml", BLOCKS)
    await until(service, lambda told: told["canary"])
    told = await ask(service, 40, key=STRICT_KEY)
    assert set(told) == {("flag", revision_of(document("other")))}
    arms = (await bundle_of(service))["canary"]["arms"]
    assert [arm["verdicts"] for arm in arms.values()] == [0, 0]


async def test_evidence_that_was_not_gathered_is_never_guessed(trying):
    text = document(checks={"pii": {"categories": ["Email", "PhoneNumber"]}})
    service = await trying(text, mode="shadow", **CANARY)
    assert await ask(service, 30) == [OLD] * 30
    await asyncio.sleep(0.1)
    told = (await bundle_of(service))["canary"]
    assert told["not_compared"] == 30
    assert told["other_evidence"] == {"default": ["checks.pii"]}
    assert [arm["verdicts"] for arm in told["arms"].values()] == [0, 0]
    metrics = (await service.get("/metrics", key=None)).body
    assert 'canary_verdicts_total{action="not_compared",arm="candidate",degraded="false"} 30.0' in metrics


async def test_the_doors_of_single_checks_take_no_part(trying):
    service = await trying(BLOCKS, mode="shadow", **NEVER_OVER)
    await service.post("/check/pii", {"text": MAIL_TEXT})
    assert [arm["verdicts"] for arm in (await bundle_of(service))["canary"]["arms"].values()] == [0, 0]


async def test_guarded_chats_are_tried_in_both_directions(trying):
    service = await trying(BLOCKS, mode="shadow", **{**NEVER_OVER, "max_block_rate_change": 1.0})
    chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": "say: hello"}]}
    answer = await service.post("/guarded-chat", chat)
    assert answer.status == 200
    streamed = await service.post("/guarded-chat", {**chat, "stream": True})
    assert streamed.status == 200
    arms = (await bundle_of(service))["canary"]["arms"]
    assert [arm["verdicts"] for arm in arms.values()] == [4, 4]


@pytest.mark.parametrize("text", [document(), document(action="blok"), SAME], ids=["as it was", "broken", "another"])
async def test_a_trial_ends_when_the_folder_holds_something_else(trying, file, text):
    service = await trying(BLOCKS, mode="shadow", **NEVER_OVER)
    tried = (await bundle_of(service))["canary"]["revision"]
    replace(file, text)
    told = await until(service, lambda told: not told["canary"] or told["canary"]["revision"] != tried)
    assert await ask(service) == [OLD]
    assert told["revision"] != tried
    assert 'reloads_total{result="withdrawn"} 1.0' in (await service.get("/metrics", key=None)).body


async def test_a_change_that_no_caller_is_bound_to_needs_no_trial(start_service, tmp_path):
    service = await start_service(
        policies={"default": POLICY},
        settings={"bundles": {"every_s": 0.02, "canary": {"mode": "shadow", **NEVER_OVER}}},
    )
    text = document("unused")
    (tmp_path / "policies" / "unused.yaml").write_text(text)
    await until_policy(service, revision_of(text), "unused")


async def test_a_shadow_that_breaks_harms_no_request_and_counts_against_the_new_policy(trying, monkeypatch):
    def broken(*_):
        raise RuntimeError("a fault of ours")

    service = await trying(SAME, mode="shadow", **NEVER_OVER)
    monkeypatch.setattr("guardrails.pipeline.trying.decide", broken)
    assert await ask(service, 30) == [OLD] * 30
    told = await bundle_of(service)
    assert told["last_attempt"]["result"] == "rolled_back"
