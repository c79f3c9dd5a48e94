"""Operations of the API that no check reads: told so in a sentence, not tried again, and never forwarded."""

import httpx2
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI, NotFoundError
from running import KEY

from guardrails.api.routes import CHAT_DOORS
from guardrails.api.unsupported import UNSUPPORTED_DOORS

SECRET = "the text that nobody read"


class Counting(httpx2.AsyncHTTPTransport):
    def __init__(self):
        super().__init__()
        self.requests = 0

    async def handle_async_request(self, request):
        self.requests += 1
        return await super().handle_async_request(request)


def _responses(sdk):
    return sdk.responses.create(model="gpt-4o", input=SECRET)


def _responses_stream(sdk):
    return sdk.responses.create(model="gpt-4o", input=SECRET, stream=True)


def _completions(sdk):
    return sdk.completions.create(model="gpt-4o", prompt=SECRET)


def _embeddings(sdk):
    return sdk.embeddings.create(model="gpt-4o", input=SECRET)


def _images(sdk):
    return sdk.images.generate(model="gpt-4o", prompt=SECRET)


def _edited_image(sdk):
    return sdk.images.edit(model="gpt-4o", image=b"\x89PNG", prompt=SECRET)


def _speech(sdk):
    return sdk.audio.speech.create(model="gpt-4o", voice="alloy", input=SECRET)


def _transcription(sdk):
    return sdk.audio.transcriptions.create(model="gpt-4o", file=b"RIFF")


CALLS = [
    _responses,
    _responses_stream,
    _completions,
    _embeddings,
    _images,
    _edited_image,
    _speech,
    _transcription,
]


@pytest.mark.parametrize("kind", ["AzureOpenAI", "OpenAI-v1", "OpenAI"])
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async def test_the_sdk_raises_not_found_once_and_nothing_reaches_a_model(service, kind, call):
    transport = Counting()
    async with httpx2.AsyncClient(transport=transport) as http:
        if kind == "AzureOpenAI":
            sdk = AsyncAzureOpenAI(
                azure_endpoint=service.url, api_key=KEY, api_version="2025-04-01-preview", http_client=http
            )
        else:
            base = "/openai/v1/" if kind == "OpenAI-v1" else "/v1/"
            sdk = AsyncOpenAI(base_url=service.url + base, api_key=KEY, http_client=http)
        with pytest.raises(NotFoundError) as caught:
            await call(sdk)
    assert caught.value.code == "unsupported_operation"
    assert "/openai/v1/chat/completions" in caught.value.message
    assert SECRET not in str(caught.value)
    assert transport.requests == 1
    assert service.calls("chat") == 0


async def test_the_sentence_names_the_operation_and_the_doors_there_are(service):
    for path in UNSUPPORTED_DOORS:
        answer = await service.post(path.replace("{name}", "gpt-4o"), {"input": SECRET})
        assert answer.status == 404
        assert answer.headers["Content-Type"].startswith("application/json")
        error = answer.body["error"]
        assert error["code"] == "unsupported_operation"
        assert (error["type"], error["param"]) == ("invalid_request_error", None)
        assert error["message"].startswith(f"{path} is not offered here")
        assert all(door in error["message"] for door in CHAT_DOORS)


async def test_reading_such_a_thing_is_told_the_same(service):
    answer = await service.get("/v1/files")
    assert (answer.status, answer.body["error"]["code"]) == (404, "unsupported_operation")


async def test_a_deployment_that_the_caller_typed_is_not_repeated(service):
    answer = await service.post("/openai/deployments/hunter2/embeddings", {})
    assert "hunter2" not in answer.body["error"]["message"]


async def test_the_body_is_not_read_whatever_it_is(service):
    answer = await service.post("/v1/audio/transcriptions", data=b"\xff" * 100_000)
    assert (answer.status, answer.body["error"]["code"]) == (404, "unsupported_operation")


async def test_a_stranger_learns_nothing(service):
    answer = await service.post("/v1/responses", {}, key="wrong")
    assert (answer.status, answer.body["error"]["code"]) == (401, "not_authenticated")
