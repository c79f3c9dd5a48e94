"""Envoy's door: the status is the decision, and what Envoy did not show is never let on."""

import asyncio
import gzip
import io
import json

import openai
import pytest
from azure_calls import until
from gateway_calls import decision_of, policies
from native_bodies import ALLOWING_MEDIA, BODIES, PAYLOADS, string_leaves, with_string
from running import KEY

from guardrails.domain.errors import InvalidRequest
from guardrails.emulator.presets import preset
from guardrails.gateways.adapter import Call
from guardrails.gateways.ext_authz.adapter import ExtAuthz
from guardrails.gateways.samples import ATTACK, CARD, CLEAN, request

DOOR = "/gateways/ext_authz"
CHAT = f"{DOOR}/openai/deployments/gpt-4o/chat/completions"


async def asked(service, raw, content_type="application/json", *, path=CHAT, method="POST", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        named["Content-Type"] = content_type
    data = io.BytesIO(raw) if raw is not None else None
    skip = ("Content-Type",) if content_type is None else ()
    return await service.send(method, path, data=data, headers=named, skip_auto_headers=skip)


PATHS_OF_CLIENTS = (DOOR, f"{DOOR}/", CHAT, f"{DOOR}/v1%2Fchat/..%2f", f"{DOOR}/a%0Ab", f"{DOOR}/%7Bpath%7D")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "GET", "DELETE", "PROPFIND"])
async def test_a_body_is_judged_by_whatever_method_and_path_it_comes(gateway_service, method):
    for path in PATHS_OF_CLIENTS:
        clean = await asked(gateway_service, json.dumps(request(CLEAN)).encode(), path=path, method=method)
        assert (clean.status, clean.body["verdict"], clean.headers["x-guardrails-verdict"]) == (200, "allow", "allow")
        attack = await asked(gateway_service, json.dumps(request(ATTACK)).encode(), path=path, method=method)
        assert (attack.status, attack.body["error"]["code"]) == (400, "content_filter")


async def test_a_path_with_dots_stays_behind_the_door(gateway_service):
    """aiohttp does not resolve dots: a client of Envoy cannot reach another door of ours."""
    reader, writer = await _connected(gateway_service)
    body = json.dumps(request(ATTACK)).encode()
    writer.write(
        f"POST {DOOR}/../../check?stage=output HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
    writer.close()
    await writer.wait_closed()


async def _connected(service):
    host, port = service.url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port))


async def test_a_request_that_brings_nothing_to_a_model_is_let_on(gateway_service):
    for method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        answer = await asked(gateway_service, None, None, path=f"{DOOR}/openai/v1/models?api-version=1", method=method)
        assert (answer.status, answer.headers["x-guardrails-unjudged"]) == (200, "no body")
        assert "x-guardrails-verdict" not in answer.headers
    assert gateway_service.decisions() == []


async def test_a_body_that_envoy_did_not_send_is_denied_in_a_sentence(gateway_service):
    for method in ("POST", "PUT", "PATCH", "PROPFIND"):
        answer = await asked(gateway_service, None, method=method)
        assert answer.status == 400
        assert "with_request_body" in answer.body["error"]["message"]


async def test_half_a_body_is_denied(gateway_service):
    raw = json.dumps(request(CLEAN)).encode()
    answer = await asked(gateway_service, raw, x_envoy_auth_partial_body="true")
    assert (answer.status, answer.body["error"]["code"]) == (413, "too_large")
    assert "max_request_bytes" in answer.body["error"]["message"]
    assert (await asked(gateway_service, raw, x_envoy_auth_partial_body="false")).status == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/openai/v1/responses", {"Upgrade": "websocket"}), ("/openai/realtime", {}), ("/v1/realtime/", {})],
)
async def test_a_connection_whose_messages_nobody_sees_is_denied(gateway_service, path, headers):
    answer = await asked(gateway_service, None, None, path=DOOR + path, method="GET", **headers)
    assert answer.status == 400


