"""What evidence that was gathered under some options says about others."""

import pytest

from guardrails.checks.catalogue import SPECS
from guardrails.domain.asked import only_the_same
from guardrails.domain.finding import BLOCKLIST, Finding
from guardrails.policy.plans import told

HATE, SEXUAL = Finding("Hate", 5, "/0"), Finding("Sexual", 3, "/0")
OURS = Finding(BLOCKLIST, None, "/0", None, "ours")
LISTS = {"blocklists": ["ours"]}
MAIL, PERSON = Finding("Email", 0.9, "/0"), Finding("Person", 0.7, "/0")


def options(check, **section):
    spec = SPECS[check]
    return told(spec, spec.parse_options(section))


def recast(check, then, now, *findings):
    return SPECS[check].recast(options(check, **then), options(check, **now), findings)


def whys(cast):
    return [gap.why for gap in cast.gaps]


def test_harms_no_longer_asked_for_go_and_those_never_asked_for_are_gaps():
    cast = recast(
        "content_safety", {"categories": ["Hate", "Sexual"]}, {"categories": ["Hate", "Violence"]}, HATE, SEXUAL
    )
    assert cast.findings == (HATE,)
    assert [(gap.category, gap.only_adds) for gap in cast.gaps] == [("Violence", True)]


def test_eight_levels_tell_four_and_four_do_not_tell_eight():
    finer, coarser = {"severity_levels": "eight"}, {"severity_levels": "four"}
    cast = recast("content_safety", finer | LISTS, coarser | LISTS, HATE, SEXUAL, OURS)
    assert [one.measure for one in cast.findings] == [4, 2, None]
    assert whys(recast("content_safety", coarser, finer, HATE)) == [
        "it was asked for four levels of severity, not eight"
    ]


def test_hits_of_lists_that_are_gone_go_and_new_lists_are_a_gap():
    cast = recast("content_safety", {"blocklists": ["ours"]}, {"blocklists": ["theirs"]}, HATE, OURS)
    assert cast.findings == (HATE,)
    assert [gap.category for gap in cast.gaps] == [BLOCKLIST]


@pytest.mark.parametrize(("then", "adds"), [(True, True), (False, False)])
def test_halting_at_a_hit_matters_where_there_was_one(then, adds):
    first, second = {"halt_on_blocklist_hit": then, **LISTS}, {"halt_on_blocklist_hit": not then, **LISTS}
    assert recast("content_safety", first, second, HATE).gaps == ()
    (gap,) = recast("content_safety", first, second, HATE, OURS).gaps
    assert gap.only_adds is adds


def test_personal_data_no_longer_asked_for_goes_and_what_was_never_asked_for_is_a_gap():
    cast = recast("pii", {"categories": ["Email", "Person"]}, {"categories": ["Email", "URL"]}, MAIL, PERSON)
    assert cast.findings == (MAIL,)
    assert [gap.category for gap in cast.gaps] == ["URL"]


@pytest.mark.parametrize(
    ("then", "now", "is_told"),
    [
        (["All"], ["Email"], True),
        (None, ["Email"], False),
        (["Default"], ["Email"], False),
        (["Email"], None, False),
        (["All"], None, False),
        (["All"], ["Default"], False),
    ],
)
def test_the_services_own_choice_of_categories_is_never_guessed(then, now, is_told):
    first = {} if then is None else {"categories": then}
    second = {} if now is None else {"categories": now}
    assert (recast("pii", first, second).gaps == ()) is is_told


@pytest.mark.parametrize("change", [{"language": "de"}, {"domain": "phi"}, {"model_version": "2025-01-01"}])
def test_another_model_or_language_is_a_gap(change):
    (gap,) = recast("pii", {}, change, MAIL).gaps
    assert not gap.only_adds


def test_ignoring_more_takes_nothing_from_a_text_without_findings():
    assert recast("pii", {}, {"ignore": ["a@b.c"]}).gaps == ()
    assert whys(recast("pii", {}, {"ignore": ["a@b.c"]}, MAIL)) == ["it ignored other values"]
    assert whys(recast("pii", {"ignore": ["a@b.c"]}, {})) == ["it ignored other values"]


def test_ignored_values_are_not_what_a_record_keeps():
    assert "contoso" not in str(options("pii", ignore=["support@contoso.com"]))


def test_a_check_without_a_recaster_answers_the_same_question_only():
    assert only_the_same({"a": 1}, {"a": 1}, (MAIL,)).gaps == ()
    assert [gap.why for gap in only_the_same({"a": 1}, {"a": 2, "b": 3}, (MAIL,)).gaps] == [
        "its option a was another one",
        "its option b was another one",
    ]


@pytest.mark.parametrize("check", sorted(SPECS))
def test_the_same_question_has_the_same_answer(check):
    cast = recast(check, {}, {}, *((HATE, SEXUAL) if check == "content_safety" else (MAIL,)))
    assert cast.gaps == ()
    assert len(cast.findings) == (2 if check == "content_safety" else 1)
