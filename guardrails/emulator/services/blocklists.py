"""Content Safety's text blocklists: their management, and `matches_in` for `text:analyze`."""

import re
import time
from collections.abc import Mapping
from typing import Final, cast

from aiohttp import web

from guardrails.emulator.azure_errors import json_answer
from guardrails.emulator.services.blocklists_paging import page_of
from guardrails.emulator.services.blocklists_store import (
    MOST_ITEMS,
    Blocklist,
    BlocklistStore,
    Item,
    TooManyItems,
    UnusableExpression,
    fold,
)
from guardrails.emulator.services.content_safety_requests import (
    Refused,
    answering,
    path,
    read_object,
    strings_of,
    text_of,
)
from guardrails.emulator.state import API_VERSION, STATE

_STORE: Final = "blocklists"
_NAME: Final = re.compile(r"[0-9A-Za-z._~-]{1,64}")
_LONGEST_DESCRIPTION: Final = 1024
_LONGEST_ITEM: Final = 128
_MOST_AT_ONCE: Final = 100
_SECONDS_FOR_EXPRESSIONS: Final = 0.1  # all of one request: it runs on the event loop
_EXPRESSIONS_SINCE: Final = "2024-02-15"


def add_routes(app: web.Application) -> None:
    """Add the eight operations."""
    lists = path("text/blocklists")
    one = lists + "/{name:[^/:]+}"
    app.router.add_get(lists, answering(_list))
    app.router.add_post(one + ":addOrUpdateBlocklistItems", answering(_add_items))
    app.router.add_post(one + ":removeBlocklistItems", answering(_remove_items))
    app.router.add_get(one + "/blocklistItems", answering(_list_items))
    app.router.add_get(one + "/blocklistItems/{item}", answering(_get_item))
    app.router.add_get(one, answering(_get))
    app.router.add_patch(one, answering(_put))
    app.router.add_delete(one, answering(_delete))


def matches_in(request: web.Request, text: str, names: list[str]) -> list[dict[str, object]]:
    """The `blocklistsMatch` of a text: every item of the named lists that occurs in it.

    Raises:
        Refused: 404 for an unknown list, 500 when its expressions together take more than 100 ms.
    """
    folded = fold(text)
    store = _store(request)
    until = time.monotonic() + _SECONDS_FOR_EXPRESSIONS
    matches: list[dict[str, object]] = []
    for name in dict.fromkeys(names):
        matches += [
            {"blocklistName": name, "blocklistItemId": item.identifier, "blocklistItemText": item.text}
            for item in _known(store, name).items.values()
            if _occurs(item, text, folded, until)
        ]
    return matches


def _occurs(item: Item, text: str, folded: str, until: float) -> bool:
    try:
        return item.occurs_in(text, folded, until=until)
    except TimeoutError:
        reason = f"The blocklist item {item.identifier} could not be evaluated in time"
        raise Refused(reason, status=500, code="InternalError") from None


def _store(request: web.Request) -> BlocklistStore:
    return cast("BlocklistStore", request.app[STATE].stores.setdefault(_STORE, BlocklistStore()))


def _known(store: BlocklistStore, name: str) -> Blocklist:
    blocklist = store.lists.get(name)
    if blocklist is None:
        raise Refused(f"The blocklist {name[:64]} was not found", status=404, code="ResourceNotFound")
    return blocklist


def _named(request: web.Request) -> Blocklist:
    return _known(_store(request), _name(request))


def _name(request: web.Request) -> str:
    name = request.match_info["name"]
    if _NAME.fullmatch(name) is None:
        reason = "The blocklist name must have 1 to 64 characters of 0-9 A-Z a-z . _ ~ -"
        raise Refused(reason, code="InvalidResourceName")
    return name


async def _list(request: web.Request) -> web.Response:
    return json_answer(page_of(request, [_as_list(blocklist) for blocklist in _store(request).lists.values()]))


