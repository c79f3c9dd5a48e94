"""Thresholds against labels: counts, rates with their intervals, curves and the areas under them. Pure.

Everything is worked out from how many good and bad texts have each score, never from the texts one by one, so that
time and memory depend on the number of distinct scores alone.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Z95: Final = 1.959963984540054
"""The normal quantile of 95 % intervals."""
DRAWS: Final = 1000
"""Resamples of a bootstrap."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A rate with its 95 % interval. `of` is what it is a share of."""

    value: float
    low: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many texts were rightly and wrongly found, and rightly and wrongly let pass."""

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0
    true_negatives: int = 0

    @property
    def precision(self) -> Interval | None:
        """The share of bad texts among those found; None where nothing was found."""
        return wilson(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> Interval | None:
        """The share of bad texts that were found; None where there are none."""
        return wilson(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def false_positive_rate(self) -> Interval | None:
        """The share of good texts that were found; None where there are none."""
        return wilson(self.false_positives, self.false_positives + self.true_negatives)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None where no text is bad or found."""
        weight = 2 * self.true_positives + self.false_positives + self.false_negatives
        return 2 * self.true_positives / weight if weight else None


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold does: every text whose score reaches it is found."""

    threshold: float
    confusion: Confusion


@dataclass(frozen=True, slots=True)
class Scores:
    """How many good and bad texts have each score. `levels` ascend; 0 is the score of a text nothing was seen in."""

    levels: tuple[float, ...]
    good: tuple[int, ...]
    bad: tuple[int, ...]

    @classmethod
    def counted(cls, counts: Mapping[float, Sequence[int]]) -> "Scores":
        """Of a mapping from score to (good texts, bad texts)."""
        levels = tuple(sorted(counts))
        return cls(levels, tuple(counts[level][0] for level in levels), tuple(counts[level][1] for level in levels))

    def at(self, threshold: float) -> Confusion:
        """What a threshold does."""
        false = sum(count for level, count in zip(self.levels, self.good, strict=True) if level >= threshold)
        true = sum(count for level, count in zip(self.levels, self.bad, strict=True) if level >= threshold)
        return Confusion(true, false, sum(self.bad) - true, sum(self.good) - false)

    def sweep(self, thresholds: Iterable[float]) -> tuple[Point, ...]:
        """What each of the thresholds does, lowest first."""
        return tuple(Point(threshold, self.at(threshold)) for threshold in sorted(set(thresholds)))


def wilson(hits: int, of: int, z: float = Z95) -> Interval | None:
    """A share with its Wilson score interval; None of nothing.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927. Unlike the
    textbook interval it stays between 0 and 1 and is honest about shares of 0 and 1.
    """
    if of == 0:
        return None
    share = hits / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    # Rounding must not move an end past the share itself.
    return Interval(
        share, max(0.0, min(share, (middle - reach) / scale)), min(1.0, max(share, (middle + reach) / scale)), of
    )


def roc_area(scores: Scores) -> float | None:
    """The area under the ROC curve: how often a bad text scores higher than a good one, ties counting half."""
    good, bad = sum(scores.good), sum(scores.bad)
    if not good or not bad:
        return None
    below = 0
    won = 0.0
    for good_here, bad_here in zip(scores.good, scores.bad, strict=True):
        won += bad_here * (below + good_here / 2)
        below += good_here
    return won / (good * bad)


def average_precision(scores: Scores) -> float | None:
    """The area under the precision-recall curve as the mean of precisions, each weighted by the recall it adds.

    No line is drawn between points: that would promise thresholds which do not exist.
    """
    total = sum(scores.bad)
    if not total:
        return None
    area = 0.0
    true = found = 0
    for good_here, bad_here in reversed(list(zip(scores.good, scores.bad, strict=True))):
        true += bad_here
        found += good_here + bad_here
        area += (bad_here / total) * (true / found) if found else 0.0
    return area


@dataclass(frozen=True, slots=True)
class Resampled:
    """F1 at each threshold over resamples of the data: one row a resample, one column a threshold."""

    thresholds: tuple[float, ...]
    f1: npt.NDArray[np.float64]

    def interval(self, threshold: float) -> tuple[float, float]:
        """The 95 % interval of F1 at a threshold, by percentiles."""
        return _middle(self.f1[:, self.thresholds.index(threshold)])

    def gain(self, to: float, over: float) -> tuple[float, float]:
        """The 95 % interval of what F1 gains from one threshold to another, on the same resamples."""
        columns = self.f1[:, self.thresholds.index(to)] - self.f1[:, self.thresholds.index(over)]
        return _middle(columns)


def resample(scores: Scores, thresholds: Sequence[float], *, draws: int = DRAWS, seed: int = 0) -> Resampled:
    """Draw the data anew from itself, as a bootstrap does; the same data gives the same draws.

    Whole texts are drawn, so good and bad ones vary in number as they would in another sample of the same size.
    """
    counts = np.array([*scores.good, *scores.bad], dtype=np.int64)
    total = int(counts.sum())
    ordered = tuple(sorted(set(thresholds)))
    if total == 0:
        return Resampled(ordered, np.zeros((draws, len(ordered))))
    drawn = np.random.default_rng(seed).multinomial(total, counts / total, size=draws)
    # From the highest score down: how many of each kind reach a level.
    good = drawn[:, : len(scores.levels)][:, ::-1].cumsum(axis=1)[:, ::-1]
    bad = drawn[:, len(scores.levels) :][:, ::-1].cumsum(axis=1)[:, ::-1]
    nothing = np.zeros((draws, 1), dtype=np.int64)
    good, bad = np.hstack([good, nothing]), np.hstack([bad, nothing])
    reached = np.searchsorted(np.array(scores.levels), np.array(ordered), side="left")
    true, false, all_bad = bad[:, reached], good[:, reached], bad[:, :1]
    weight = true + false + all_bad
    f1 = np.divide(2.0 * true, weight, out=np.zeros(true.shape), where=weight > 0)
    return Resampled(ordered, f1)


def _middle(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
