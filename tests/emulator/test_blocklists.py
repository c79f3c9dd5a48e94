"""Text blocklists over HTTP: their management, their limits, and what matches."""

from typing import Any

import aiohttp
import pytest

from guardrails.emulator.services.blocklists_store import BlocklistStore, TooManyItems

VERSION = "2024-09-01"


@pytest.fixture
def call(emulator_session: aiohttp.ClientSession, bearer: dict[str, str]) -> Any:
    async def send(
        method: str, path: str, body: Any = None, *, version: str = VERSION, query: str = ""
    ) -> tuple[int, Any]:
        address = f"/contentsafety/{path}?api-version={version}{query}"
        async with emulator_session.request(method, address, json=body, headers=bearer) as response:
            return response.status, (await response.json() if response.status != 204 else None)

    return send


@pytest.fixture
async def terms(call: Any) -> dict[str, str]:
    """A list `terms` with three items; their identifiers by text."""
    await call("PATCH", "text/blocklists/terms", {"description": "Company terms"})
    drafts = [
        {"text": "Project X", "description": "secret"},
        {"text": "秘密"},
        {"text": r"b[i1]ngo\d+", "isRegex": True},
    ]
    status, body = await call("POST", "text/blocklists/terms:addOrUpdateBlocklistItems", {"blocklistItems": drafts})
    assert status == 200
    return {item["text"]: item["blocklistItemId"] for item in body["blocklistItems"]}


async def test_a_list_is_created_once_and_updated_after(call: Any) -> None:
    created = {"blocklistName": "a.b_c~d-1", "description": "First"}
    assert await call("PATCH", "text/blocklists/a.b_c~d-1", {"description": "First"}) == (201, created)
    assert await call("PATCH", "text/blocklists/a.b_c~d-1", {}) == (200, created)
    changed = created | {"description": "Second"}
    assert await call("PATCH", "text/blocklists/a.b_c~d-1", {"description": "Second"}) == (200, changed)
    assert await call("GET", "text/blocklists/a.b_c~d-1") == (200, changed)
    assert await call("GET", "text/blocklists") == (200, {"value": [changed]})
    assert await call("DELETE", "text/blocklists/a.b_c~d-1") == (204, None)
    status, body = await call("GET", "text/blocklists/a.b_c~d-1")
    assert (status, body["error"]["code"]) == (404, "ResourceNotFound")


async def test_items_are_answered_as_they_were_given(call: Any, terms: dict[str, str]) -> None:
    status, body = await call("GET", "text/blocklists/terms/blocklistItems")
    assert status == 200
    assert body["value"] == [
        {"blocklistItemId": terms["Project X"], "text": "Project X", "description": "secret", "isRegex": False},
        {"blocklistItemId": terms["秘密"], "text": "秘密", "isRegex": False},
        {"blocklistItemId": terms[r"b[i1]ngo\d+"], "text": r"b[i1]ngo\d+", "isRegex": True},
    ]
    status, item = await call("GET", f"text/blocklists/terms/blocklistItems/{terms['秘密']}")
    assert (status, item) == (200, body["value"][1])


async def test_the_same_text_again_keeps_its_identifier(call: Any, terms: dict[str, str]) -> None:
    again = {"blocklistItems": [{"text": "Project X", "description": "very secret"}]}
    _, body = await call("POST", "text/blocklists/terms:addOrUpdateBlocklistItems", again)
    assert body["blocklistItems"][0]["blocklistItemId"] == terms["Project X"]
    _, body = await call("GET", "text/blocklists/terms/blocklistItems")
    assert len(body["value"]) == 3
    assert body["value"][0]["description"] == "very secret"


