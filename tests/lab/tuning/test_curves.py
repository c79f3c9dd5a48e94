"""Rates, intervals and areas, held against what counting texts one by one gives."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.lab.tuning.curves import (
    Confusion,
    Scores,
    average_precision,
    resample,
    roc_area,
    wilson,
)

LEVELS = (0.0, 0.2, 0.5, 0.51, 0.9, 1.0)
texts = st.lists(st.tuples(st.sampled_from(LEVELS), st.booleans()), max_size=40)


def scores_of(rows: list[tuple[float, bool]]) -> Scores:
    counts: dict[float, list[int]] = {}
    for score, is_bad in rows:
        counts.setdefault(score, [0, 0])[is_bad] += 1
    return Scores.counted(counts)


@given(texts, st.sampled_from((*LEVELS, 0.1, 0.505, 2.0)))
def test_a_threshold_finds_what_reaches_it(rows, threshold):
    at = scores_of(rows).at(threshold)
    assert at.true_positives == sum(is_bad and score >= threshold for score, is_bad in rows)
    assert at.false_positives == sum(not is_bad and score >= threshold for score, is_bad in rows)
    assert at.false_negatives == sum(is_bad and score < threshold for score, is_bad in rows)
    assert at.true_negatives == sum(not is_bad and score < threshold for score, is_bad in rows)


@given(texts)
def test_a_higher_threshold_never_finds_more(rows):
    points = scores_of(rows).sweep(LEVELS)
    for lower, higher in itertools.pairwise(points):
        assert higher.confusion.true_positives <= lower.confusion.true_positives
        assert higher.confusion.false_positives <= lower.confusion.false_positives


@given(texts)
def test_the_roc_area_is_how_often_a_bad_text_outscores_a_good_one(rows):
    bad = [score for score, is_bad in rows if is_bad]
    good = [score for score, is_bad in rows if not is_bad]
    area = roc_area(scores_of(rows))
    if not bad or not good:
        assert area is None
        return
    won = sum((b > g) + (b == g) / 2 for b in bad for g in good)
    assert area == pytest.approx(won / (len(bad) * len(good)))


@given(texts)
def test_the_roc_area_is_that_under_the_line_through_its_points(rows):
    scores = scores_of(rows)
    area = roc_area(scores)
    if area is None:
        return
    points = [(0.0, 0.0)]
    for level in reversed(scores.levels):
        at = scores.at(level)
        points.append((at.false_positive_rate.value, at.recall.value))
    trapezoids = sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in itertools.pairwise(points))
    assert area == pytest.approx(trapezoids)


@given(texts)
def test_average_precision_is_the_sum_over_recall_steps(rows):
    area = average_precision(scores_of(rows))
    total = sum(is_bad for _, is_bad in rows)
    if not total:
        assert area is None
        return
    expected = before = 0.0
    for threshold in sorted({score for score, _ in rows}, reverse=True):
        found = [is_bad for score, is_bad in rows if score >= threshold]
        recall = sum(found) / total
        expected += (recall - before) * sum(found) / len(found)
        before = recall
    assert area == pytest.approx(expected)


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_share_and_stays_a_share(hits, rest):
    interval = wilson(hits, hits + rest)
    if hits + rest == 0:
        assert interval is None
        return
    assert 0 <= interval.low <= interval.value <= interval.high <= 1
    assert interval.value == hits / (hits + rest)


@given(st.integers(0, 60), st.integers(0, 60))
def test_an_interval_is_the_shares_that_the_score_test_does_not_reject(hits, rest):
    of = hits + rest
    if not of:
        return
    interval = wilson(hits, of)
    for end in (interval.low, interval.high):
        spread = math.sqrt(end * (1 - end) / of)
        if spread > 1e-6:  # the ends at 0 and 1 are those of the range
            assert abs(hits / of - end) / spread == pytest.approx(1.959963984540054, rel=1e-6)


def test_an_interval_of_a_share_of_nothing_wrong_is_not_a_point():
    assert wilson(0, 10).high == pytest.approx(0.2775, abs=1e-3)
    assert wilson(10, 10).low == pytest.approx(0.7225, abs=1e-3)


def test_more_texts_make_an_interval_narrower():
    widths = [wilson(n // 2, n).high - wilson(n // 2, n).low for n in (10, 100, 1000)]
    assert widths == sorted(widths, reverse=True)


@given(texts)
def test_f1_is_the_harmonic_mean(rows):
    for threshold in LEVELS:
        at = scores_of(rows).at(threshold)
        if at.precision is None or at.recall is None or not at.true_positives:
            assert at.f1 in {None, 0.0}
        else:
            p, r = at.precision.value, at.recall.value
            assert at.f1 == pytest.approx(2 * p * r / (p + r))


def test_what_is_a_share_of_nothing_is_undefined():
    nothing = Confusion()
    assert (nothing.precision, nothing.recall, nothing.false_positive_rate, nothing.f1) == (None, None, None, None)


@given(texts)
def test_resampling_repeats_itself_and_stays_a_share(rows):
    scores = scores_of(rows)
    one, two = (resample(scores, LEVELS, draws=50) for _ in range(2))
    assert np.array_equal(one.f1, two.f1)
    assert ((one.f1 >= 0) & (one.f1 <= 1)).all()


def test_a_resample_of_a_sure_thing_is_sure():
    scores = Scores((0.0, 1.0), (40, 0), (0, 40))
    assert resample(scores, [1.0]).interval(1.0) == (1.0, 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_resampling_agrees_with_drawing_texts_one_by_one(seed):
    rows = [(0.9, True)] * 30 + [(0.2, True)] * 20 + [(0.9, False)] * 15 + [(0.0, False)] * 60
    low, high = resample(scores_of(rows), [0.5], draws=2000, seed=seed).interval(0.5)
    random = np.random.default_rng(7)
    drawn = []
    for _ in range(800):
        chosen = [rows[index] for index in random.integers(0, len(rows), len(rows))]
        drawn.append(scores_of(chosen).at(0.5).f1)
    expected = np.percentile(drawn, [2.5, 97.5])
    assert low == pytest.approx(expected[0], abs=0.03)
    assert high == pytest.approx(expected[1], abs=0.03)


def test_the_gain_between_thresholds_is_measured_on_the_same_draws():
    scores = Scores((0.0, 0.5, 1.0), (100, 40, 0), (0, 0, 40))
    low, high = resample(scores, [0.5, 1.0]).gain(1.0, 0.5)
    assert 0 < low <= high < 1
    assert resample(scores, [0.5, 1.0]).gain(0.5, 0.5) == (0.0, 0.0)
