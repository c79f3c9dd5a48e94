"""A push makes Azure's lists what the files say, and its account is exact however it ends."""

import pytest

from guardrails.azure.trouble import CallError, Trouble
from guardrails.blocklists.difference import difference
from guardrails.blocklists.push import push, total_after
from guardrails.blocklists.remote import read_remote
from guardrails.domain.blocklist import BlocklistContents, BlocklistItem
from guardrails.emulator.scenarios import Effect, Refusal, Scenario


def terms(*numbers, description=None):
    return tuple(BlocklistItem(f"term {number}", description) for number in numbers)


def quiet(*_):
    pass


async def bring(lists, *wanted, prune=True):
    there = await read_remote(lists, quiet)
    return await push(lists, [difference(one, there.get(one.name)) for one in wanted], there, quiet, prune=prune)


async def stored(lists, name):
    there = (await read_remote(lists, quiet))[name]
    return there.description or None, {(item.text, item.description or None, item.is_regex) for item in there.items}


def writing(emulator):
    return [
        call
        for call in emulator.state.journal.of("content_safety")
        if call.method != "GET" and "analyze" not in call.path
    ]


async def test_a_list_is_made_and_a_second_push_does_nothing(lists, emulator):
    wanted = BlocklistContents("a", "ours", (*terms(*range(250)), BlocklistItem("b[1i]rd", "spelt", is_regex=True)))
    first = await bring(lists, wanted)
    (account,) = first.accounts
    assert first.failure is None
    assert (account.made, account.added, account.is_done, first.done, first.total) == (True, 251, True, 251, 251)
    assert await stored(lists, "a") == ("ours", {(i.text, i.description, i.is_regex) for i in wanted.items})
    calls = writing(emulator)
    assert [len(call.body["blocklistItems"]) for call in calls[1:]] == [100, 100, 51]
    second = await bring(lists, wanted)
    assert (second.total, second.failure) == (0, None)
    assert writing(emulator) == calls


async def test_items_change_and_go_and_descriptions_are_cleared(lists):
    await bring(lists, BlocklistContents("a", "ours", terms(*range(250), description="old")))
    wanted = BlocklistContents("a", None, terms(*range(20, 150)))
    done = (await bring(lists, wanted)).accounts[0]
    assert (done.made, done.added, done.changed, done.removed) == (True, 0, 130, 120)
    assert await stored(lists, "a") == (None, {(item.text, None, False) for item in wanted.items})


async def test_without_pruning_nothing_goes(lists):
    await bring(lists, BlocklistContents("a", None, terms(1, 2, 3)))
    done = (await bring(lists, BlocklistContents("a", None, terms(3, 4)), prune=False)).accounts[0]
    assert (done.added, done.removed, done.kept, done.is_done) == (1, 0, 2, True)
    assert len((await stored(lists, "a"))[1]) == 4


async def test_lists_that_no_file_has_are_left_alone(lists):
    await bring(lists, BlocklistContents("other", "theirs", terms(1)))
    await bring(lists, BlocklistContents("a", None, terms(2)))
    assert await stored(lists, "other") == ("theirs", {("term 1", None, False)})


async def test_all_pages_of_lists_and_items_are_read(lists):
    for number in range(130):
        await bring_one(lists, f"list-{number}")
    await lists.add("list-7", terms(*range(301)))
    there = await read_remote(lists, quiet)
    assert len(there) == 130
    assert len(there["list-7"].items) == 301


async def bring_one(lists, name):
    await push(lists, [difference(BlocklistContents(name), None)], {}, quiet, prune=False)