async def test_removed_items_match_no_more(call: Any, terms: dict[str, str]) -> None:
    gone = {"blocklistItemIds": [terms["Project X"]]}
    assert await call("POST", "text/blocklists/terms:removeBlocklistItems", gone) == (204, None)
    _, body = await call("POST", "text:analyze", {"text": "Project X", "blocklistNames": ["terms"]})
    assert body["blocklistsMatch"] == []
    status, body = await call("POST", "text/blocklists/terms:removeBlocklistItems", gone)
    assert (status, body["error"]["code"]) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("about PROJECT\n x, briefly", ["Project X"]),
        ("about Project Xylophone", []),
        ("subproject x", []),
        ("これは秘密です", ["秘密"]),
        ("he said B1NGO42!", [r"b[i1]ngo\d+"]),
        ("bingo", []),
        ("Project X and bingo7", ["Project X", r"b[i1]ngo\d+"]),
    ],
)
async def test_what_matches(call: Any, terms: dict[str, str], text: str, matched: list[str]) -> None:
    status, body = await call("POST", "text:analyze", {"text": text, "blocklistNames": ["terms"]})
    assert status == 200
    assert body["blocklistsMatch"] == [
        {"blocklistName": "terms", "blocklistItemId": terms[item], "blocklistItemText": item} for item in matched
    ]
    assert len(body["categoriesAnalysis"]) == 4


async def test_a_hit_ends_the_analysis_when_asked_to(call: Any, terms: dict[str, str]) -> None:
    body = {"text": "Project X: I will kill you", "blocklistNames": ["terms"], "haltOnBlocklistHit": True}
    _, answer = await call("POST", "text:analyze", body)
    assert len(answer["blocklistsMatch"]) == 1
    assert answer["categoriesAnalysis"] == []
    _, answer = await call("POST", "text:analyze", body | {"text": "I will kill you"})
    assert answer["categoriesAnalysis"][3] == {"category": "Violence", "severity": 6}


async def test_an_unknown_list_is_not_silently_empty(call: Any, terms: dict[str, str]) -> None:
    status, body = await call("POST", "text:analyze", {"text": "x", "blocklistNames": ["terms", "nope"]})
    assert (status, body["error"]["code"]) == (404, "ResourceNotFound")
    assert "nope" in body["error"]["message"]


async def test_an_expression_without_end_is_an_error_not_a_miss(call: Any, terms: dict[str, str]) -> None:
    slow = {"blocklistItems": [{"text": r"(x+x+)+y", "isRegex": True}]}
    await call("POST", "text/blocklists/terms:addOrUpdateBlocklistItems", slow)
    status, body = await call("POST", "text:analyze", {"text": "x" * 5000, "blocklistNames": ["terms"]})
    assert (status, body["error"]["code"]) == (500, "InternalError")


@pytest.mark.parametrize("bomb", ["(?:(?:a{1000}){1000}){1000}", "[a-z]{99999999}", "a{2}{3}{999}", "(a{,5000})"])
async def test_an_expression_that_would_fill_the_memory_is_refused(call: Any, terms: dict[str, str], bomb: str) -> None:
    items = {"blocklistItems": [{"text": bomb, "isRegex": True}]}
    status, _ = await call("POST", "text/blocklists/terms:addOrUpdateBlocklistItems", items)
    assert status == 400


async def test_an_old_version_has_no_expressions(call: Any) -> None:
    await call("PATCH", "text/blocklists/old", {}, version="2023-10-01")
    items = {"blocklistItems": [{"text": "a.c", "isRegex": True}]}
    _, body = await call("POST", "text/blocklists/old:addOrUpdateBlocklistItems", items, version="2023-10-01")
    assert "isRegex" not in body["blocklistItems"][0]
    _, body = await call("POST", "text:analyze", {"text": "abc", "blocklistNames": ["old"]})
    assert body["blocklistsMatch"] == []


