"""Edits replace spans, and nothing of a span is left."""

from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.content import Edit, Inspection, Origin, Segment, Span, Stage, apply_edits

TEXT = "".join(map(chr, range(0x4E00, 0x4E00 + 30)))
spans = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: Span(min(pair), max(pair)))


def test_edits_are_made_in_code_points_whatever_their_order():
    edits = [Edit("/a", Span(4, 5), "Y"), Edit("/a", Span(0, 1), "X")]
    assert apply_edits("😀e\u0301n😀", edits) == "Xe\u0301nY"
    assert apply_edits("same", []) == "same"


def test_overlapping_edits_are_one_by_the_first():
    edits = [Edit("/a", Span(2, 6), "B"), Edit("/a", Span(0, 4), "A"), Edit("/a", Span(0, 2), "C")]
    assert apply_edits("0123456789", edits) == "A6789"


@given(st.lists(spans, max_size=6))
def test_no_character_of_any_span_survives_and_all_others_do(places):
    result = apply_edits(TEXT, [Edit("/a", span, "*") for span in places])
    gone = {TEXT[at] for span in places for at in range(*span)}
    assert result.replace("*", "") == "".join(char for char in TEXT if char not in gone)


def test_no_text_stands_in_a_repr():
    segment = Segment("secret", Origin.USER, "/a")
    edit = Edit("/a", Span(0, 1), "secret")
    assert "secret" not in repr((segment, edit, Inspection(Stage.INPUT, "app", (segment,))))
