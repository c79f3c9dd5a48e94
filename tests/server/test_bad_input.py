"""Bad input is the caller's to mend: a clear 4xx that names the field or the limit, at every door."""

import gzip
import hashlib
import io
import json

import pytest

CHECK_DOORS = ["/check", "/check/pii", "/check/content-safety", "/check/prompt-shield"]
CHAT_DOORS = [
    "/guarded-chat",
    "/v1/chat/completions",
    "/openai/v1/chat/completions",
    "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
]
JSON = {"Content-Type": "application/json"}


def _said(answer) -> str:
    body = answer.body
    return body.get("detail") or body["error"]["message"]


def _shape_is_right(door: str, answer) -> bool:
    if door in CHECK_DOORS:
        return answer.headers["Content-Type"].startswith("application/problem+json") and "title" in answer.body
    return {"message", "type", "param", "code"} <= set(answer.body["error"])


@pytest.mark.parametrize("door", CHECK_DOORS + CHAT_DOORS)
@pytest.mark.parametrize(
    ("raw", "status", "said"),
    [
        (b"{not json", 400, "not JSON"),
        (b"", 400, "empty"),
        (b"[]", 400, "JSON object"),
        (b"null", 400, "JSON object"),
        (rb'{"text": "\ud800", "messages": [{"role": "user", "content": "\ud800"}]}', 400, "surrogate"),
        (b'{"a":' * 3000 + b"1" + b"}" * 3000, 400, "deeper than 64"),
        (b'{"text": "' + b"x" * (5 * 1024 * 1024) + b'"}', 413, "4194304 bytes"),
    ],
    ids=["not-json", "empty", "list", "null", "surrogate", "deep", "5MiB"],
)
async def test_a_body_that_cannot_be_read_says_why(service, door, raw, status, said):
    answer = await service.post(door, data=io.BytesIO(raw), headers=JSON)
    assert answer.status == status
    assert said in _said(answer)
    assert _shape_is_right(door, answer)
    assert answer.headers["x-request-id"]


async def test_five_mebibytes_without_a_length_are_too_large_as_well(service):
    async def pieces():
        for _ in range(80):
            yield b"x" * 65536

    answer = await service.post("/check", data=pieces(), headers=JSON)
    assert answer.status == 413


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("door", ["/check", "/v1/chat/completions"])
async def test_a_body_that_is_not_compressed_as_it_says_is_a_400(service, door, coding):
    answer = await service.post(door, data=b'{"text": "hi"}', headers={**JSON, "Content-Encoding": coding})
    assert answer.status == 400
    assert "Content-Encoding" in _said(answer)
    assert _shape_is_right(door, answer)


async def test_a_body_that_grows_over_the_limit_when_decompressed_is_too_large(service):
    bomb = gzip.compress(b'{"text": "' + b"x" * (64 * 1024 * 1024) + b'"}')
    answer = await service.post("/check", data=bomb, headers={**JSON, "Content-Encoding": "gzip"})
    assert answer.status == 413


async def test_a_basic_credential_that_is_not_base64_is_an_unknown_key(service):
    answer = await service.post("/check", {"text": "hi"}, key=None, headers={"Authorization": "Basic schl\u00fcssel"})
    assert answer.status == 401


async def test_another_content_type_is_refused(service):
    answer = await service.post("/check", data=b"text=hello", headers={"Content-Type": "text/plain"})
    assert answer.status == 415
    assert "application/json" in _said(answer)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "choices"),
        ({"text": "a", "messages": []}, "text"),
        ({"text": 5}, "text"),
        ({"text": ["a"]}, "text"),
        ({"text": "a", "stage": "sideways"}, "stage"),
        ({"text": "a", "stage": None}, "stage"),
        ({"text": "a", "stage": ["input"]}, "stage"),
        ({"text": "a", "language": "english please"}, "language"),
        ({"text": "a", "policy": 7}, "policy"),
        ({"text": "a", "polcy": "strict"}, "polcy"),
        ({"text": "a", "documents": "one"}, "documents"),
        ({"text": "a", "documents": ["one", 2]}, "documents[1]"),
        ({"messages": "hello"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": ["hello"]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "alien", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].image_url"),
        ({"messages": [{"role": "user", "content": [{"url": "x"}]}]}, "messages[0].content[0].type"),
        ({"choices": [{"message": {"content": "x"}}]}, "choices"),
        ({"stage": "output", "choices": {}}, "choices"),
        ({"stage": "output", "choices": []}, "choices"),
        ({"stage": "output", "choices": [5]}, "choices[0]"),
    ],
)
async def test_a_wrong_field_of_a_check_is_named(service, body, field):
    answer = await service.post("/check", body)
    assert answer.status == 400
    assert answer.body["field"] == field
    assert field in answer.body["detail"]


