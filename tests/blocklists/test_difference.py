"""A difference, applied to what is there, is what was wanted."""

from hypothesis import given
from hypothesis import strategies as st

from guardrails.blocklists.difference import applied, difference
from guardrails.domain.blocklist import BlocklistContents, BlocklistItem

WORDS = st.sampled_from([f"w{number}" for number in range(8)])
DESCRIPTIONS = st.sampled_from([None, "", "one", "two"])
WANTED_ITEMS = st.lists(
    st.builds(BlocklistItem, WORDS, DESCRIPTIONS, st.none(), st.booleans()), unique_by=lambda item: item.text
)
WANTED = st.builds(BlocklistContents, st.just("a"), DESCRIPTIONS, WANTED_ITEMS.map(tuple))


def _with_ids(items):
    return tuple(
        BlocklistItem(item.text, item.description, f"id{number}", is_regex=item.is_regex)
        for number, item in enumerate(items)
    )


# Azure may hold a text twice: what it does with copies is not documented.
THERE_ITEMS = st.lists(st.builds(BlocklistItem, WORDS, DESCRIPTIONS, st.none(), st.booleans()), max_size=12)
THERE = st.builds(BlocklistContents, st.just("a"), DESCRIPTIONS, THERE_ITEMS.map(_with_ids))


def told(contents, *, describes=True):
    items = sorted((item.text, (item.description or "") * describes, item.is_regex) for item in contents.items)
    return contents.name, (contents.description or "") * describes, items


@given(st.none() | THERE, WANTED)
def test_applied_it_is_what_was_wanted(there, wanted):
    assert told(applied(difference(wanted, there), there)) == told(wanted)


@given(st.none() | THERE, WANTED)
def test_once_applied_nothing_is_left(there, wanted):
    assert difference(wanted, applied(difference(wanted, there), there)).is_empty


@given(THERE, WANTED)
def test_without_pruning_nothing_goes_and_all_that_is_wanted_comes(there, wanted):
    change = difference(wanted, there)
    after = applied(change, there, prune=False)
    assert {item.id for item in there.items} <= {item.id for item in after.items}
    assert {item.text for item in wanted.items} <= {item.text for item in after.items}
    assert difference(wanted, after).removed == change.removed


@given(THERE, WANTED)
def test_a_file_that_cannot_describe_changes_no_description(there, wanted):
    change = difference(wanted, there, describes=False)
    assert change.description is None
    assert all(one.what == ("regex",) for one in change.changed)
    after = applied(change, there)
    assert after.description == there.description
    assert told(after, describes=False) == told(wanted, describes=False)


@given(THERE, WANTED)
def test_each_item_is_dealt_with_once(there, wanted):
    change = difference(wanted, there)
    ids = [one.wanted.id for one in change.changed] + [item.id for item in change.removed]
    assert len(ids) == len(set(ids))
    assert all(item.id is None for item in change.added)


def test_items_are_in_no_repr():
    wanted = BlocklistContents("a", "secret", (BlocklistItem("secret", "secret"),))
    assert "secret" not in repr((wanted, difference(wanted, None)))