BODIES_OF_CLIENTS = [
    (ATTACK.encode(), "text/plain", 400),
    (CLEAN.encode(), "text/plain; charset=UTF-8", 200),
    (CLEAN.encode("utf-16"), "text/plain; charset=utf-16", 415),
    (b"\xff\xfe", "text/plain", 400),
    (b'"' + CLEAN.encode() + b'"', "application/json", 200),
    (json.dumps([CLEAN, {"x": ATTACK}]).encode(), "application/json", 400),
    (json.dumps({"input": ATTACK}).encode(), "application/vnd.x+json", 400),
    (json.dumps(request(ATTACK)).encode(), None, 400),
    (json.dumps(request(CLEAN)).encode(), None, 200),
    (json.dumps(request(ATTACK)).encode(), "text/plain", 400),
    (b"\xef\xbb\xbf" + json.dumps(request(CLEAN)).encode(), "application/json", 200),
    (json.dumps(request(CLEAN)).encode("utf-16"), "application/json", 400),
    (json.dumps(request(CLEAN)).encode(), "application/json; charset=utf-7", 415),
    (b"[note] " + CLEAN.encode(), "text/plain", 400),
    (b"{", "application/json", 400),
    (b" ", "application/json", 400),
    (b"17", "application/json", 400),
    (b"null", "application/json", 400),
    (b"{}", "application/json", 400),
    (b'{"a":' * 100 + b"1" + b"}" * 100, "text/plain", 400),
    (json.dumps(["x y"] * 20_001).encode(), "application/json", 413),
    (rb'["\ud800"]', "application/json", 400),
    (b"a" * 5_000_000, "text/plain", 413),
    (b"x=" + CLEAN.encode(), "application/x-www-form-urlencoded", 415),
    (b"--b\r\n\r\nhello\r\n--b--", "multipart/form-data; boundary=b", 415),
    (b"\x89PNG", "image/png", 415),
    (b"\x89PNG", None, 415),
]  # fmt: skip


async def test_a_body_is_read_or_denied(gateway_service):
    for raw, content_type, status in BODIES_OF_CLIENTS:
        answer = await asked(gateway_service, raw, content_type)
        assert answer.status == status, (raw[:40], content_type, answer.body)
        if status != 200:
            assert {"message", "type", "param", "code"} <= answer.body["error"].keys()


@pytest.mark.parametrize(
    "raw",
    [
        b'{"messages": [{"role": "user", "content": "%s"}], "messages": [{"role": "user", "content": "hi"}]}',
        b'{"messages": [{"role": "user", "content": "%s", "content": "hi"}]}',
        b'{"input": "%s", "inp\\u0075t": "hi"}',
        b'[[{"x": {"y": "%s", "y": "hi"}}]]',
    ],
)
async def test_a_name_that_stands_twice_is_denied_for_readers_differ(gateway_service, raw):
    answer = await asked(gateway_service, raw % ATTACK.encode())
    assert answer.status == 400
    assert "stands twice" in answer.body["error"]["message"]


async def test_a_compressed_body_is_read_where_its_header_comes_along_and_denied_where_not(gateway_service):
    raw = gzip.compress(json.dumps(request(ATTACK)).encode())
    answer = await asked(gateway_service, raw, Content_Encoding="gzip")
    assert answer.body["error"]["code"] == "content_filter"
    assert (await asked(gateway_service, raw)).body["error"]["code"] == "invalid_request"


async def test_the_clients_query_chooses_no_policy(gateway_service):
    answer = await asked(
        gateway_service, json.dumps(request(ATTACK)).encode(), path=f"{CHAT}?policy=watching&api-version=1"
    )
    assert answer.status == 400
    assert answer.headers["x-guardrails-policy"].startswith("default@")


async def test_a_clients_own_bearer_stands_beside_our_key(gateway_service):
    raw = json.dumps(request(CLEAN)).encode()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer sk-of-the-client"}
    options = {"data": io.BytesIO(raw), "key": None}
    answer = await gateway_service.send("POST", CHAT, headers=headers | {"x-api-key": KEY}, **options)
    assert answer.status == 200
    for headers_only in ({}, headers):
        answer = await gateway_service.send("POST", CHAT, headers=headers_only, data=io.BytesIO(raw), key=None)
        assert (answer.status, answer.body["code"]) == (401, "not_authenticated")
    assert (await gateway_service.send("GET", f"{DOOR}/v1/models", key=None)).status == 401


