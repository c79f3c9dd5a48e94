"""A model endpoint: a chat completion in, its answer out: a JSON object whole, or a stream of events as they come."""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import quote

import orjson

from guardrails.azure.client import AzureClient
from guardrails.azure.reply import RawReply
from guardrails.azure.target import Target
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import (
    InvalidRequest,
    ServiceError,
    UpstreamError,
    UpstreamUnreachable,
)
from guardrails.domain.request_id import is_request_id
from guardrails.upstreams.event_stream import EVENT_STREAM, EventStream
from guardrails.upstreams.unreachable import unreachable

MODEL_KEY_HEADER: Final = "api-key"
"""Where Azure OpenAI and Foundry look for a key (Azure OpenAI REST reference, Authentication)."""

JSON: Final = "application/json"

V1: Final = "v1"
"""The `api_version` that means the `/openai/v1` path, which takes none."""

_PASSED_ON = re.compile(
    r"content-type|retry-after|retry-after-ms|x-ratelimit-.+|x-ms-.+|apim-request-id|x-request-id|x-should-retry"
)


@dataclass(frozen=True, slots=True)
class Completion:
    """A 2xx answer of the model: the headers a caller may see, in lower case, and the whole JSON object.

    `deployment` is the label of the one that answered, `attempts` how many were asked.
    """

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any] = field(repr=False)
    deployment: str = ""
    attempts: int = 1


class OpenStream(Protocol):
    """A model's event stream, open; its first bytes have arrived. Who opened it closes it, whatever happened."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers a caller may see, in lower case."""

    @property
    def deployment(self) -> str:
        """The label of the deployment that answers."""

    @property
    def attempts(self) -> int:
        """How many deployments were asked."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """See `chunks`."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body's bytes as they come, the first ones included; for one reader, once. It ends where the body does.

        Who reads slowly slows the model down: nothing is read ahead.

        Raises:
            UpstreamUnreachable: it broke off, was silent for longer than the deployment's `timeout_s`, or was closed.
        """

    async def aclose(self) -> None:
        """Close the connection at once; what is still to come is not waited for. A second time does nothing."""


class Upstream(Protocol):
    """A model that callers may name, whatever number of deployments answer for it."""

    @property
    def name(self) -> str:
        """The model as callers name it."""

    @property
    def timeout_s(self) -> float:
        """Seconds a request may take, all tries together."""

    @property
    def deployments(self) -> "Sequence[ChatDeployment]":
        """What answers for it, by priority."""

    async def complete(self, body: Mapping[str, Any], deadline: Deadline, request_id: str) -> Completion:
        """Send one chat completion, not streaming. At one deployment, only a refused token is tried again, once.

        Args:
            body: The caller's body. Fields we do not know travel on untouched.
            deadline: When an answer is of no more use.
            request_id: Ours, told to Azure so that its support finds the call.

        Raises:
            UpstreamError: the endpoint answered with an error: status, body and the headers a caller may see.
            UpstreamUnreachable: no answer, none in time, no token, or an answer that is not a JSON object.
            InvalidRequest: the body cannot be encoded as JSON.
        """

    async def stream(self, body: Mapping[str, Any], deadline: Deadline, request_id: str) -> OpenStream:
        """Send one chat completion that asks for a stream (`stream: true` in its body). It is open when this returns.

        The deadline bounds the time to the first byte, all tries together; another deployment may take over until
        then, and never later. From the first byte on only silence is bounded.

        Raises:
            UpstreamError: as `complete` does.
            UpstreamUnreachable: as `complete` does, and for an answer that is no event stream, or an empty one.
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


class ChatDeployment:
    """A deployment that takes chat completions over the shared client; kinds differ in target and address only.

    `label` names it in metrics, logs and records: `account/deployment`. A lower `priority` is asked first.
    """

    def __init__(self, client: AzureClient, target: Target, address: Address, label: str, priority: int = 1) -> None:
        self._client = client
        self._address = address
        self.target = target
        self.label = label
        self.priority = priority

    async def complete(self, body: Mapping[str, Any], deadline: Deadline, request_id: str) -> Completion:
        """See `Upstream.complete`."""
        return _completion(await self._ask(self._client.send, body, deadline, request_id, {"Accept": JSON}), self.label)

    async def stream(self, body: Mapping[str, Any], deadline: Deadline, request_id: str) -> EventStream:
        """See `Upstream.stream`."""
        # Compressed, events would be held back until they fill the compressor's buffer.
        accept = {"Accept": EVENT_STREAM, "Accept-Encoding": "identity"}
        return _event_stream(await self._ask(self._client.open, body, deadline, request_id, accept), self.label)

    async def _ask(
        self,
        call: Callable[..., Awaitable[RawReply]],
        body: Mapping[str, Any],
        deadline: Deadline,
        request_id: str,
        accept: Mapping[str, str],
    ) -> RawReply:
        headers = {"Content-Type": JSON, **accept}
        if is_request_id(request_id):
            headers["x-ms-client-request-id"] = request_id
        try:
            return await call(
                self.target,
                "POST",
                self._address.path,
                params=self._address.params,
                body=self._encode(body),
                headers=headers,
                deadline=deadline,
            )
        except ServiceError as error:
            raise unreachable(error) from error

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


def _completion(reply: RawReply, deployment: str) -> Completion:
    headers = _success(reply, deployment)
    body: object = None
    # Raised after the handler: the decoder's error holds the whole answer, and would be this one's context.
    with contextlib.suppress(orjson.JSONDecodeError):
        body = orjson.loads(reply.body)
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        raise UpstreamUnreachable("the model endpoint's answer is not a chat completion")
    return Completion(reply.status, headers, body, deployment)


def _event_stream(reply: RawReply, deployment: str) -> EventStream:
    headers = _success(reply, deployment)
    if reply.rest is None:
        raise UpstreamUnreachable("the model endpoint's answer is empty")
    if reply.headers.get("content-type", "").partition(";")[0].strip().lower() != EVENT_STREAM:
        reply.rest.close()
        raise UpstreamUnreachable("the model endpoint did not stream: its answer is not an event stream")
    return EventStream(headers, deployment, reply.rest)


def _success(reply: RawReply, deployment: str) -> Mapping[str, str]:
    """The headers of a 2xx that a caller may see; any other answer is raised."""
    headers = passed_on(reply.headers)
    if reply.ok:
        return headers
    if reply.status < 400:  # noqa: PLR2004 - a redirect is no answer of a model
        raise UpstreamUnreachable("the model endpoint answered with a redirect")
    raise UpstreamError(reply.status, reply.body, headers, deployment=deployment)
