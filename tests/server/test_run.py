"""The service as it is really run: signals, drain, callers who leave, and more requests than it takes in."""

import asyncio
import os
import re
import signal

import aiohttp
import pytest
import yaml
from running import KEY, PLACEHOLDER_KEYS, SHIPPED, settings_for

from guardrails.emulator.presets import preset
from guardrails.emulator.scenarios import Effect, Scenario
from guardrails.server.prepare import prepare
from guardrails.server.run import serve

BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "say: hello"}]}


@pytest.fixture
async def running(emulator, tmp_path, monkeypatch):
    """Start `serve` itself; yields (url, task)."""
    monkeypatch.setattr("guardrails.server.run._settle", lambda: None)
    monkeypatch.setattr("os.isatty", lambda _: False)
    changes = {"server": {"port": 0, "drain_s": 5, "max_concurrency": 4}, "bundles": {"every_s": 0.05}}
    document = settings_for(emulator, tmp_path, SHIPPED, changes)
    config = tmp_path / "guardrails.yaml"
    config.write_text(yaml.safe_dump(document))
    prepared = await asyncio.to_thread(prepare, config, {})
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    env = {"SECRET": emulator.settings()["client_secret"], **PLACEHOLDER_KEYS}
    task = asyncio.create_task(serve(prepared, env, listening.set_result))
    await asyncio.wait([task, listening], return_when=asyncio.FIRST_COMPLETED)
    yield listening.result(), task
    if not task.done():
        os.kill(os.getpid(), signal.SIGTERM)
        await task


async def _chat(session, url):
    async with session.post(f"{url}/guarded-chat", json=BODY, headers={"api-key": KEY}) as response:
        return response.status, await response.json()


async def _until(condition):
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to that")


async def test_a_stop_signal_lets_what_is_under_way_finish_and_loses_no_record(emulator, running, tmp_path):
    url, task = running
    emulator.state.scenarios.add(Scenario(Effect(latency_ms=700), service="chat"))
    async with aiohttp.ClientSession() as session:
        asked = asyncio.create_task(_chat(session, url))
        await _until(lambda: len(emulator.state.journal.of("prompt_shield")) == 1)
        os.kill(os.getpid(), signal.SIGTERM)
        status, body = await asked
        assert (status, body["choices"][0]["message"]["content"]) == (200, "hello")
        await asyncio.wait_for(task, 10)
        with pytest.raises(aiohttp.ClientConnectionError):
            await _chat(session, url)
    assert len((tmp_path / "decisions.jsonl").read_text().splitlines()) == 2


async def test_a_caller_who_leaves_stops_the_completion(emulator, running):
    url, _ = running
    emulator.state.scenarios.add(preset("hang", service="chat", times=1))
    async with aiohttp.ClientSession() as session:
        asked = asyncio.create_task(_chat(session, url))
        await _until(lambda: len(emulator.state.scenarios) == 0)  # it hangs
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    # The emulator notes a call when it ends; a hanging one ends only when we hang up.
    await _until(lambda: len(emulator.state.journal.of("chat")) == 1)
    assert emulator.state.journal.of("chat")[0].status is None


async def _results(session, url):
    async with session.get(f"{url}/metrics") as response:
        return re.findall(r'guardrails_bundle_reloads_total\{result="unchanged"\} (\S+)', await response.text())


async def test_a_hangup_has_the_policies_read_now_and_ends_nothing(running):
    url, task = running
    async with aiohttp.ClientSession() as session:
        assert await _results(session, url) == ["0.0"]
        os.kill(os.getpid(), signal.SIGHUP)
        for _ in range(200):
            if await _results(session, url) == ["1.0"]:
                break
            await asyncio.sleep(0.05)
        assert await _results(session, url) == ["1.0"]
        assert not task.done()
        assert (await _chat(session, url))[0] == 200


async def test_more_than_it_takes_in_is_told_to_come_back(emulator, running):
    url, _ = running
    emulator.state.scenarios.add(Scenario(Effect(latency_ms=1500), service="chat"))
    async with aiohttp.ClientSession() as session:
        answers = await asyncio.gather(*(_chat(session, url) for _ in range(12)))
        statuses = [status for status, _ in answers]
        assert statuses.count(200) == 4
        assert statuses.count(503) == 8
        assert {body["code"] for status, body in answers if status == 503} == {"overloaded"}
        async with session.get(f"{url}/livez") as response:
            assert response.status == 200