async def test_a_refused_call_in_the_middle_leaves_an_exact_account_and_the_next_push_goes_on(lists, emulator):
    wanted = [BlocklistContents(name, None, terms(*range(250))) for name in ("a", "b", "c")]
    trouble = Scenario(Effect(refusal=Refusal.ROLE_MISSING), service="content_safety")
    there = await read_remote(lists, quiet)
    seen = []

    def told(what, done, total):
        seen.append((what, done, total))
        if done == 350:
            emulator.state.scenarios.add(trouble)

    ended = await push(lists, [difference(one, None) for one in wanted], there, told, prune=True)
    assert isinstance(ended.failure, CallError)
    assert (ended.failure.trouble, ended.failed_at) == (Trouble.ROLE_MISSING, "b")
    assert [(one.made, one.added, one.unconfirmed, one.is_done) for one in ended.accounts] == [
        (True, 250, 0, True),
        (True, 100, 0, False),
        (True, 0, 0, False),
    ]
    assert (ended.done, ended.total, seen[-1][2]) == (350, 750, 750)
    emulator.state.scenarios.clear()
    assert [len((await stored(lists, name))[1]) for name in "abc"] == [250, 100, 0]
    finished = await bring(lists, *wanted)
    assert (finished.failure, finished.done) == (None, 400)


async def test_a_call_that_azure_did_not_confirm_is_told_as_such(lists, emulator):
    emulator.state.scenarios.add(Scenario(Effect(status=500), service="content_safety", after=2))
    ended = await bring(lists, BlocklistContents("a", None, terms(*range(120))))
    (account,) = ended.accounts
    assert (account.made, account.added, account.unconfirmed) == (True, 0, 100)


@pytest.mark.parametrize("effect", [Effect(status=429, retry_after=1), Effect(status=429), Effect(status=503)])
async def test_a_throttled_call_is_made_again_when_azure_says(lists, emulator, effect):
    emulator.state.scenarios.add(Scenario(effect, service="content_safety", times=1))
    ended = await bring(lists, BlocklistContents("a", None, terms(1)))
    assert ended.failure is None
    emulator.state.scenarios.add(Scenario(effect, service="content_safety", after=2, times=1))
    ended = await bring(lists, BlocklistContents("a", None, terms(1, 2)))
    assert ended.failure is None
    assert len((await stored(lists, "a"))[1]) == 2


async def test_a_page_that_fails_is_asked_again_and_no_other(lists, emulator):
    await bring(lists, BlocklistContents("a", None, terms(*range(250))))
    before = len(emulator.state.journal.of("content_safety"))
    emulator.state.scenarios.add(Scenario(Effect(status=503), service="content_safety", after=2, times=1))
    there = await read_remote(lists, quiet)
    assert {item.text for item in there["a"].items} == {f"term {number}" for number in range(250)}
    assert len(emulator.state.journal.of("content_safety")) - before == 5


async def test_a_wait_that_is_too_long_is_not_begun(lists, emulator):
    emulator.state.scenarios.add(Scenario(Effect(status=429, retry_after=3600), service="content_safety"))
    with pytest.raises(CallError) as told:
        await read_remote(lists, quiet)
    assert (told.value.trouble, told.value.retry_after) == (Trouble.THROTTLED, 3600)


async def test_an_item_that_somebody_else_removed_does_not_keep_the_others(lists):
    await bring(lists, BlocklistContents("a", None, terms(1, 2, 3)))
    there = await read_remote(lists, quiet)
    await lists.remove("a", [item.id for item in there["a"].items if item.text == "term 2"])
    change = difference(BlocklistContents("a"), there["a"])
    done = await push(lists, [change], there, quiet, prune=True)
    assert (done.failure, done.accounts[0].removed) == (None, 3)
    assert (await stored(lists, "a"))[1] == set()


async def test_a_full_resource_makes_room_first(lists, emulator):
    await bring(lists, BlocklistContents("a", None, terms(*range(10_000))))
    there = await read_remote(lists, quiet)
    change = difference(BlocklistContents("a", None, terms(*range(9_950), *range(10_000, 10_050))), there["a"])
    assert total_after([change], there, prune=True) == 10_000
    assert total_after([change], there, prune=False) == 10_050
    done = await push(lists, [change], there, quiet, prune=True)
    assert (done.failure, done.accounts[0].added, done.accounts[0].removed) == (None, 50, 50)


async def test_what_azure_takes_no_more_of_is_a_refusal(lists):
    await bring(lists, BlocklistContents("a", None, terms(*range(10_000))))
    with pytest.raises(CallError) as told:
        await lists.add("a", terms(10_001))
    assert told.value.trouble is Trouble.REJECTED
    assert "term" not in str(told.value)
