"""A list as plain text: one item a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.blocklists import plain_form
from guardrails.blocklists.plain_form import can_hold, parse, render
from guardrails.domain.blocklist import BlocklistContents, BlocklistItem
from guardrails.domain.errors import ConfigurationError


def test_each_line_is_an_item_but_for_those_that_are_for_people():
    read = parse("# terms\nFalcon\n\n  Oak tree  \nC#\n", "lists/company-terms.txt")
    assert (read.name, read.describes) == ("company-terms", False)
    assert [(entry.item.text, entry.mark) for entry in read.entries] == [
        ("Falcon", (2, 1)),
        ("Oak tree", (4, 3)),
        ("C#", (5, 1)),
    ]


def test_mistakes_are_told_with_their_lines():
    with pytest.raises(ConfigurationError) as told:
        parse(f"Falcon\n{'x' * 129}\nFalcon\n", "a.txt")
    assert told.value.problems == (
        "a.txt:2:1: has 129 characters; at most 128 are allowed",
        "a.txt:3:1: is the same item as in line 1",
    )


def test_the_file_s_name_must_be_a_list_s():
    with pytest.raises(
        ConfigurationError, match=r"our a\.txt:1:1: the file's name is the list's, and must have"
    ) as told:
        parse("Falcon", "our a.txt")
    assert len(told.value.problems) == 1


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip), unique=True)
)
def test_what_plain_text_can_hold_reads_back_as_it_was(texts):
    contents = BlocklistContents("a", None, tuple(map(BlocklistItem, texts)))
    if can_hold(contents):
        assert parse(render(contents), "a.txt").contents == contents


@pytest.mark.parametrize(
    "contents",
    [
        BlocklistContents("a", "described"),
        BlocklistContents("a", None, (BlocklistItem("b", "described"),)),
        BlocklistContents("a", None, (BlocklistItem("b", is_regex=True),)),
        BlocklistContents("a", None, (BlocklistItem("# b"),)),
        BlocklistContents("a", None, (BlocklistItem("b\nc"),)),
        BlocklistContents("a", None, (BlocklistItem(" b"),)),
    ],
)
def test_what_it_cannot_hold_is_known(contents):
    assert not can_hold(contents)


def test_a_huge_file_is_refused(monkeypatch):
    monkeypatch.setattr(plain_form, "MAX_BYTES", 1024)
    with pytest.raises(ConfigurationError, match=r"a\.txt:1:1: is larger than 1 KiB"):
        parse("ab\n" * 1024, "a.txt")
