from itertools import pairwise

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.checks.chunking import Chunk, Unit, merge, split
from guardrails.domain.content import Span
from guardrails.domain.finding import Finding

LIMIT, OVERLAP = 200, 40

PIECES = st.sampled_from(
    [
        "👩\u200d👩\u200d👧\u200d👦",
        "🇩🇪",
        "🇫🇷",
        "👍🏽",
        "e\u0301\u0323",
        "漢字",
        "。",
        "かな！",
        "שלום ",
        "مرحبا؟ ",
        "नमस्ते। ",
        "क्ष",
        "\u1112\u1161\u11ab",
        "word ",
        "Sentence. ",
        "line\n",
        "\r\n",
        "\n\n",
        "\u2029",
        " ",
        "x",
        "\x00",
        "\u0301",
        "\u200d",
        "\U0010ffff",
    ],
)
TEXTS = st.lists(PIECES | st.text(max_size=5), max_size=300).flatmap(
    lambda pieces: st.integers(1, 6).map(lambda times: "".join(pieces) * times)
)
UNITS = st.sampled_from(list(Unit))


@given(TEXTS, UNITS)
@settings(max_examples=150, deadline=None)
def test_chunks_fit_cover_every_character_and_overlap(text: str, unit: Unit) -> None:
    chunks = split(text, LIMIT, OVERLAP, unit)
    assert all(unit.length(chunk.text) <= LIMIT for chunk in chunks)
    assert all(text[chunk.span.start : chunk.span.end] == chunk.text for chunk in chunks)
    assert chunks[0].start == 0
    assert chunks[-1].span.end == len(text)
    for before, after in pairwise(chunks):
        assert before.start < after.start <= before.span.end - OVERLAP
        assert before.span.end < after.span.end


@given(TEXTS, UNITS, st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_is_no_longer_than_the_overlap_is_whole_in_one_chunk(
    text: str, unit: Unit, data: st.DataObject
) -> None:
    chunks = split(text, LIMIT, OVERLAP, unit)
    start = data.draw(st.integers(0, max(0, len(text) - OVERLAP)))
    end = min(len(text), start + OVERLAP)
    assert any(chunk.start <= start and end <= chunk.span.end for chunk in chunks)


@given(TEXTS, UNITS)
@settings(max_examples=150, deadline=None)
def test_no_cut_splits_what_a_reader_sees_as_one_character(text: str, unit: Unit) -> None:
    clusters = list(regex.finditer(r"\X", text))
    edges = {match.start() for match in clusters} | {len(text)}
    slack = LIMIT // 20
    for chunk in split(text, LIMIT, OVERLAP, unit):
        for cut in chunk.span:
            assert cut in edges or any(m.start() < cut < m.end() and len(m[0]) >= slack for m in clusters)


def test_a_short_text_is_one_chunk() -> None:
    assert split("", LIMIT, OVERLAP) == (Chunk(0, ""),)
    assert split("a" * LIMIT, LIMIT, OVERLAP) == (Chunk(0, "a" * LIMIT),)


def test_a_megabyte_without_any_border_is_cut_in_bounds() -> None:
    for text in ("a" * 1_000_000, "漢" * 1_000_000, "🇩🇪" * 500_000, "e" + "\u0301" * 1_000_000):
        chunks = split(text, 10_000, 1_000)
        assert len(chunks) < 130
        assert chunks[-1].span.end == len(text)


def test_chunks_end_at_the_best_border_there_is() -> None:
    cases = {
        "paragraph": ("word. " * 28 + "\n\n" + "word. " * 20, "\n\n"),
        "sentence": ("word " * 32 + "end. " + "word " * 30, "end. "),
        "chinese": ("字" * 180 + "。" + "字" * 100, "。"),
        "arabic": ("كلمة " * 34 + "لماذا؟ " + "كلمة " * 30, "؟ "),
        "hindi": ("शब्द " * 34 + "है। " + "शब्द " * 30, "। "),
        "word": ("letters " * 60, "letters "),
    }
    for text, ending in cases.values():
        assert split(text, LIMIT, OVERLAP)[0].text.endswith(ending)


def test_a_flag_is_never_torn_in_a_row_of_flags() -> None:
    for chunk in split("x" + "🇩🇪" * 1000, LIMIT, OVERLAP)[1:]:
        assert chunk.text[:2] == "🇩🇪"


def test_lone_surrogates_are_measured_not_refused() -> None:
    assert len(split("\ud800" * 500, LIMIT, OVERLAP, Unit.UTF16)) > 1


def _found(category: str, start: int, end: int, measure: float | None = 0.5) -> Finding:
    return Finding(category, measure, "/text", Span(start, end))


CHUNKS = (Chunk(0, "x" * 100), Chunk(80, "x" * 100), Chunk(160, "x" * 100))


def test_what_two_chunks_see_is_one_finding_with_the_stronger_measure() -> None:
    merged = merge(CHUNKS, [[_found("Email", 85, 95, 0.6)], [_found("Email", 85, 95, 0.9)], []])
    assert merged == (_found("Email", 85, 95, 0.9),)


def test_a_piece_cut_by_an_edge_gives_way_to_the_whole_whatever_it_was_taken_for() -> None:
    at_the_start = merge(CHUNKS, [[_found("CreditCardNumber", 70, 89)], [_found("PhoneNumber", 80, 89)], []])
    assert at_the_start == (_found("CreditCardNumber", 70, 89),)
    at_the_end = merge(CHUNKS, [[_found("PhoneNumber", 90, 99)], [_found("CreditCardNumber", 90, 109)], []])
    assert at_the_end == (_found("CreditCardNumber", 90, 109),)


def test_what_is_longer_than_any_chunk_shows_is_united() -> None:
    merged = merge(CHUNKS, [[_found("URL", 60, 100)], [_found("URL", 80, 180)], [_found("URL", 160, 200)]])
    assert merged == (_found("URL", 60, 200),)


def test_findings_of_different_categories_or_places_stay_apart() -> None:
    findings = [_found("Email", 10, 20), _found("Person", 12, 20), _found("Email", 20, 30)]
    assert merge(CHUNKS, [findings, [], []]) == tuple(findings)


def test_findings_come_in_order_of_their_place() -> None:
    merged = merge(CHUNKS, [[_found("B", 50, 60), _found("A", 1, 2)], [_found("A", 110, 120)], [_found("A", 90, 91)]])
    assert [finding.span for finding in merged] == [(1, 2), (50, 60), (90, 91), (110, 120)]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400), st.data())
@settings(max_examples=100, deadline=None)
def test_spans_of_chunks_map_back_to_the_text(filler: str, data: st.DataObject) -> None:
    needle = "needle@example.org"
    at = data.draw(st.integers(0, len(filler)))
    text = (filler[:at].replace("@", "") + " " + needle + " " + filler[at:].replace("@", "")) * 3
    chunks = split(text, LIMIT, OVERLAP)
    seen = [
        [
            _found("Email", chunk.start + match.start(), chunk.start + match.end())
            for match in regex.finditer(regex.escape(needle), chunk.text)
        ]
        for chunk in chunks
    ]
    merged = merge(chunks, seen)
    assert len(merged) == 3
    assert all(finding.span and text[finding.span.start : finding.span.end] == needle for finding in merged)
