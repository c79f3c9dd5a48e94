"""Every exception aiohttp may raise for a call is a `ServiceError` with a reason, and its text goes nowhere."""

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from aioresponses_shim import answering
from yarl import URL

from guardrails.azure.client import AzureClient
from guardrails.azure.target import Target
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError

TARGET = Target("language", "https://contoso.example", "key", "scope", timeout_s=60)
URL_CALLED = "https://contoso.example/language/:analyze-text?api-version=1"
CANARY = "canary-in-an-exception"
_KEY = ConnectionKey("contoso.example", 443, True, True, None, None, None)


class _Keys:
    """A token provider with one key."""

    def uses_key(self, target):
        return True

    async def headers(self, target, deadline=None):
        return {target.key_header: "k"}

    async def drop(self, target, headers):
        return False


async def _post(mocked_times: int = 1, **answer):
    async with aiohttp.ClientSession() as session:
        client = AzureClient(session, _Keys())
        with answering() as mocked:
            for _ in range(mocked_times):
                mocked.post(URL_CALLED, **answer)
            return await client.post_json(
                TARGET, "/language/:analyze-text", params={"api-version": "1"}, body={}, deadline=Deadline.after(60)
            )


@pytest.mark.parametrize(
    ("exception", "reason"),
    [
        (aiohttp.ServerDisconnectedError(CANARY), FailureReason.NETWORK),
        (aiohttp.ClientOSError(104, CANARY), FailureReason.NETWORK),
        (aiohttp.ClientConnectorError(_KEY, OSError(111, CANARY)), FailureReason.NETWORK),
        (aiohttp.ClientPayloadError(CANARY), FailureReason.BAD_RESPONSE),
        (aiohttp.ServerTimeoutError(CANARY), FailureReason.NETWORK),
        (aiohttp.InvalidURL(CANARY), FailureReason.NETWORK),
        (aiohttp.ClientError(CANARY), FailureReason.NETWORK),
        (OSError(24, CANARY), FailureReason.NETWORK),
        (TimeoutError(CANARY), FailureReason.NETWORK),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_an_exception_of_the_client_is_a_reason(exception, reason):
    with pytest.raises(ServiceError) as caught:
        await _post(mocked_times=3, exception=exception)
    assert caught.value.reason in {reason, FailureReason.DEADLINE}
    assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.detail}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, FailureReason.REJECTED),
        (401, FailureReason.UNAUTHORIZED),
        (403, FailureReason.FORBIDDEN),
        (404, FailureReason.REJECTED),
        (413, FailureReason.REJECTED),
        (418, FailureReason.REJECTED),
        (429, FailureReason.THROTTLED),
        (500, FailureReason.UNAVAILABLE),
        (599, FailureReason.UNAVAILABLE),
        (302, FailureReason.BAD_RESPONSE),
    ],
)
async def test_a_status_is_a_reason_whatever_its_body_says(status, reason):
    with pytest.raises(ServiceError) as caught:
        await _post(mocked_times=3, status=status, body=CANARY)
    assert (caught.value.reason, caught.value.status) == (reason, status)
    assert CANARY not in f"{caught.value!r} {caught.value.detail}"


async def test_an_answer_is_decoded():
    assert (await _post(payload={"kind": "x"})).body == {"kind": "x"}


def test_the_url_is_sent_as_azure_writes_it():
    assert str(URL(URL_CALLED, encoded=True)) == URL_CALLED
