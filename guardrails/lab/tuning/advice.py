"""From curves to a sentence: whether a rule is too strict or too lax, and which threshold would be better."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from guardrails.lab.tuning.curves import Interval, Point, Resampled, resample
from guardrails.lab.tuning.scores import Result

FEW: Final = 30
"""Fewer good or bad texts than this make every interval wide; the report says so."""
WORTH_SAYING: Final = 0.01
"""A gain of F1 below this is no reason to touch a policy."""


class Judgement(StrEnum):
    """What the data says of a rule as it stands."""

    FITS = "fits"
    TOO_STRICT = "too strict"
    TOO_LAX = "too lax"
    NO_THRESHOLD = "no threshold does it"
    NO_RULE = "no rule"
    UNKNOWN = "cannot be judged"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a rule should come to; None where nobody said."""

    precision: float | None = None
    recall: float | None = None

    def __bool__(self) -> bool:
        """Whether anybody said."""
        return self.precision is not None or self.recall is not None

    def met_by(self, point: Point) -> bool:
        """Whether a threshold comes to it on this data."""
        return _reaches(point.confusion.precision, self.precision) and _reaches(point.confusion.recall, self.recall)

    def surely_met_by(self, point: Point) -> bool:
        """Whether even the lower ends of the intervals do."""
        precision, recall = point.confusion.precision, point.confusion.recall
        return (self.precision is None or (precision is not None and precision.low >= self.precision)) and (
            self.recall is None or (recall is not None and recall.low >= self.recall)
        )

    def words(self) -> str:
        """Such as `precision 0.95 and recall 0.80`."""
        told = (("precision", self.precision), ("recall", self.recall))
        return " and ".join(f"{name} {value:.2f}" for name, value in told if value is not None)


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about one subject.

    Attributes:
        judgement: In a word or two.
        sentence: In a sentence, with the numbers.
        today: What the rule does as it stands; None without a rule.
        suggested: The threshold that meets what is wanted, or has the best F1 when nothing is; None when there is none.
        sure: Whether the data is large enough to say so.
        meets: Whether something meets what is wanted; None when nothing is, or nothing can be said.
        points: What every threshold does.
        f1: The 95 % interval of F1 at each of them.
        warnings: What to keep in mind.
    """

    judgement: Judgement
    sentence: str
    today: Point | None
    suggested: Point | None
    sure: bool
    meets: bool | None
    points: tuple[Point, ...]
    f1: tuple[tuple[float, float], ...]
    warnings: tuple[str, ...]

    @property
    def moves(self) -> bool:
        """Whether the suggestion is another one than what the policy says."""
        return self.judgement in {Judgement.TOO_STRICT, Judgement.TOO_LAX, Judgement.NO_RULE}


def advise(result: Result, wanted: Wanted) -> Advice:
    """What the data says of one subject."""
    subject, scores = result.subject, result.scores
    thresholds = subject.thresholds or (subject.lowest,)
    if subject.rule is not None and subject.thresholds:
        thresholds = (*thresholds, subject.today)
    points = scores.sweep(thresholds)
    drawn = resample(scores, [point.threshold for point in points])
    today = None if subject.rule is None else Point(subject.today, result.confusion)
    case = _Case(result, wanted, today, points, drawn)
    suggested = choose(points, wanted, subject.today) if result.bad and result.good else None
    judgement, sentence = case.judge(suggested)
    return Advice(
        judgement,
        sentence,
        today=today,
        suggested=suggested,
        sure=case.sure(suggested),
        meets=(suggested is not None) if wanted and judgement is not Judgement.UNKNOWN else None,
        points=points,
        f1=tuple(drawn.interval(point.threshold) for point in points),
        warnings=tuple(_warnings(result)),
    )


def choose(points: tuple[Point, ...], wanted: Wanted, today: float) -> Point | None:
    """The threshold to take: of those that meet what is wanted the one with the best F1.

    With a wanted precision alone it is the one with the highest recall, with a wanted recall alone the one with the
    highest precision. Of equals it is the one nearest to `today`, or the lowest where there is no rule today.
    """

    def worth(point: Point) -> tuple[float, float, float]:
        counts = point.confusion
        if wanted.precision is not None and wanted.recall is None:
            first = _value(counts.recall)
        elif wanted.recall is not None and wanted.precision is None:
            first = _value(counts.precision)
        else:
            first = counts.f1 or 0.0
        away = 0.0 if math.isinf(today) else abs(point.threshold - today)
        return first, -away, -point.threshold

    return max((point for point in points if wanted.met_by(point) and point.confusion.f1), key=worth, default=None)


@dataclass(frozen=True, slots=True)
class _Case:
    """All that a judgement rests on."""

    result: Result
    wanted: Wanted
    today: Point | None
    points: tuple[Point, ...]
    drawn: Resampled

    def judge(self, suggested: Point | None) -> tuple[Judgement, str]:
        """The judgement, and the sentence that tells it."""
        result, today = self.result, self.today
        if not result.bad or not result.good:
            missing = "bad" if not result.bad else "good"
            return Judgement.UNKNOWN, f"Cannot be judged: the data has no {missing} text for it."
        if suggested is None:
            return Judgement.NO_THRESHOLD, self._out_of_reach()
        there = f"{_setting(result, suggested)} it would be {_numbers(suggested)}"
        if today is None:
            return Judgement.NO_RULE, f"No rule looks at it. {there}."
        here = f"as it stands {_numbers(today)}"
        if not result.subject.thresholds or self._good_enough(today, suggested):
            yes_or_no = "" if result.subject.thresholds else " The check says yes or no: there is no threshold to move."
            return Judgement.FITS, f"Fits: {here}.{yes_or_no}"
        after = f"{here}. {there}.{self._doubt(suggested)}"
        if suggested.threshold > today.threshold:
            counts = today.confusion
            wrong = f"{counts.false_positives} of {counts.true_positives + counts.false_positives} hits are wrong"
            return Judgement.TOO_STRICT, f"Too strict: {wrong}; {after}"
        return Judgement.TOO_LAX, f"Too lax: {today.confusion.false_negatives} of {result.bad} bad texts pass; {after}"

    def sure(self, suggested: Point | None) -> bool:
        """Whether the data is large enough for the suggestion."""
        if suggested is None:
            return False
        if self.wanted:
            return self.wanted.surely_met_by(suggested)
        today = self.today
        if today is None or today.threshold not in self.drawn.thresholds or today.threshold == suggested.threshold:
            return True
        return self.drawn.gain(suggested.threshold, today.threshold)[0] > 0

    def _good_enough(self, today: Point, suggested: Point) -> bool:
        if self.wanted or suggested.threshold == today.threshold:
            return self.wanted.met_by(today)
        return (suggested.confusion.f1 or 0.0) - (today.confusion.f1 or 0.0) < WORTH_SAYING

    def _doubt(self, suggested: Point) -> str:
        if self.sure(suggested):
            return ""
        if self.wanted:
            return " With so few texts the true rates may still be below what is wanted."
        return " With so few texts the difference may be chance."

    def _out_of_reach(self) -> str:
        if not self.wanted:
            return "No threshold finds a single bad text."
        if not self.result.subject.thresholds:
            return (
                f"The check says yes or no, and comes to {_numbers(self.points[0])}; wanted is {self.wanted.words()}."
            )
        if self.wanted.precision is None:
            name, best = "recall", max(self.points, key=lambda point: _value(point.confusion.recall))
        else:
            name, best = "precision", max(self.points, key=lambda point: _value(point.confusion.precision))
        return (
            f"No threshold gives {self.wanted.words()}. The best {name} comes with at_least {best.threshold:g}: "
            f"{_numbers(best)}."
        )


def _warnings(result: Result) -> list[str]:
    told = [
        f"only {count} {kind} texts: the intervals are wide"
        for kind, count in (("bad", result.bad), ("good", result.good))
        if 0 < count < FEW
    ]
    if result.untold:
        told.append(f"{result.untold} texts left out: their labels do not tell whether they belong here")
    if result.unanswered:
        told.append(f"{result.unanswered} texts left out: the check gave no answer; run again to ask for them")
    return told


def _setting(result: Result, point: Point) -> str:
    return f"With at_least {point.threshold:g}" if result.subject.thresholds else "With any finding"


def _numbers(point: Point) -> str:
    parts = (("precision", point.confusion.precision), ("recall", point.confusion.recall))
    return ", ".join(f"{name} {'undefined' if rate is None else f'{rate.value:.2f}'}" for name, rate in parts)


def _value(rate: Interval | None) -> float:
    return -math.inf if rate is None else rate.value


def _reaches(rate: Interval | None, wanted: float | None) -> bool:
    return wanted is None or (rate is not None and rate.value >= wanted)