@pytest.mark.parametrize("door", CHAT_DOORS[:3])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"messages": None}, "messages"),
        ({"messages": [{"role": "user", "content": {"a": 1}}]}, "messages[0].content"),
        ({"model": None}, "model"),
        ({"model": 5}, "model"),
        ({"stream": "yes"}, "stream"),
        ({"policy": 5}, "policy"),
    ],
)
async def test_a_wrong_field_of_a_chat_is_named(service, door, change, field):
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], **change}
    answer = await service.post(door, body)
    assert answer.status == 400
    assert answer.body["error"]["param"] == field
    assert field in answer.body["error"]["message"]
    assert service.calls("chat") == 0


async def test_an_unknown_model_is_a_404_that_names_the_known_ones(service):
    body = {"model": "gpt-9", "messages": [{"role": "user", "content": "hi"}]}
    answer = await service.post("/v1/chat/completions", body)
    assert answer.status == 404
    assert "gpt-4o, phi-4" in answer.body["error"]["message"]
    by_path = await service.post("/openai/deployments/gpt-9/chat/completions", body)
    assert by_path.status == 404


async def test_an_unknown_policy_is_a_404_that_names_the_known_ones(service):
    answer = await service.post("/check", {"text": "hi", "policy": "lenient"})
    assert (answer.status, answer.body["known"]) == (404, ["default", "strict"])
    assert "lenient" not in json.dumps(answer.body)


@pytest.mark.parametrize("door", CHECK_DOORS + CHAT_DOORS)
async def test_without_a_known_key_nothing_is_told_and_nothing_is_called(service, door):
    for key in (None, "wrong"):
        answer = await service.post(door, {"text": "hi"}, key=key)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert _shape_is_right(door, answer)
    assert all(call.service == "entra" for call in service.emulator.state.journal)


async def test_a_door_that_is_not_there_and_a_wrong_method_say_so(service):
    missing = await service.post("/chek", {})
    assert (missing.status, missing.body["code"]) == (404, "not_found")
    unknown = await service.post("/openai/v1/nope", {"input": "hi"})
    assert (unknown.status, unknown.body["error"]["code"]) == (404, "not_found")
    wrong = await service.get("/check")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "POST")
    assert wrong.body["detail"] == "Use POST."


async def test_a_strange_request_id_is_replaced(service):
    answer = await service.post("/check", {"text": "hi"}, headers={"x-request-id": "a b<script>"})
    assert answer.headers["x-request-id"].startswith("req_")


async def test_a_field_whose_name_is_content_is_not_repeated(service):
    answer = await service.post("/check", {"text": "hi", "call anna@contoso.com": 1})
    assert answer.status == 400
    assert "anna" not in json.dumps(answer.body)


async def test_a_caller_without_models_may_check_but_not_chat(start_service):
    key = "check-only-key"
    digest = hashlib.sha256(key.encode()).hexdigest()
    callers = {"checker": {"key_sha256": digest, "policies": ["default"], "models": []}}
    service = await start_service(settings={"callers": callers})
    assert (await service.post("/check", {"text": "hi"}, key=key)).status == 200
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
    answer = await service.post("/guarded-chat", body, key=key)
    assert (answer.status, answer.body["code"]) == (403, "not_allowed")
