"""Decision records of a running service: what happens while none can be written, sampling, and SIGHUP."""

import asyncio
import os
import signal

import pytest

POLICY = {
    "checks": {"pii": {"categories": ["Email"]}},
    "rules": [{"id": "mail", "check": "pii", "category": "Email", "action": "block"}],
}
MAIL = {"text": "Write to anna.smith@contoso.com"}
CLEAN = {"text": "Good morning!"}
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Good morning!"}]}


async def until(condition):
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to pass")


@pytest.fixture
async def on_a_full_disk(start_service):
    """A service whose first record could not be written."""

    async def start(word):
        telemetry = {"decisions": "/dev/full", "on_lost_records": word}
        service = await start_service(policies={"default": POLICY}, settings={"telemetry": telemetry})
        assert (await service.post("/check", CLEAN)).status == 200

        metrics = ""
        while 'decision_records_total{result="failed"} 0.0' in metrics or not metrics:
            metrics = (await service.get("/metrics", key=None)).body
            await asyncio.sleep(0.02)
        return service

    return start


async def test_a_full_disk_refuses_what_would_leave_no_record(on_a_full_disk):
    service = await on_a_full_disk("refuse")
    before = service.calls("language")
    for door, body in (
        ("/check", CLEAN),
        ("/check/pii", CLEAN),
        ("/guarded-chat", CHAT),
        ("/v1/chat/completions", CHAT),
    ):
        answer = await service.post(door, body)
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        told = answer.body.get("code") or answer.body["error"]["code"]
        assert told == "records_unavailable"
    assert service.calls("language") == before
    ready = await service.get("/readyz", key=None)
    assert ready.status == 503
    assert "decision records" in ready.body["checks"]["decision_records"]
    assert (await service.get("/livez", key=None)).status == 200
    assert (await service.get("/v1/models")).status == 200
    assert (await service.post("/nowhere", CLEAN)).status == 404


async def test_a_full_disk_refuses_nothing_unless_it_was_asked_to(on_a_full_disk):
    service = await on_a_full_disk("continue")
    assert (await service.post("/check", MAIL)).body["verdict"] == "block"
    assert (await service.get("/readyz", key=None)).status == 200


async def test_plain_allows_may_be_left_out_and_blocks_never(start_service, tmp_path):
    telemetry = {"decisions": str(tmp_path / "decisions.jsonl"), "sample_allowed": 0}
    service = await start_service(policies={"default": POLICY}, settings={"telemetry": telemetry})
    for body in (CLEAN, MAIL, CLEAN):
        assert (await service.post("/check", body)).status == 200
    await until(lambda: len(service.decisions()) == 1)
    (record,) = service.decisions()
    assert (record["verdict"], record["sample_rate"]) == ("block", 1)
    assert 'decision_records_total{result="sampled"} 2.0' in (await service.get("/metrics", key=None)).body


async def test_a_conversation_of_which_something_was_dropped_is_no_plain_allow(start_service, tmp_path):
    telemetry = {"decisions": str(tmp_path / "decisions.jsonl"), "sample_allowed": 0}
    dropping = {**POLICY, "chat": {"old_turns": "drop"}}
    service = await start_service(policies={"default": dropping}, settings={"telemetry": telemetry})
    turns = [MAIL["text"], "I cannot.", "Good morning!"]
    roles = ("user", "assistant", "user")
    messages = [{"role": role, "content": text} for role, text in zip(roles, turns, strict=True)]
    assert (await service.post("/guarded-chat", {**CHAT, "messages": messages})).status == 200
    await until(lambda: len(service.decisions()) == 1)
    (record,) = service.decisions()
    assert (record["stage"], record["verdict"], record["sample_rate"]) == ("input", "allow", 1)
    assert record["dropped"]["messages"] == [0, 1]
    assert record["dropped"]["checks"][0]["findings"][0]["segment"] == 0


async def test_a_hangup_opens_the_file_anew_and_ends_nothing(start_service, tmp_path):
    service = await start_service(policies={"default": POLICY})
    await service.post("/check", CLEAN)
    await until(lambda: len(service.decisions()) == 1)
    service.decisions_file.rename(tmp_path / "moved.jsonl")
    os.kill(os.getpid(), signal.SIGHUP)
    await until(service.decisions_file.exists)
    await service.post("/check", MAIL)
    await until(lambda: len(service.decisions()) == 1)
    assert service.decisions()[0]["verdict"] == "block"


async def test_a_record_tells_what_the_checks_were_asked(start_service):
    service = await start_service(policies={"default": POLICY})
    await service.post("/check/pii", {**MAIL, "language": "de"})
    await until(lambda: len(service.decisions()) == 1)
    (record,) = service.decisions()
    assert (record["language"], record["policy"]["only"]) == ("de", "pii")
    (report,) = record["checks"]
    assert report["asked"]["options"]["categories"] == ["Email"]
    assert report["findings"][0]["segment"] == 0
    receipt = {key: record["coverage"][0][key] for key in ("kind", "blank", "editable", "old", "trusted")}
    assert receipt == {"kind": "text", "blank": False, "editable": True, "old": False, "trusted": False}
