"""A list as YAML is read with a place for each mistake, and written so that it reads back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.blocklists.yaml_form import parse, quoted, render
from guardrails.domain.blocklist import BlocklistContents, BlocklistItem
from guardrails.domain.errors import ConfigurationError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128).filter(str.strip)
NAMES = st.from_regex(r"[0-9A-Za-z._~-]{1,64}", fullmatch=True)
ITEMS = st.builds(BlocklistItem, TEXTS, st.none() | TEXTS, st.none(), st.booleans())
CONTENTS = st.builds(
    BlocklistContents,
    NAMES,
    st.none() | TEXTS,
    st.lists(ITEMS, max_size=8, unique_by=lambda item: item.text).map(tuple),
)


def problems(text):
    with pytest.raises(ConfigurationError) as told:
        parse(text, "terms.yaml")
    return list(told.value.problems)


def test_a_list_has_its_name_its_description_and_its_items_with_their_lines():
    text = """\
# Kept by the security team.
name: company-terms
description: Names that stay inside.
items:
  - Project Falcon   # until June
  - {text: "b[1i]rd", description: spelt around, regex: true}
  - text: Oak
"""
    read = parse(text, "terms.yaml")
    assert (read.name, read.description, read.name_mark.line) == ("company-terms", "Names that stay inside.", 2)
    assert [(entry.item.text, entry.mark.line) for entry in read.entries] == [
        ("Project Falcon", 5),
        ("b[1i]rd", 6),
        ("Oak", 7),
    ]
    assert read.entries[1].item == BlocklistItem("b[1i]rd", "spelt around", is_regex=True)


@given(CONTENTS)
def test_what_is_written_reads_back_as_it_was(contents):
    assert parse(render(contents), "terms.yaml").contents == contents


def test_a_list_may_be_empty():
    assert parse("name: a\nitems: []\n", "a.yaml").entries == ()


def test_every_mistake_is_told_at_once_with_its_place_and_without_the_item():
    long_item, secret = "x" * 129, "Falcon"
    text = f"""\
name: company terms
descripton: a
description: {"d" * 1025}
items:
  - {secret}
  -
  - ""
  - "  "
  - {long_item}
  - 12
  - no
  - {secret}
  - {{text: {secret}2, txt: b}}
  - {{description: b}}
  - {{text: a, regex: 1}}
  - {{text: b, description: {"e" * 1025}}}
  - [a]
"""
    told = problems(text)
    assert [problem.split(": ", 1) for problem in told] == [
        ["terms.yaml:1:7", "name: must have 1 to 64 characters of 0-9, A-Z, a-z, dot, dash, underscore and ~"],
        ["terms.yaml:2:1", "descripton: unknown key (did you mean 'description'?)"],
        ["terms.yaml:3:14", "description: has 1025 characters; at most 1024 are allowed"],
        ["terms.yaml:6:4", "items[1]: is empty"],
        ["terms.yaml:7:5", "items[2]: is empty"],
        ["terms.yaml:8:5", "items[3]: is empty"],
        ["terms.yaml:9:5", "items[4]: has 129 characters; at most 128 are allowed"],
        ["terms.yaml:10:5", "items[5]: must be text (quote it if YAML reads it as something else)"],
        ["terms.yaml:11:5", "items[6]: must be text (quote it if YAML reads it as something else)"],
        ["terms.yaml:12:5", "is the same item as in line 5"],
        ["terms.yaml:13:21", "items[8].txt: unknown key (did you mean 'text'?)"],
        ["terms.yaml:14:5", "items[9].text: is required"],
        ["terms.yaml:15:22", "items[10].regex: must be true or false"],
        ["terms.yaml:16:28", "items[11].description: has 1025 characters; at most 1024 are allowed"],
        ["terms.yaml:17:5", "items[12]: must be text (quote it if YAML reads it as something else)"],
    ]
    assert not any(secret in problem or long_item in problem for problem in told)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "terms.yaml:1:1: must be a mapping with name and items"),
        ("- a\n", "terms.yaml:1:1: must be a mapping with name and items"),
        ("name: a\n", "terms.yaml:1:1: items: is required"),
        ("items: []\n", "terms.yaml:1:1: name: is required"),
        ("name: a\nitems:\n", "terms.yaml:2:7: items: must be a list; write [] for a list without items"),
        ("name: a\nitems: b\n", "terms.yaml:2:8: items: must be a list; write [] for a list without items"),
        ("name: 7\nitems: []\n", "terms.yaml:1:7: name: must be text (quote it if YAML reads it as something else)"),
        ("name: a\nname: b\nitems: []\n", "terms.yaml:2:1: name: is given twice"),
        ("name: a\nitems: [b\n", "terms.yaml:3:1: is not YAML: did not find expected ',' or ']'"),
    ],
)  # fmt: skip
def test_one_mistake_is_one_sentence(text, problem):
    assert problems(text) == [problem]


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("*b", 'aliases (*name) are not supported: write the value out, or quote a literal "*"'),
        ("\x07", "holds a control character; write it as an escape in double quotes"),
        ("@b", "is not YAML: found character that cannot start any token"),
    ],
)
def test_an_item_that_needs_quotes_is_told(item, problem):
    assert problems(f"name: a\nitems:\n  - {item}\n") == [f"terms.yaml:3:5: {problem}"]


def test_half_a_character_is_refused():
    assert "terms.yaml:2:" in problems('name: a\nitems: ["\\ud800"]\n')[0]


def test_ten_thousand_items_are_read():
    lines = "".join(f"  - {{text: term {number}, description: d}}\n" for number in range(10_000))
    assert len(parse(f"name: a\nitems:\n{lines}", "a.yaml").entries) == 10_000


def test_code_points_are_counted_not_bytes():
    assert parse(f"name: a\nitems: ['{'🏔' * 128}']\n", "a.yaml").entries
    assert "129" in problems(f"name: a\nitems: ['{'🏔' * 129}']\n")[0]


def test_what_turns_the_direction_of_writing_is_shown_as_an_escape():
    assert quoted("a\u202eb\x1b[2J") == '"a\\u202eb\\u001b[2J"'
