"""Judgements and sentences over small made-up results."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from labelled import INSTRUMENTS, found, sample

from guardrails.checks.catalogue import SPECS
from guardrails.domain.finding import Finding
from guardrails.lab.tuning.advice import Advice, Judgement, Wanted, advise
from guardrails.lab.tuning.evidence import EvidenceFile
from guardrails.lab.tuning.questions import Questionnaire
from guardrails.lab.tuning.samples import CLEAN, Said, truth
from guardrails.lab.tuning.scores import Result, score
from guardrails.lab.tuning.subjects import subjects

HATE = Said(bad=True, categories=frozenset({"Hate"}))


@pytest.fixture
def judge(policy):
    """Judge the rule of a name over {severity: (good texts, bad texts)}."""

    def judge(counts: dict[float, tuple[int, int]], *, rule: str = "harm", wanted: Wanted = Wanted()) -> Advice:  # noqa: B008
        subject = next(subject for subject in subjects(policy, SPECS) if subject.name == rule)
        result = Result(subject)
        said = Said(bad=True, categories=subject.wanted)
        category = min(subject.wanted)
        for measure, (good, bad) in counts.items():
            findings = (Finding(category, measure if subject.unit else None, "/text"),) if measure else ()
            for number in range(good + bad):
                is_bad = number >= good
                one = sample(line=number, **{subject.check: said if is_bad else CLEAN})
                result.take(one, is_bad, findings)
        return advise(result, wanted)

    return judge


def test_a_rule_that_finds_all_and_nothing_else_fits(judge):
    advice = judge({0: (200, 0), 6: (0, 200)})
    assert advice.judgement is Judgement.FITS
    assert advice.warnings == ()
    assert not advice.moves


def test_a_rule_with_wrong_hits_is_too_strict(judge):
    advice = judge({0: (100, 0), 4: (90, 0), 6: (0, 100)})
    assert advice.judgement is Judgement.TOO_STRICT
    assert advice.suggested.threshold == 5  # the nearest to today's 4 that mends it
    assert advice.sure
    assert advice.sentence == (
        "Too strict: 90 of 190 hits are wrong; as it stands precision 0.53, recall 1.00. "
        "With at_least 5 it would be precision 1.00, recall 1.00."
    )


def test_a_rule_that_misses_is_too_lax(judge):
    advice = judge({0: (100, 0), 2: (0, 50), 6: (0, 50)})
    assert advice.judgement is Judgement.TOO_LAX
    assert advice.suggested.threshold == 2
    assert "50 of 100 bad texts pass" in advice.sentence


def test_few_texts_are_said_to_be_few(judge):
    advice = judge({0: (4, 0), 4: (1, 0), 6: (0, 4)})
    assert advice.judgement is Judgement.TOO_STRICT
    assert not advice.sure
    assert "may be chance" in advice.sentence
    assert advice.warnings == ("only 4 bad texts: the intervals are wide", "only 5 good texts: the intervals are wide")


@pytest.mark.parametrize("counts", [{}, {0: (50, 0)}, {6: (0, 50)}])
def test_without_good_and_bad_texts_nothing_is_judged(judge, counts):
    advice = judge(counts, wanted=Wanted(precision=0.9))
    assert (advice.judgement, advice.suggested, advice.meets) == (Judgement.UNKNOWN, None, None)


def test_a_wanted_precision_costs_no_more_recall_than_it_must(judge):
    counts = {0: (100, 0), 2: (10, 10), 4: (5, 50), 5: (1, 20), 7: (0, 20)}
    advice = judge(counts, wanted=Wanted(precision=0.93))
    assert advice.judgement is Judgement.FITS  # 90 of 96
    advice = judge(counts, wanted=Wanted(precision=0.97))
    assert (advice.judgement, advice.suggested.threshold, advice.meets) == (Judgement.TOO_STRICT, 5, True)


def test_a_wanted_recall_costs_no_more_precision_than_it_must(judge):
    counts = {0: (100, 0), 1: (30, 0), 2: (10, 20), 4: (5, 50)}
    advice = judge(counts, wanted=Wanted(recall=0.95))
    assert (advice.judgement, advice.suggested.threshold) == (Judgement.TOO_LAX, 2)


def test_what_no_threshold_reaches_is_said_with_the_best_there_is(judge):
    advice = judge({0: (100, 50), 4: (50, 25), 6: (25, 25)}, wanted=Wanted(precision=0.9, recall=0.9))
    assert (advice.judgement, advice.meets, advice.suggested) == (Judgement.NO_THRESHOLD, False, None)
    assert advice.sentence.startswith(
        "No threshold gives precision 0.90 and recall 0.90. The best precision comes with"
    )


def test_a_wanted_rate_that_only_the_sample_reaches_is_not_sure(judge):
    assert not judge({0: (20, 0), 6: (0, 20)}, wanted=Wanted(precision=0.95)).sure
    assert judge({0: (200, 0), 6: (0, 200)}, wanted=Wanted(precision=0.95)).sure


def test_a_check_that_says_yes_or_no_has_nothing_to_move(judge):
    advice = judge({0: (50, 10), 1: (5, 40)}, rule="attack")
    assert advice.judgement is Judgement.FITS
    assert "no threshold to move" in advice.sentence
    advice = judge({0: (50, 10), 1: (5, 40)}, rule="attack", wanted=Wanted(recall=0.9))
    assert (advice.judgement, advice.meets) == (Judgement.NO_THRESHOLD, False)


def test_a_category_without_a_rule_gets_a_threshold_all_the_same(judge):
    advice = judge({0: (100, 0), 3: (2, 60), 6: (0, 40)}, rule="content_safety/Sexual")
    assert (advice.judgement, advice.today) == (Judgement.NO_RULE, None)
    assert advice.suggested.threshold == 1
    assert advice.moves


def test_labels_that_do_not_tell_are_counted_and_not_used(policy, questions, evidence, answer):
    unsure = answer(sample("One.", line=1, content_safety=Said(bad=True)), "content_safety", ("Hate", 6))
    silent = sample("Two.", line=2, content_safety=HATE)
    results = {r.subject.name: r for r in score([unsure, silent], subjects(policy, SPECS), questions, evidence)}
    assert (results["harm"].untold, results["harm"].unanswered, results["harm"].bad) == (1, 1, 0)
    told = advise(results["harm"], Wanted()).warnings
    assert any("labels do not tell" in warning for warning in told)
    assert any("no answer" in warning for warning in told)


def test_errors_are_told_by_place_and_category(policy, questions, evidence, answer):
    samples = [
        answer(sample("Found.", line=1, content_safety=HATE), "content_safety", ("Hate", 6)),
        answer(sample("Missed.", line=2, content_safety=HATE), "content_safety", ("Hate", 2)),
        answer(sample("Wrong.", line=3, content_safety=CLEAN), "content_safety", ("Violence", 4), ("Hate", 0)),
        answer(sample("Good.", line=4, content_safety=CLEAN), "content_safety", ("Violence", 0)),
    ]
    result = next(r for r in score(samples, subjects(policy, SPECS), questions, evidence) if r.subject.name == "harm")
    assert [place.line for place in result.false_positives] == [3]
    assert [place.line for place in result.false_negatives] == [2]
    hate, violence = result.categories["Hate"], result.categories["Violence"]
    assert (hate.labelled, hate.found, hate.wrongly) == (2, 1, 0)
    assert (violence.labelled, violence.wrongly) == (0, 1)
    assert (result.good, result.bad) == (2, 2)


labels = st.one_of(
    st.just(CLEAN),
    st.builds(
        lambda categories, untold: Said(bad=bool(categories), categories=categories, untold=untold - categories),
        st.frozensets(st.sampled_from(["Hate", "Sexual", "SelfHarm"])),
        st.frozensets(st.sampled_from(["Sexual", "Violence"])),
    ),
    st.just(Said(bad=True)),
)
answers = st.one_of(st.none(), st.dictionaries(st.sampled_from(["Hate", "Sexual", "SelfHarm"]), st.integers(0, 7)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(labels, answers), max_size=12))
def test_categories_without_a_rule_are_counted_as_if_every_text_were_looked_at(policy, tmp_path_factory, rows):
    every = subjects(policy, SPECS)
    with EvidenceFile(tmp_path_factory.mktemp("scores") / "evidence.jsonl") as evidence:
        questions = Questionnaire(policy, INSTRUMENTS, evidence)
        samples = []
        for line, (said, severities) in enumerate(rows):
            one = sample(f"Text {line}.", line=line, content_safety=said)
            samples.append(one)
            ((_, key),) = questions.keys(one)
            if severities is not None:
                seen = (Finding(category, severity, one.pointer) for category, severity in severities.items())
                evidence.add(key, one, INSTRUMENTS["content_safety"], found("content_safety", *seen))
        for result in score(samples, every, questions, evidence):
            if result.subject.rule is not None or result.subject.check != "content_safety":
                continue
            (category,) = result.subject.wanted
            expected = Result(result.subject)
            for one, (said, severities) in zip(samples, rows, strict=True):
                is_bad = truth(said, result.subject.wanted, result.subject.every)
                if is_bad is None:
                    expected.untold += 1
                elif severities is None:
                    expected.unanswered += 1
                else:
                    expected.take(one, is_bad, (Finding(category, severities.get(category, 0), "/text"),))
            assert (result.counts, result.now) == (expected.counts, expected.now)
            assert (result.untold, result.unanswered) == (expected.untold, expected.unanswered)
