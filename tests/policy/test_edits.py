"""What a keyed redaction puts where, and what of it may come back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.chat.json_text import edited, readable
from guardrails.chat.restore import restorer_for
from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage, apply_edits
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.policy.decide import decide
from guardrails.policy.placeholders import PlaceholderKeys
from guardrails.policy.policy import CheckPlan, Policy, Rule

AT = "/messages/0/content"
KEYS = PlaceholderKeys((b"k" * 32,))
MAIL = KEYS.hidden("app", "Email", "a@b.c").placeholders[0]


def rule(category="Email", replacement="placeholder", *, restore=True):
    return Rule(
        category, frozenset(Stage), "pii", frozenset({category}), None, Action.REDACT, replacement, restore=restore
    )


RESTORING = (rule(),)


def verdict(text, *findings, rules=RESTORING, keys=KEYS, mode=Mode.ENFORCE):
    plans = {"pii": CheckPlan("pii", frozenset(Origin), Action.BLOCK, None)}
    policy = Policy(PolicyRef("p", "sha256:0"), "", mode, 1.0, plans, tuple(rules), "Stopped.")
    inspection = Inspection(Stage.INPUT, "app", (Segment(text, Origin.USER, AT),))
    return decide(policy, inspection, (CheckReport("pii", CheckStatus.COMPLETED, findings),), keys)


def at(text, part, category="Email"):
    return Finding(category, 1, AT, Span(text.index(part), text.index(part) + len(part)))


def edits(text, *findings, **words):
    return verdict(text, *findings, **words).edits


def test_a_placeholder_stands_for_its_value():
    (edit,) = edits("mail a@b.c now", at("mail a@b.c now", "a@b.c"))
    assert edit.replacement == MAIL
    assert (edit.hidden.value, edit.hidden.placeholders) == ("a@b.c", (MAIL,))


def test_a_hash_names_the_category_and_cannot_be_restored():
    (edit,) = edits("a@b.c", at("a@b.c", "a@b.c"), rules=[rule(replacement="hash", restore=False)])
    assert edit.replacement == f"[Email:{KEYS.hash('app', 'Email', 'a@b.c')}]"
    assert edit.hidden is None


def test_without_restore_a_placeholder_is_the_same_and_nothing_comes_back():
    (edit,) = edits("a@b.c", at("a@b.c", "a@b.c"), rules=[rule(restore=False)])
    assert (edit.replacement, edit.hidden) == (MAIL, None)


@pytest.mark.parametrize("way", ["placeholder", "hash"])
def test_without_keys_a_replay_comes_to_the_same_verdict_with_labels(way):
    text, rules = "a@b.c", [rule(replacement=way, restore=way == "placeholder")]
    (edit,) = edits(text, at(text, text), rules=rules, keys=None)
    assert (edit.replacement, edit.hidden) == ("[Email]", None)
    assert verdict(text, at(text, text), rules=rules, keys=None).reasons == verdict(text, at(text, text)).reasons


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("placeholder", "label", "[B]"),
        ("placeholder", "mask", "[A_"),
        ("placeholder", "hash", "[B:"),
        ("hash", "mask", "[A:"),
    ],
)
def test_where_ways_overlap_the_one_that_tells_least_hides_all_of_it(first, second, shown):
    text = "0123456789"
    found = (at(text, "2345", "A"), at(text, "45678", "B"))
    rules = [rule("A", first, restore=first == "placeholder"), rule("B", second, restore=False)]
    (edit,) = edits(text, *found, rules=rules)
    assert edit.span == Span(2, 9)
    assert edit.replacement.startswith(shown)
    assert edit.hidden is None


def test_an_overlap_of_rules_that_all_restore_comes_back_whole():
    text = "0123456789"
    (edit,) = edits(text, at(text, "2345", "A"), at(text, "45678", "B"), rules=[rule("A"), rule("B")])
    assert edit.hidden.value == "2345678"


def test_inside_json_the_value_is_what_it_means_and_has_the_placeholder_it_has_elsewhere():
    text = '{"to": "a@b.c", "also": "x\\na@b.c"}'
    view = readable(text)
    (edit,) = edits(view, at(view, "a@b.c"))
    assert edit.replacement == MAIL
    (edit,) = edits(view, at(view, "\na@b.c"))
    assert edit.hidden.value == "\na@b.c"
    assert json.loads(edited(text, [edit]))["also"] == f"x{edit.replacement}"


def test_what_reaches_over_two_strings_of_json_is_hidden_and_never_comes_back():
    text = '["a b", "c d"]'
    (edit,) = edits(text, at(text, 'b", "c'))
    assert edit.hidden is None
    assert json.loads(edited(text, [edit])) == [f"a {edit.replacement}", f"{edit.replacement} d"]


def test_nothing_of_a_value_is_in_the_repr_of_a_verdict():
    assert "a@b.c" not in repr(verdict("a@b.c", at("a@b.c", "a@b.c")))


# Every code point of the text is another one, and none is in a placeholder, so that what survives can be told.
TEXT = "".join(map(chr, range(0x4E00, 0x4E14)))
spans = st.tuples(st.integers(0, 19), st.integers(1, 20)).map(lambda pair: Span(pair[0], min(20, sum(pair))))


@given(st.lists(st.tuples(spans, st.sampled_from("ABC")), min_size=1, max_size=8))
def test_no_character_of_a_span_survives_and_restoring_brings_back_all_that_may(seen):
    rules = [rule("A"), rule("B"), rule("C", "hash", restore=False)]
    made = edits(TEXT, *(Finding(category, 1, AT, span) for span, category in seen), rules=rules)
    hidden = apply_edits(TEXT, made)
    gone = {TEXT[place] for span, _ in seen for place in range(*span)}
    assert gone.isdisjoint(hidden)
    assert [char for char in TEXT if char not in gone] == [char for char in hidden if char in TEXT]
    back = restorer_for(made, [Segment(TEXT, Origin.USER, AT)]).restore(hidden)
    lost = {TEXT[place] for edit in made if edit.hidden is None for place in range(*edit.span)}
    assert [char for char in TEXT if char not in lost] == [char for char in back if char in TEXT]
