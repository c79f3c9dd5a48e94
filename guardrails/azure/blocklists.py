"""Blocklists of Content Safety: kept by people, pushed by the command, through the official SDK.

Off the hot path, so the SDK's breadth is worth its price (Content Safety REST 2024-09-01, text blocklists).
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Self, TypeVar

import aiohttp
from azure.ai.contentsafety.aio import BlocklistClient
from azure.ai.contentsafety.models import (
    AddOrUpdateTextBlocklistItemsOptions,
    RemoveTextBlocklistItemsOptions,
    TextBlocklist,
    TextBlocklistItem,
)
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.transport import AioHttpTransport

from guardrails.azure.reply import RawReply
from guardrails.azure.target import Target
from guardrails.azure.tokens import TokenProvider
from guardrails.azure.trouble import CallError, refusal, trouble_of_error
from guardrails.domain.deadline import Deadline

T = TypeVar("T")

BLOCKLIST_API_VERSION: Final = "2024-09-01"
BATCH: Final = 100
"""The most items one call may add or remove (Content Safety limits)."""


@dataclass(frozen=True, slots=True)
class Blocklist:
    """A named list of a resource."""

    name: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class BlocklistItem:
    """A term of a list. `id` is the service's, None for a term not yet sent."""

    text: str = field(repr=False)
    description: str | None = field(default=None, repr=False)
    id: str | None = None


class ProviderCredential:
    """Lets an Azure SDK client take its bearers from our token provider."""

    def __init__(self, tokens: TokenProvider, target: Target) -> None:
        self._tokens = tokens
        self._target = target

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:  # noqa: ANN401 - the SDK's protocol
        """The current bearer for the target's own scope, whatever the client asks for.

        Raises:
            TokenError: there is none to be had.
        """
        token = await self._tokens.token(self._target, Deadline.after(self._target.timeout_s))
        return AccessToken(token.value, int(time.time() + token.expires_at - time.monotonic()))

    async def close(self) -> None:
        """Nothing to close: the provider lives on."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing to close."""


@asynccontextmanager
async def open_blocklists(
    target: Target, tokens: TokenProvider, session: aiohttp.ClientSession
) -> AsyncIterator["Blocklists"]:
    """The blocklists of a Content Safety resource, over the shared session, which stays open.

    Raises:
        TokenError: the target's key cannot be read.
    """
    credential: AzureKeyCredential | ProviderCredential = ProviderCredential(tokens, target)
    if tokens.uses_key(target):
        credential = AzureKeyCredential((await tokens.headers(target))[target.key_header])
    client = BlocklistClient(
        target.endpoint,
        credential,
        api_version=BLOCKLIST_API_VERSION,
        credential_scopes=[target.scope],
        transport=AioHttpTransport(
            session=session,
            session_owner=False,
            connection_timeout=session.timeout.sock_connect or target.timeout_s,
            read_timeout=target.timeout_s,
        ),
        retry_total=2,
    )
    async with client:
        yield Blocklists(client, target, with_key=tokens.uses_key(target))


class Blocklists:
    """Lists and the terms in them. Every method raises `CallError` for service trouble, or `TokenError`."""

    def __init__(self, client: BlocklistClient, target: Target, *, with_key: bool) -> None:
        self._client = client
        self._target = target
        self._with_key = with_key

    async def all(self) -> Sequence[Blocklist]:
        """Every list of the resource."""

        async def read() -> list[Blocklist]:
            return [_list(told) async for told in self._client.list_text_blocklists()]

        return await self._call(read)

    async def get(self, name: str) -> Blocklist | None:
        """One list, or None when there is none of this name."""

        async def read() -> Blocklist | None:
            try:
                return _list(await self._client.get_text_blocklist(name))
            except ResourceNotFoundError:
                return None

        return await self._call(read)

    async def upsert(self, blocklist: Blocklist) -> Blocklist:
        """Make a list, or change its description."""

        async def write() -> Blocklist:
            options = TextBlocklist(blocklist_name=blocklist.name, description=blocklist.description)
            return _list(await self._client.create_or_update_text_blocklist(blocklist.name, options))

        return await self._call(write)

    async def delete(self, name: str) -> None:
        """Remove a list with all its terms."""
        await self._call(lambda: self._client.delete_text_blocklist(name))

    async def items(self, name: str) -> Sequence[BlocklistItem]:
        """Every term of a list."""

        async def read() -> list[BlocklistItem]:
            return [_item(told) async for told in self._client.list_text_blocklist_items(name)]

        return await self._call(read)

    async def add(self, name: str, items: Iterable[BlocklistItem]) -> Sequence[BlocklistItem]:
        """Add terms, a hundred per call, and return them with their ids. What was sent before a failed call stays."""
        added: list[BlocklistItem] = []
        for batch in _batches(list(items)):
            options = AddOrUpdateTextBlocklistItemsOptions(
                blocklist_items=[TextBlocklistItem(text=item.text, description=item.description) for item in batch]
            )

            told = await self._call(partial(self._client.add_or_update_blocklist_items, name, options))
            added += [_item(item) for item in told.blocklist_items]
        return added

    async def remove(self, name: str, ids: Iterable[str]) -> None:
        """Remove terms by id, a hundred per call."""
        for batch in _batches(list(ids)):
            options = RemoveTextBlocklistItemsOptions(blocklist_item_ids=list(batch))
            await self._call(partial(self._client.remove_blocklist_items, name, options))

    async def _call(self, work: Callable[[], Awaitable[T]]) -> T:
        try:
            return await work()
        except HttpResponseError as error:
            body = (error.response.text() if error.response is not None else "").encode()
            reply = RawReply(error.status_code or 0, {}, body)
            failure = refusal(self._target, reply, retry_after=None, with_key=self._with_key)
        except AzureError as error:
            cause: BaseException | None = error.inner_exception
            failure = CallError(trouble_of_error(cause or error), self._target, calls=1)
        raise failure


def _batches(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]


def _list(told: TextBlocklist) -> Blocklist:
    return Blocklist(told.blocklist_name, told.description)


def _item(told: TextBlocklistItem) -> BlocklistItem:
    return BlocklistItem(told.text, told.description, told.blocklist_item_id)
