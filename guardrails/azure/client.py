"""Calls to Azure: bearer or key, one deadline, one retry budget, typed errors."""

import asyncio
import contextlib
import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import orjson

from guardrails.azure.exchange import Call, exchange, url_of
from guardrails.azure.observer import NO_OBSERVER, Observer
from guardrails.azure.reply import RawReply
from guardrails.azure.retry import MAX_RETRIES, RetryBudget, retry_after
from guardrails.azure.target import Target
from guardrails.azure.tokens import TokenProvider
from guardrails.azure.trouble import CallError, Trouble, refusal, trouble_of_error
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
"""More than any service documents; what is longer is not read to its end."""

_JSON: Final[Mapping[str, str]] = {"Content-Type": "application/json", "Accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer, decoded. `calls` is how many HTTP calls it took, the failed ones included."""

    body: Any = field(repr=False)
    calls: int = 1


class AzureClient:
    """Speaks to Azure over one shared session. Two of them may share one token provider.

    Args:
        session: Where connections come from; its `sock_connect` timeout bounds the opening of each.
        tokens: Bearers and keys.
        observer: Told of every call on the wire.
        max_answer_bytes: The longest answer that is read.
        max_retries: How often `post_json` tries again; 0 for a caller that keeps its own pace.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: TokenProvider,
        observer: Observer = NO_OBSERVER,
        *,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        max_retries: int = MAX_RETRIES,
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._observer = observer
        self._max_answer_bytes = max_answer_bytes
        self._max_retries = max_retries

    async def post_json(
        self, target: Target, path: str, *, params: Mapping[str, str], body: object, deadline: Deadline
    ) -> Reply:
        """POST a JSON body and decode the JSON answer.

        429, 5xx and broken connections are tried again within one small budget, never past the deadline.

        Raises:
            ServiceError: it did not come to a usable 2xx answer; reason, status, code, retry_after and calls say how.
            TokenError: no bearer could be had.
        """
        try:
            payload = orjson.dumps(body)
        except orjson.JSONEncodeError:
            raise CallError(Trouble.UNENCODABLE, target) from None
        call = Call(target, "POST", url_of(target, path, params), _JSON, payload)
        budget = RetryBudget(deadline, self._max_retries)
        calls = 0
        while True:
            try:
                reply = await self._accepted(call, deadline)
            except ServiceError as error:
                calls += error.calls
                error.calls = calls
                pause = budget.pause_before_retry(error) if isinstance(error, CallError) else None
                if pause is None:
                    raise
            else:
                return _decoded(target, reply, calls)
            await asyncio.sleep(pause)

    async def send(
        self,
        target: Target,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        body: bytes,
        headers: Mapping[str, str],
        deadline: Deadline,
    ) -> RawReply:
        """Send one request and return the answer whatever its status. A 401 is tried once more, with a new token.

        Raises:
            ServiceError: there was no answer (network, deadline), or it was cut short or too large.
            TokenError: no bearer could be had.
        """
        call = Call(target, method, url_of(target, path, params), headers, body, passed_on=True)
        return await self._authorized(call, deadline)

    async def open(
        self,
        target: Target,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        body: bytes,
        headers: Mapping[str, str],
        deadline: Deadline,
    ) -> RawReply:
        """Send one request as `send` does, and hand on the body of a 2xx answer while it comes, as `RawReply.rest`.

        The deadline and the target's `timeout_s` bound the time to the first bytes. From then on only silence is
        bounded, to `timeout_s` between bytes. The caller closes `rest`. A 2xx with nothing in it, and every other
        answer, comes whole.

        Raises:
            ServiceError: there was no answer (network, deadline), or it was cut short or too large.
            TokenError: no bearer could be had.
        """
        url = url_of(target, path, params)
        call = Call(target, method, url, headers, body, passed_on=True, streamed=True)
        return await self._authorized(call, deadline)

    async def _accepted(self, call: Call, deadline: Deadline) -> RawReply:
        reply = await self._authorized(call, deadline)
        failure = self._judge(call, reply)
        if failure is not None:
            raise failure
        return reply

    def _judge(self, call: Call, reply: RawReply) -> CallError | None:
        if reply.ok:
            return None
        with_key = self._tokens.uses_key(call.target)
        return refusal(call.target, reply, retry_after=retry_after(reply.headers), with_key=with_key)

    async def _authorized(self, call: Call, deadline: Deadline) -> RawReply:
        auth = await self._tokens.headers(call.target, deadline)
        reply = await self._once(call, auth, deadline)
        if reply.status != HTTPStatus.UNAUTHORIZED or not self._mendable(call, reply):
            return reply
        try:
            if not await self._tokens.drop(call.target, auth):
                return reply
            auth = await self._tokens.headers(call.target, deadline)
            return replace(await self._once(call, auth, deadline), calls=2)
        except ServiceError as error:
            error.calls += 1
            raise

    def _mendable(self, call: Call, reply: RawReply) -> bool:
        """A new token mends a refused token, not a missing role."""
        failure = self._judge(call, reply)
        return failure is not None and failure.trouble in {Trouble.TOKEN_REFUSED, Trouble.KEY_REFUSED}

    async def _once(self, call: Call, auth: Mapping[str, str], deadline: Deadline) -> RawReply:
        left = deadline.remaining()
        if left <= 0:
            raise CallError(Trouble.DEADLINE, call.target)
        began = time.monotonic()
        try:
            timeout_s = min(left, call.target.timeout_s)
            reply = await exchange(self._session, call, auth, timeout_s, self._max_answer_bytes)
        except CallError as error:
            self._report(call, error.reason.value, began)
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            trouble = trouble_of_error(error)
            if isinstance(error, TimeoutError):
                trouble = _which_time(trouble, call.target, deadline, began)
        else:
            self._report_answer(call, reply, began)
            return reply
        # Raised out here, without the first error as its context: aiohttp's may hold the request's headers.
        failure = CallError(trouble, call.target, calls=1)
        self._report(call, failure.reason.value, began)
        raise failure

    def _report_answer(self, call: Call, reply: RawReply, began: float) -> None:
        if reply.rest is None:
            self._report(call, self._outcome(call, reply), began)
        else:
            told = self._observer.call_finished
            reply.rest.when_ended(functools.partial(told, call.target.name, seconds=time.monotonic() - began))

    def _outcome(self, call: Call, reply: RawReply) -> str:
        failure = self._judge(call, reply)
        if failure is None:
            return "ok"
        return f"{reply.status // 100}xx" if call.passed_on else failure.reason.value

    def _report(self, call: Call, outcome: str, began: float) -> None:
        self._observer.call_finished(call.target.name, outcome, time.monotonic() - began)


def _which_time(trouble: Trouble, target: Target, deadline: Deadline, began: float) -> Trouble:
    """Whose time was up; aiohttp tells a whole call's end during connecting as a connection timeout."""
    if deadline.remaining() <= 0:
        return Trouble.DEADLINE
    return Trouble.TIMEOUT if time.monotonic() - began >= target.timeout_s else trouble


def _decoded(target: Target, reply: RawReply, calls: int) -> Reply:
    # Raised after the handler: the decoder's error holds the whole text, and would be this one's context.
    with contextlib.suppress(orjson.JSONDecodeError):
        return Reply(orjson.loads(reply.body), calls + reply.calls)
    raise CallError(Trouble.NOT_JSON, target, status=reply.status, calls=calls + reply.calls)