async def _get(request: web.Request) -> web.Response:
    return json_answer(_as_list(_named(request)))


async def _put(request: web.Request) -> web.Response:
    name = _name(request)
    description = _description(await read_object(request))
    store = _store(request)
    created = store.put(name, description)
    return json_answer(_as_list(store.lists[name]), status=201 if created else 200)


async def _delete(request: web.Request) -> web.Response:
    del _store(request).lists[_named(request).name]
    return web.Response(status=204)


async def _add_items(request: web.Request) -> web.Response:
    blocklist = _named(request)
    drafts = _drafts(await read_object(request), expressions=request[API_VERSION] >= _EXPRESSIONS_SINCE)
    try:
        items = _store(request).put_items(blocklist, drafts)
    except TooManyItems:
        raise Refused(f"All blocklists together must not have more than {MOST_ITEMS} items") from None
    except UnusableExpression:
        raise Refused("Deserialize failed: blocklistItems has an item whose text is not a valid expression") from None
    return json_answer({"blocklistItems": [_as_item(request, item) for item in items]})


async def _remove_items(request: web.Request) -> web.Response:
    blocklist = _named(request)
    identifiers = strings_of(await read_object(request), "blocklistItemIds")
    if not identifiers or len(identifiers) > _MOST_AT_ONCE:
        raise Refused(f"Deserialize failed: blocklistItemIds must have 1 to {_MOST_AT_ONCE} items")
    if any(identifier not in blocklist.items for identifier in identifiers):
        raise Refused("A blocklist item of blocklistItemIds was not found", status=404, code="ResourceNotFound")
    for identifier in identifiers:
        blocklist.items.pop(identifier, None)
    return web.Response(status=204)


async def _list_items(request: web.Request) -> web.Response:
    items = [_as_item(request, item) for item in _named(request).items.values()]
    return json_answer(page_of(request, items))


async def _get_item(request: web.Request) -> web.Response:
    item = _named(request).items.get(request.match_info["item"])
    if item is None:
        raise Refused("The blocklist item was not found", status=404, code="ResourceNotFound")
    return json_answer(_as_item(request, item))


def _description(body: Mapping[str, object]) -> str | None:
    description = body.get("description")
    if description is None:
        return None
    if not isinstance(description, str) or len(description) > _LONGEST_DESCRIPTION:
        raise Refused(f"Deserialize failed: description must be a string of at most {_LONGEST_DESCRIPTION} characters")
    return description


def _drafts(body: Mapping[str, object], *, expressions: bool) -> list[tuple[str, str | None, bool]]:
    items = body.get("blocklistItems")
    if not isinstance(items, list) or not 1 <= len(items) <= _MOST_AT_ONCE:
        raise Refused(f"Deserialize failed: blocklistItems must be a list of 1 to {_MOST_AT_ONCE} items")
    drafts = []
    for item in items:
        if not isinstance(item, dict):
            raise Refused("Deserialize failed: blocklistItems must hold objects")
        is_expression = item.get("isRegex")
        if is_expression is not None and not isinstance(is_expression, bool):
            raise Refused("Deserialize failed: isRegex must be true or false")
        text = text_of(item, "text", longest=_LONGEST_ITEM)
        if not text.strip():
            raise Refused("Deserialize failed: text must not be empty")
        drafts.append((text, _description(item), bool(is_expression) and expressions))
    return drafts


def _as_list(blocklist: Blocklist) -> dict[str, object]:
    answer: dict[str, object] = {"blocklistName": blocklist.name}
    if blocklist.description is not None:
        answer["description"] = blocklist.description
    return answer


def _as_item(request: web.Request, item: Item) -> dict[str, object]:
    answer: dict[str, object] = {"blocklistItemId": item.identifier, "text": item.text}
    if item.description is not None:
        answer["description"] = item.description
    if request[API_VERSION] >= _EXPRESSIONS_SINCE:
        answer["isRegex"] = item.pattern is not None
    return answer
