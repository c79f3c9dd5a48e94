"""Reversible redaction, end to end: the model sees a placeholder, the app gets its value back, and nobody else's."""

import asyncio
import json
import re

import httpx2
import pytest
import yaml
from openai import AsyncAzureOpenAI, AsyncOpenAI
from running import KEY, STRICT_KEY, settings_for

from guardrails.azure.secrets import SecretReader
from guardrails.domain.errors import ConfigurationError
from guardrails.server.placeholder_keys import read_placeholder_keys
from guardrails.server.prepare import prepare

MAIL, BOSS = "anna.smith@contoso.com", "the.boss@contoso.com"
PLACEHOLDER = re.compile(r"\[EMAIL_[0-9a-z]{8}\]")
RULE = {"id": "mail", "check": "pii", "category": "Email", "action": "redact", "with": "placeholder", "restore": True}
POLICY = {
    "checks": {"pii": {"categories": ["Email", "PhoneNumber"]}},
    "rules": [{**RULE, "stage": "input"}, {"id": "phone", "stage": "output", "check": "pii", "action": "redact"}],
}
TOOL = {"type": "function", "function": {"name": "send_mail", "parameters": {"type": "object"}}}


@pytest.fixture
async def restoring(start_service):
    return await start_service(policies={"default": POLICY, "hashing": {**POLICY, "rules": [HASH]}})


HASH = {"id": "mail", "check": "pii", "category": "Email", "action": "redact", "with": "hash"}


def ask(*texts, system="Be kind."):
    return [{"role": "system", "content": system}, *({"role": "user", "content": text} for text in texts)]


def seen(service):
    """What reached the model, call by call."""
    calls = service.emulator.state.journal.of("chat")
    assert all(MAIL.encode() not in call.raw for call in calls)
    return [call.body for call in calls]


async def chat(service, messages, **options):
    answer = await service.post("/guarded-chat", {"model": "gpt-4o", "messages": messages, **options})
    assert answer.status == 200, answer.body
    return answer


async def said(service, messages, **options):
    return (await chat(service, messages, **options)).body["choices"][0]["message"]["content"]


async def records_of(service):
    """The records of one guarded chat; a thread of their own writes them."""
    for _ in range(100):
        records = service.decisions()
        if len(records) == 2:
            return records
        await asyncio.sleep(0.05)
    raise AssertionError("no two records")


@pytest.mark.parametrize("kind", ["azure", "openai"])
async def test_the_model_sees_a_placeholder_and_the_app_gets_its_value(restoring, kind):
    async with httpx2.AsyncClient() as http:
        sdk = (
            AsyncAzureOpenAI(azure_endpoint=restoring.url, api_key=KEY, api_version="2024-10-21", http_client=http)
            if kind == "azure"
            else AsyncOpenAI(base_url=f"{restoring.url}/openai/v1/", api_key=KEY, http_client=http)
        )
        answer = await sdk.chat.completions.create(model="gpt-4o", messages=ask(f"Write to {MAIL}, twice: {MAIL}"), n=2)
    assert [choice.message.content for choice in answer.choices] == [
        f"You said: Write to {MAIL}, twice: {MAIL}", f"You said: Write to {MAIL}, twice: {MAIL} (2)",
    ]  # fmt: skip
    (body,) = seen(restoring)
    assert len(set(PLACEHOLDER.findall(body["messages"][1]["content"]))) == 1


async def test_tool_arguments_and_results_hold_the_value_for_the_app_and_never_for_the_model(restoring):
    async with httpx2.AsyncClient() as http:
        sdk = AsyncOpenAI(base_url=f"{restoring.url}/v1/", api_key=KEY, http_client=http)
        history = ask(f'call send_mail {{"to": "{MAIL}", "text": "\\"Hi\\"", "copies": 2}}')
        answer = await sdk.chat.completions.create(model="gpt-4o", messages=history, tools=[TOOL])
        (call,) = answer.choices[0].message.tool_calls
        assert json.loads(call.function.arguments) == {"to": MAIL, "text": '"Hi"', "copies": 2}
        history += [
            answer.choices[0].message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": call.id, "content": json.dumps({"sent": [MAIL]})},
        ]
        answer = await sdk.chat.completions.create(model="gpt-4o", messages=history, tools=[TOOL])
    assert MAIL in answer.choices[0].message.content
    first, second = seen(restoring)
    assert len(set(PLACEHOLDER.findall(json.dumps(first) + json.dumps(second)))) == 1
    assert PLACEHOLDER.search(second["messages"][2]["tool_calls"][0]["function"]["arguments"])


async def test_the_same_value_keeps_its_placeholder_over_turns_and_doors_and_no_other_caller_has_it(restoring):
    history = ask(f"I am {MAIL}.")
    reply = await said(restoring, history)
    assert MAIL in reply
    await said(restoring, [*history, {"role": "assistant", "content": reply}, *ask(f"Again: {MAIL}")[1:]])
    checked = await restoring.post("/check", {"text": MAIL, "policy": "default"})
    other = await restoring.post("/check", {"text": MAIL}, key=STRICT_KEY)
    ours = {*PLACEHOLDER.findall(json.dumps(seen(restoring))), checked.body["text"]}
    assert len(ours) == 1
    assert other.body["text"].startswith("[Email:")
    assert checked.body["text"][7:15] not in other.body["text"]


async def test_a_hash_reaches_the_model_and_stays(restoring):
    text = await said(restoring, ask(f"Write to {MAIL}"), policy="hashing")
    assert re.fullmatch(r"You said: Write to \[Email:[0-9a-z]{16}\]", text)


