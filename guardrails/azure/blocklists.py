"""Blocklists of Content Safety: kept by people, pushed by the command, through the official SDK.

Off the hot path, so the SDK's breadth is worth its price (Content Safety REST 2024-09-01, text blocklists).
"""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, Self, TypeVar, cast

import aiohttp
from azure.ai.contentsafety.aio import BlocklistClient
from azure.ai.contentsafety.models import (
    AddOrUpdateTextBlocklistItemsOptions,
    RemoveTextBlocklistItemsOptions,
    TextBlocklist,
    TextBlocklistItem,
)
from azure.core.async_paging import AsyncItemPaged
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.transport import AioHttpTransport, AsyncHttpResponse

from guardrails.azure.reply import RawReply
from guardrails.azure.retry import MAX_RETRIES, RetryBudget, retry_after
from guardrails.azure.target import Target
from guardrails.azure.tokens import TokenProvider
from guardrails.azure.trouble import CallError, refusal, trouble_of_error
from guardrails.domain.blocklist import Blocklist, BlocklistItem
from guardrails.domain.deadline import Deadline

T = TypeVar("T")

BLOCKLIST_API_VERSION: Final = "2024-09-01"
"""The first stable one that knows expressions (`isRegex`), whichever version the checks use."""

BATCH: Final = 100
"""The most items one call may add or remove (Content Safety limits)."""

PATIENCE_S: Final = 20.0

_REGEX: Final = "isRegex"
"""A field of the API that version 1.0 of the SDK has no attribute for; its models carry it as a mapping does."""


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
    target: Target,
    tokens: TokenProvider,
    session: aiohttp.ClientSession,
    *,
    retries: int = MAX_RETRIES,
    patience_s: float = PATIENCE_S,
) -> AsyncIterator["Blocklists"]:
    """The blocklists of a Content Safety resource, over the shared session, which stays open.

    A call that is throttled, or meets an outage, is made again up to `retries` times while that ends within
    `patience_s` seconds. What the service asks to wait is waited; a wait that would be too long is not begun.

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
        # Ours, below: the SDK's policy repeats a refused POST only where the answer has Retry-After.
        retry_total=0,
    )
    async with client:
        yield Blocklists(client, target, with_key=tokens.uses_key(target), retries=retries, patience_s=patience_s)


class Blocklists:
    """Lists and the terms in them. Every method raises `CallError` for service trouble, or `TokenError`."""

    def __init__(
        self, client: BlocklistClient, target: Target, *, with_key: bool, retries: int, patience_s: float
    ) -> None:
        self._client = client
        self._target = target
        self._with_key = with_key
        self._retries = retries
        self._patience_s = patience_s

    async def all(self) -> Sequence[Blocklist]:
        """Every list of the resource, all pages."""
        return [_list(told) for told in await self._pages(self._client.list_text_blocklists())]

    async def get(self, name: str) -> Blocklist | None:
        """One list, or None when there is none of this name."""

        async def read() -> Blocklist | None:
            try:
                return _list(await self._client.get_text_blocklist(name))
            except ResourceNotFoundError:
                return None

        return await self._call(read)

    async def upsert(self, blocklist: Blocklist) -> Blocklist:
        """Make a list, or change its description: None leaves it as it is, an empty one clears it."""

        async def write() -> Blocklist:
            options = TextBlocklist(blocklist_name=blocklist.name, description=blocklist.description)
            return _list(await self._client.create_or_update_text_blocklist(blocklist.name, options))

        return await self._call(write)

    async def delete(self, name: str) -> None:
        """Remove a list with all its terms."""
        await self._call(lambda: self._client.delete_text_blocklist(name))

    async def items(self, name: str) -> Sequence[BlocklistItem]:
        """Every item of a list, all pages."""
        return [_item(told) for told in await self._pages(self._client.list_text_blocklist_items(name))]

    async def add(self, name: str, items: Iterable[BlocklistItem]) -> Sequence[BlocklistItem]:
        """Add terms, a hundred per call, and return them with their ids. What was sent before a failed call stays."""
        added: list[BlocklistItem] = []
        for batch in batches(list(items)):
            options = AddOrUpdateTextBlocklistItemsOptions(blocklist_items=[_draft(item) for item in batch])
            told = await self._call(partial(self._client.add_or_update_blocklist_items, name, options))
            added += [_item(item) for item in told.blocklist_items]
        return added

    async def remove(self, name: str, ids: Iterable[str]) -> None:
        """Remove terms by id, a hundred per call."""
        for batch in batches(list(ids)):
            options = RemoveTextBlocklistItemsOptions(blocklist_item_ids=list(batch))
            await self._call(partial(self._client.remove_blocklist_items, name, options))

    async def _pages(self, paged: AsyncIterable[T]) -> list[T]:
        # The SDK says less of its answer than it is.
        pages = cast("AsyncItemPaged[T]", paged).by_page()
        told: list[T] = []

        async def following() -> list[T] | None:
            # Asked again after a failure, the SDK's iterator fetches the same page.
            try:
                return [entry async for entry in await anext(pages)]
            except StopAsyncIteration:
                return None

        while (page := await self._call(following)) is not None:
            told += page
        return told

    async def _call(self, work: Callable[[], Awaitable[T]]) -> T:
        budget = RetryBudget(Deadline.after(self._patience_s), self._retries)
        while True:
            try:
                return await work()
            except HttpResponseError as error:
                failure = self._refusal(error)
            except AzureError as error:
                cause: BaseException | None = error.inner_exception
                failure = CallError(trouble_of_error(cause or error), self._target, calls=1)
            pause = budget.pause_before_retry(failure)
            if pause is None:
                raise failure
            await asyncio.sleep(pause)

    def _refusal(self, error: HttpResponseError) -> CallError:
        response = cast("AsyncHttpResponse | None", error.response)
        body = b"" if response is None else response.text().encode()
        headers: Mapping[str, str] = {} if response is None else response.headers
        wait = retry_after({name.lower(): value for name, value in headers.items()})
        reply = RawReply(error.status_code or 0, {}, body)
        return refusal(self._target, reply, retry_after=wait, with_key=self._with_key)


def batches(items: Sequence[T]) -> list[Sequence[T]]:
    """The items in parts that one call may carry."""
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]


def _draft(item: BlocklistItem) -> TextBlocklistItem:
    draft = TextBlocklistItem(text=item.text, description=item.description)
    if item.is_regex:
        draft[_REGEX] = True
    return draft


def _list(told: TextBlocklist) -> Blocklist:
    return Blocklist(told.blocklist_name, told.description)


def _item(told: TextBlocklistItem) -> BlocklistItem:
    return BlocklistItem(told.text, told.description, told.blocklist_item_id, is_regex=told.get(_REGEX) is True)
