"""A growing text in windows: what was judged stays judged, and nothing is missed where windows meet."""

import json
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.content import Edit, Span
from guardrails.gateways.litellm.windows import OVERLAP, WINDOW, Answered

SECRET = re.compile(r"SECRET-\d{4}")
WORDS = st.sampled_from(["word ", "a ", "\n", "SECRET-1234 ", "SECRET-12", "longerthanthat", "é", "👩‍👩‍👧 ", "."])
TEXTS = st.lists(WORDS, max_size=900).map("".join) | st.text(max_size=50)


def findings(answered: Answered) -> list[tuple[int, Edit]]:
    """What a check that reads windows alone finds."""
    return [
        (number, Edit("", Span(*found.span()), "[gone]"))
        for number, window in enumerate(answered.windows)
        for found in SECRET.finditer(window.text)
    ]


@given(TEXTS)
def test_windows_cover_the_text_and_overlap(text):
    windows = Answered(text).windows
    assert windows[0].start == 0
    assert windows[-1].start + len(windows[-1].text) == len(text)
    assert all(text[window.start :].startswith(window.text) for window in windows)
    assert all(len(window.text) <= WINDOW for window in windows)
    for one, other in pairwise(windows):
        assert one.start < other.start <= one.start + len(one.text) - OVERLAP


@given(TEXTS, TEXTS)
def test_a_window_that_is_full_stays_as_it_is_whatever_follows(text, more):
    before = Answered(text).windows[:-1]
    assert Answered(text + more).windows[: len(before)] == before


@given(TEXTS)
def test_edits_found_in_windows_are_those_of_the_whole(text):
    answered = Answered(text)
    assert answered.with_edits(findings(answered)).text == SECRET.sub("[gone]", text)


@given(st.lists(WORDS, max_size=300), st.integers(1, 40))
def test_what_was_shown_of_a_stream_is_never_taken_back(pieces, rate):
    """What LiteLLM does with each round: it emits what is not held, and ends a stream that takes something back."""
    shown = ""
    for end in [*range(rate, len(pieces), rate), len(pieces)]:
        answered = Answered("".join(pieces[:end]))
        now = answered.with_edits(findings(answered))
        assert now.text.startswith(shown)
        assert 0 <= now.held <= len(now.text)
        shown = now.text[: max(len(shown), len(now.text) - now.held)]
    assert now.text == SECRET.sub("[gone]", "".join(pieces))


def test_a_finding_across_the_place_where_text_is_held_is_held_whole():
    text = "x" * 90 + "SECRET-1234" + "y" * (OVERLAP - 5)
    answered = Answered(text)
    shown = answered.with_edits(findings(answered))
    assert shown.text[: len(shown.text) - shown.held] == "x" * 90


def test_an_escape_of_json_is_seen_written_out_and_the_rest_stays_as_it_was_spelled():
    text = json.dumps({"note": "caf\u00e9", "key": "x"}).replace("x", r"SECRET\u002d1234")
    answered = Answered(text)
    assert "SECRET-1234" in answered.windows[0].text
    assert answered.with_edits(findings(answered)).text == '{"note": "caf\\u00e9", "key": "[gone]"}'


@pytest.mark.parametrize("cut", range(30, 52))
def test_so_it_is_while_the_json_is_in_the_making(cut):
    text = r'{"key": "a", "more": "SECRET\u002d1234 and'[:cut]
    answered = Answered(text)
    shown = answered.with_edits(findings(answered)).text
    assert ("[gone]" in shown) == (r"SECRET\u002d1234" in text)


def test_json_stays_json_whatever_is_replaced():
    text = json.dumps({"key": "SECRET-1234", "number": 5})
    answered = Answered(text)
    edits = [(0, Edit("", Span(*found.span()), 'a "quoted" \\ word')) for found in SECRET.finditer(text)]
    assert json.loads(answered.with_edits(edits).text) == {"key": 'a "quoted" \\ word', "number": 5}


def test_an_empty_text_is_one_window():
    assert [window.text for window in Answered("").windows] == [""]
    assert Answered("").with_edits([]) == ("", 0)