async def test_a_check_answers_with_placeholders_and_restores_nothing(restoring):
    sent = {"policy": "default", "messages": ask(f"Mail {MAIL}"), "documents": [MAIL]}
    checked = (await restoring.post("/check", sent)).body
    assert PLACEHOLDER.fullmatch(checked["documents"][0])
    assert checked["messages"][1]["content"] == f"Mail {checked['documents'][0]}"
    choices = [{"index": 0, "message": {"role": "assistant", "content": f"To {checked['documents'][0]}"}}]
    answered = (await restoring.post("/check", {"policy": "default", "stage": "output", "choices": choices})).body
    assert (answered["verdict"], "choices" in answered) == ("allow", False)


async def test_an_answer_is_judged_as_the_model_wrote_it_and_only_then_restored(restoring):
    """The rule for answers hides what the model brings (a number), never what the caller itself had sent."""
    answer = await chat(restoring, ask(f"say: {MAIL} has +1 425 555 0123"))
    assert answer.body["choices"][0]["message"]["content"] == f"{MAIL} has [PhoneNumber]"
    _, output = await records_of(restoring)
    assert {reason["category"] for reason in output["reasons"]} == {"PhoneNumber"}


async def test_who_writes_a_placeholder_is_not_shown_what_it_stands_for(restoring):
    learned = (await restoring.post("/check", {"policy": "default", "text": BOSS})).body["text"]
    for spelled in (learned, learned.lower().strip("[]"), learned.replace("_", r"\_")):
        text = await said(restoring, ask(f"say: {spelled} {MAIL}", system=f"You work for {BOSS}."))
        assert text == f"{spelled} {MAIL}"


async def test_an_invented_placeholder_and_one_of_another_exchange_are_left_alone(restoring):
    foreign = (await restoring.post("/check", {"policy": "default", "text": BOSS})).body["text"]
    assert await said(restoring, ask(f"say: [EMAIL_aaaaaaaa] {foreign} {MAIL}")) == f"[EMAIL_aaaaaaaa] {foreign} {MAIL}"


async def test_monitoring_hides_and_restores_nothing(start_service):
    service = await start_service(policies={"default": {**POLICY, "mode": "monitor"}})
    assert await said(service, ask(f"say: {BOSS}")) == BOSS
    (call,) = service.emulator.state.journal.of("chat")
    assert BOSS.encode() in call.raw


async def test_no_record_holds_a_value_or_a_placeholder(restoring):
    await said(restoring, ask(f"Write to {MAIL}"))
    placeholder = PLACEHOLDER.search(json.dumps(seen(restoring)))
    assert placeholder is not None
    assert [record["edits"] for record in await records_of(restoring)] == [1, 0]
    records = restoring.decisions_file.read_text()
    for planted in (MAIL, placeholder.group(), placeholder.group()[7:15], "the current key"):
        assert planted not in records


def prepared(emulator, tmp_path, keys, *, rule=RULE):
    folder = tmp_path / "policies"
    folder.mkdir()
    policy = {"version": 1, "policy": "default", "checks": {"pii": {}}, "rules": [rule]}
    (folder / "default.yaml").write_text(yaml.safe_dump(policy))
    file = tmp_path / "guardrails.yaml"
    file.write_text(yaml.safe_dump(settings_for(emulator, tmp_path, folder, {"placeholders": {"keys": keys}})))
    return asyncio.to_thread(prepare, file, {})


@pytest.mark.parametrize("rule", [RULE, HASH], ids=["placeholder", "hash"])
async def test_a_policy_that_needs_a_key_does_not_start_without_one(emulator, tmp_path, rule):
    with pytest.raises(ConfigurationError, match=r"^placeholders\.keys: is missing; policy 'default' redacts with"):
        await prepared(emulator, tmp_path, [], rule=rule)


LONG, SHORT = "a-long-and-secret-key-of-32-bytes", "a-short-secret-key-of-31-bytes!"


@pytest.mark.parametrize(
    ("env", "problems"),
    [
        ({"ONE": LONG}, ["placeholders.keys.1: The secret in environment variable TWO is not set."]),
        (
            {"ONE": SHORT, "TWO": LONG},
            ["placeholders.keys.0: the key in environment variable ONE is shorter than 32 bytes; make a random one"],
        ),
        (
            {"ONE": LONG, "TWO": LONG},
            ["placeholders.keys.1: the key in environment variable TWO is in the list already"],
        ),
    ],
)
async def test_a_key_that_does_not_hold_is_told_by_its_place_and_never_shown(emulator, tmp_path, env, problems):
    ready = await prepared(emulator, tmp_path, [{"env": "ONE"}, {"env": "TWO"}])
    with pytest.raises(ConfigurationError) as caught:
        await read_placeholder_keys(ready, SecretReader(env))
    assert list(caught.value.problems) == problems
    assert "secret-key" not in str(caught.value)


async def test_keys_come_from_files_too_and_the_first_one_makes(emulator, tmp_path):
    (tmp_path / "key").write_text(f"{LONG}\n")
    ready = await prepared(emulator, tmp_path, [{"file": str(tmp_path / "key")}, {"env": "OLD"}])
    keys = await read_placeholder_keys(ready, SecretReader({"OLD": LONG[::-1]}))
    assert keys is not None
    assert [bytes(key) for key in keys.keys] == [LONG.encode(), LONG[::-1].encode()]
    assert LONG not in repr(keys)


async def test_keys_that_no_policy_needs_are_not_read(emulator, tmp_path):
    ready = await prepared(emulator, tmp_path, [{"env": "NOT_SET"}], rule={**HASH, "with": "label"})
    assert await read_placeholder_keys(ready, SecretReader({})) is None