async def test_pages_follow_their_links(
    call: Any, emulator_session: aiohttp.ClientSession, bearer: dict[str, str]
) -> None:
    await call("PATCH", "text/blocklists/many", {})
    for part in range(3):
        drafts = [{"text": f"term {part * 100 + number}"} for number in range(100)]
        await call("POST", "text/blocklists/many:addOrUpdateBlocklistItems", {"blocklistItems": drafts})
    seen, address = (
        [],
        f"/contentsafety/text/blocklists/many/blocklistItems?api-version={VERSION}&maxpagesize=70&skip=10",
    )
    while address:
        async with emulator_session.get(address, headers=bearer) as response:
            body = await response.json()
        assert len(body["value"]) <= 70
        seen += [item["text"] for item in body["value"]]
        address = body.get("nextLink")
    assert seen == [f"term {number}" for number in range(10, 300)]
    _, body = await call("GET", "text/blocklists/many/blocklistItems", query="&top=5&skip=298")
    assert [item["text"] for item in body["value"]] == ["term 298", "term 299"]
    assert "nextLink" not in body


async def test_top_ends_the_pages_early(
    call: Any, emulator_session: aiohttp.ClientSession, bearer: dict[str, str]
) -> None:
    for number in range(9):
        await call("PATCH", f"text/blocklists/list{number}", {})
    seen, address = 0, f"/contentsafety/text/blocklists?api-version={VERSION}&top=7&maxpagesize=3"
    while address:
        async with emulator_session.get(address, headers=bearer) as response:
            body = await response.json()
        seen += len(body["value"])
        address = body.get("nextLink")
    assert seen == 7


@pytest.mark.parametrize("query", ["&top=x", "&skip=-1", "&maxpagesize=0", "&top=99999999999999999999", "&skip=٣"])
async def test_a_wrong_page_is_a_400(call: Any, query: str) -> None:
    assert (await call("GET", "text/blocklists", query=query))[0] == 400


@pytest.mark.parametrize("name", ["with space", "ümlaut", "x" * 65, "a@b"])
async def test_a_wrong_name_is_a_400(call: Any, name: str) -> None:
    status, body = await call("PATCH", f"text/blocklists/{name}", {})
    assert (status, body["error"]["code"]) == (400, "InvalidResourceName")


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("addOrUpdateBlocklistItems", {}),
        ("addOrUpdateBlocklistItems", {"blocklistItems": []}),
        ("addOrUpdateBlocklistItems", {"blocklistItems": ["x"]}),
        ("addOrUpdateBlocklistItems", {"blocklistItems": [{"text": "x"}] * 101}),
        ("addOrUpdateBlocklistItems", {"blocklistItems": [{"text": "x" * 129}]}),
        ("addOrUpdateBlocklistItems", {"blocklistItems": [{"text": "  "}]}),
        ("addOrUpdateBlocklistItems", {"blocklistItems": [{"text": "x", "description": "d" * 1025}]}),
        ("addOrUpdateBlocklistItems", {"blocklistItems": [{"text": "x", "isRegex": "yes"}]}),
        ("addOrUpdateBlocklistItems", {"blocklistItems": [{"text": "(", "isRegex": True}]}),
        ("removeBlocklistItems", {}),
        ("removeBlocklistItems", {"blocklistItemIds": ["x"] * 101}),
        ("removeBlocklistItems", {"blocklistItemIds": "x"}),
    ],
)
async def test_wrong_items_are_a_400(call: Any, terms: dict[str, str], operation: str, body: Any) -> None:
    status, answer = await call("POST", f"text/blocklists/terms:{operation}", body)
    assert (status, answer["error"]["code"]) == (400, "InvalidRequestBody")
    _, items = await call("GET", "text/blocklists/terms/blocklistItems")
    assert len(items["value"]) == 3


def test_all_lists_together_hold_ten_thousand_items() -> None:
    store = BlocklistStore()
    store.put("a", None)
    store.put("b", None)
    store.put_items(store.lists["a"], [(f"a{number}", None, False) for number in range(9_999)])
    store.put_items(store.lists["b"], [("last", None, False)])
    with pytest.raises(TooManyItems):
        store.put_items(store.lists["b"], [("one more", None, False)])
    store.put_items(store.lists["b"], [("last", "changed", False)])


async def test_a_reset_forgets_the_lists(call: Any, terms: dict[str, str], emulator: Any) -> None:
    emulator.state.reset()
    assert await call("GET", "text/blocklists") == (200, {"value": []})