async def test_an_outage_is_denied_by_a_status_that_envoy_takes_for_an_answer(gateway_service):
    gateway_service.emulator.state.scenarios.add(preset("unavailable"))
    answer = await asked(gateway_service, json.dumps(request(CLEAN)).encode())
    assert (answer.status, answer.headers["x-should-retry"]) == (424, "false")
    assert (answer.body["error"]["code"], answer.headers["x-guardrails-verdict"]) == ("guardrail_unavailable", "block")


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
async def test_too_many_calls_are_denied_by_a_status_that_sdks_try_again(start_service, method):
    service = await start_service(policies=policies(), settings={"server": {"port": 0, "max_concurrency": 1}})
    service.emulator.state.scenarios.add(preset("hang"))
    raw = json.dumps(request(CLEAN)).encode()
    answers = await asyncio.gather(*(asked(service, raw, method=method) for _ in range(2)))
    first, second = sorted(answers, key=lambda answer: answer.status)
    assert (first.status, second.status) == (424, 429)
    assert (second.body["error"]["code"], second.headers["Retry-After"]) == ("overloaded", "1")


async def test_nothing_is_judged_without_a_record_by_whatever_method(gateway_service, monkeypatch):
    monkeypatch.setattr("guardrails.pipeline.guard.Guard.can_record", False)
    for method in ("POST", "PUT", "GET"):
        answer = await asked(gateway_service, json.dumps(request(CLEAN)).encode(), method=method)
        assert (answer.status, answer.body["error"]["code"]) == (429, "records_unavailable")
    assert (await asked(gateway_service, None, None, method="GET")).status == 200


async def test_an_sdk_behind_envoy_raises_what_azures_own_filter_raises(gateway_service):
    """The SDK talks to the door as if Envoy had passed our answer on to it, which it does to the letter."""
    client = openai.AsyncAzureOpenAI(
        azure_endpoint=gateway_service.url + DOOR, api_key=KEY, api_version="2024-10-21", max_retries=2
    )
    async with client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": ATTACK}])
        assert caught.value.code == "content_filter"
        assert caught.value.body["innererror"]["content_filter_result"]["jailbreak"] == {
            "filtered": True,
            "detected": True,
        }
        gateway_service.emulator.state.scenarios.add(preset("unavailable"))
        with pytest.raises(openai.APIStatusError) as caught:
            await client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": "Good evening."}]
            )
        assert (caught.value.status_code, caught.value.code) == (424, "guardrail_unavailable")
    await until(lambda: len(gateway_service.decisions()) == 2)


async def test_for_whom_the_operator_says_is_recorded(gateway_service):
    raw = json.dumps(request(CLEAN)).encode()
    await asked(gateway_service, raw, x_guardrails_user="ann", x_guardrails_team="sales", x_request_id="3f1c")
    subject = (await decision_of(gateway_service))["subject"]
    assert (subject["gateway"], subject["request_id"], subject["model"]) == ("ext_authz", "3f1c", "gpt-4o")
    assert subject["user"]
    assert subject["team"]


PATHS = {
    "anthropic": "/anthropic/v1/messages",
    "gemini": "/v1beta/models/gemini-2.5-pro:generateContent",
    "responses": "/openai/v1/responses",
    "bedrock": "/model/claude/converse",
}


@pytest.mark.parametrize("provider", PATHS)
async def test_a_card_in_any_string_of_a_body_is_denied(start_service, provider):
    """But where no model reads it: bookkeeping of the endpoint, and media that the policy allows."""
    service = await start_service(policies=policies() | {"media": ALLOWING_MEDIA})
    body, path = BODIES[provider], DOOR + PATHS[provider]

    async def status(changed):
        raw = json.dumps(changed).encode()
        return (await asked(service, raw, path=path, x_guardrails_policy="media")).status

    assert await status(body) == 200
    passed = [leaf for leaf in string_leaves(body) if await status(with_string(body, leaf, CARD)) == 200]
    assert [leaf for leaf in passed if not leaf.endswith(PAYLOADS)] == [
        leaf for leaf in string_leaves(body) if leaf in {"/model", "/metadata/user_id"}
    ]


@pytest.mark.parametrize(("path", "method"), [("realtime", "GET"), ("x", "POST")])
def test_nothing_is_let_on_unread_but_what_has_no_body(path, method):
    with pytest.raises(InvalidRequest):
        ExtAuthz().parse(Call(path, method=method))
