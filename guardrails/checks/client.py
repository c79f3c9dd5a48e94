"""What a check needs of the client that speaks to Azure."""

from collections.abc import Mapping
from typing import Protocol

from guardrails.azure.client import Reply
from guardrails.azure.target import Target
from guardrails.domain.deadline import Deadline


class JsonClient(Protocol):
    """`guardrails.azure.client.AzureClient`, as far as checks use it."""

    async def post_json(
        self, target: Target, path: str, *, params: Mapping[str, str], body: object, deadline: Deadline
    ) -> Reply:
        """POST a JSON body to a path of the target and decode the JSON answer.

        Raises:
            ServiceError: it did not come to a usable 2xx answer by the deadline.
        """
