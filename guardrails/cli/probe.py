"""A client for one probe: the very calls of a check, without retries, and the failure kept for its explanation."""

from collections.abc import Mapping
from typing import Final

import orjson

from guardrails.azure.client import AzureClient, Reply
from guardrails.azure.reply import RawReply
from guardrails.azure.target import Target
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError

_JSON: Final[Mapping[str, str]] = {"Content-Type": "application/json", "Accept": "application/json"}


class ProbeClient:
    """Speaks to Azure for a check and remembers what went wrong: an answer that is no 2xx, or the lack of one."""

    def __init__(self, client: AzureClient) -> None:
        self._client = client
        self.failure: RawReply | ServiceError | None = None

    async def post_json(
        self, target: Target, path: str, *, params: Mapping[str, str], body: object, deadline: Deadline
    ) -> Reply:
        """POST once; see `AzureClient.post_json`.

        Raises:
            ServiceError: it did not come to a usable 2xx answer; `failure` has what is known.
        """
        try:
            reply = await self._client.send(
                target, "POST", path, params=params, body=orjson.dumps(body), headers=_JSON, deadline=deadline
            )
        except ServiceError as error:
            self.failure = error
            raise
        if not reply.ok:
            self.failure = reply
            raise ServiceError(FailureReason.REJECTED, "the probe was refused", status=reply.status, calls=reply.calls)
        try:
            return Reply(orjson.loads(reply.body), reply.calls)
        except orjson.JSONDecodeError:
            raise ServiceError(FailureReason.BAD_RESPONSE, "the answer is not JSON", calls=reply.calls) from None
