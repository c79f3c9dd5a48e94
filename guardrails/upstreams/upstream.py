"""A model endpoint: a chat completion in, its JSON answer out, whole."""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import quote

import orjson

from guardrails.azure.client import AzureClient
from guardrails.azure.reply import RawReply
from guardrails.azure.target import Target
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import (
    InvalidRequest,
    ServiceError,
    TokenError,
    UpstreamError,
    UpstreamUnreachable,
)

MODEL_KEY_HEADER: Final = "api-key"
"""Where Azure OpenAI and Foundry look for a key (Azure OpenAI REST reference, Authentication)."""

V1: Final = "v1"
"""The `api_version` that means the `/openai/v1` path, which takes none."""

_PASSED_ON = re.compile(
    r"content-type|retry-after|retry-after-ms|x-ratelimit-.+|x-ms-.+|apim-request-id|x-request-id|x-should-retry"
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(frozen=True, slots=True)
class Completion:
    """A 2xx answer of the model: the headers a caller may see, in lower case, and the whole JSON object."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(repr=False)


class Upstream(Protocol):
    """A model that callers may name. Each kind says how its address and body are made."""

    @property
    def name(self) -> str:
        """The model as callers name it."""

    @property
    def target(self) -> Target:
        """The resource behind it."""

    async def complete(self, body: Mapping[str, Any], deadline: Deadline, request_id: str) -> Completion:
        """Send one chat completion, not streaming. Only a refused token is tried again, once.

        Args:
            body: The caller's body. Fields we do not know travel on untouched.
            deadline: When an answer is of no more use.
            request_id: Ours, told to Azure so that its support finds the call.

        Raises:
            UpstreamError: the endpoint answered with an error: status, body and the headers a caller may see.
            UpstreamUnreachable: no answer, none in time, no token, or an answer that is not a JSON object.
            InvalidRequest: the body cannot be encoded as JSON.
        """


@dataclass(frozen=True, slots=True)
class Address:
    """Where a deployment's chat completions are: path, query, and the fields set in the body."""

    path: str
    params: Mapping[str, str]
    sets: Mapping[str, str]


def v1_address(deployment: str) -> Address:
    """The version-less path, where the deployment is the body's `model` (Azure OpenAI v1; Foundry has it too)."""
    return Address("/openai/v1/chat/completions", {}, {"model": deployment})


def dated_address(deployment: str, api_version: str) -> Address:
    """The dated path of Azure OpenAI, where the deployment is part of it."""
    path = f"/openai/deployments/{quote(deployment, safe='')}/chat/completions"
    return Address(path, {"api-version": api_version}, {})


class ChatUpstream:
    """A deployment that takes chat completions over the shared client; the kinds differ in target and address only."""

    def __init__(self, name: str, client: AzureClient, target: Target, address: Address) -> None:
        self._name = name
        self._client = client
        self._target = target
        self._address = address

    @property
    def name(self) -> str:
        """The model as callers name it."""
        return self._name

    @property
    def target(self) -> Target:
        """The resource behind it."""
        return self._target

    async def complete(self, body: Mapping[str, Any], deadline: Deadline, request_id: str) -> Completion:
        """See `Upstream.complete`."""
        payload = self._encode(body)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if _REQUEST_ID.fullmatch(request_id):
            headers["x-ms-client-request-id"] = request_id
        try:
            reply = await self._client.send(
                self._target,
                "POST",
                self._address.path,
                params=self._address.params,
                body=payload,
                headers=headers,
                deadline=deadline,
            )
        except ServiceError as error:
            raise _unreachable(error) from error
        return _completion(reply)

    def _encode(self, body: Mapping[str, Any]) -> bytes:
        try:
            return orjson.dumps({**body, **self._address.sets})
        except orjson.JSONEncodeError:
            raise InvalidRequest("the body cannot be encoded as JSON") from None


def passed_on(headers: Mapping[str, str]) -> Mapping[str, str]:
    """The headers of an answer that a caller may see: limits, retry times, request ids and the content's type.

    A value with control or unusual characters, which no server of ours could send, is left out.
    """
    return {
        name: value
        for name, value in headers.items()
        if _PASSED_ON.fullmatch(name) and value.isascii() and value.isprintable()
    }


def _completion(reply: RawReply) -> Completion:
    headers = passed_on(reply.headers)
    if not reply.ok:
        if reply.status < 400:  # noqa: PLR2004 - a redirect is no answer of a model
            raise UpstreamUnreachable("the model endpoint answered with a redirect")
        raise UpstreamError(reply.status, reply.body, headers)
    body: object = None
    # Raised after the handler: the decoder's error holds the whole answer, and would be this one's context.
    with contextlib.suppress(orjson.JSONDecodeError):
        body = orjson.loads(reply.body)
    if not isinstance(body, dict):
        raise UpstreamUnreachable("the model endpoint's answer is not a JSON object")
    return Completion(reply.status, headers, body)


def _unreachable(error: ServiceError) -> UpstreamUnreachable:
    timed_out = error.reason is FailureReason.DEADLINE
    if isinstance(error, TokenError):
        # The caller learns that, not why: tenant and application are the operator's business.
        return UpstreamUnreachable("no token for the model endpoint could be had", timed_out=timed_out)
    return UpstreamUnreachable(error.detail, timed_out=timed_out)
