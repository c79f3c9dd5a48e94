"""Labels beside evidence: for every subject the score of each text, and which texts are wrongly found or missed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from guardrails.domain.finding import Finding
from guardrails.lab.tuning.curves import Confusion, Scores
from guardrails.lab.tuning.evidence import EvidenceFile
from guardrails.lab.tuning.questions import Questionnaire
from guardrails.lab.tuning.samples import Place, Sample, truth
from guardrails.lab.tuning.subjects import Subject

MAX_PLACES: Final = 1000
"""Rows that are told of each kind of error; they are all counted."""


@dataclass(slots=True)
class CategoryCount:
    """One category under a rule: bad texts that are labelled with it, those found, and good texts it was seen in."""

    labelled: int = 0
    found: int = 0
    wrongly: int = 0


@dataclass(slots=True)
class Result:
    """What came out for one subject.

    `counts` maps a score to (good texts, bad texts). `now` is the rule as it stands. `untold` counts the texts the
    labels say nothing about, `unanswered` those that the check could not be asked about.
    """

    subject: Subject
    counts: dict[float, list[int]] = field(default_factory=dict)
    categories: dict[str, CategoryCount] = field(default_factory=dict)
    false_positives: list[Place] = field(default_factory=list)
    false_negatives: list[Place] = field(default_factory=list)
    now: Counter[tuple[bool, bool]] = field(default_factory=Counter)
    untold: int = 0
    unanswered: int = 0

    @property
    def scores(self) -> Scores:
        """The counts, in order."""
        return Scores.counted(self.counts)

    @property
    def confusion(self) -> Confusion:
        """The rule as it stands, against the labels."""
        return Confusion(self.now[True, True], self.now[False, True], self.now[True, False], self.now[False, False])

    @property
    def good(self) -> int:
        """Good texts."""
        return sum(good for good, _ in self.counts.values())

    @property
    def bad(self) -> int:
        """Bad texts."""
        return sum(bad for _, bad in self.counts.values())

    def take(self, sample: Sample, is_bad: bool, findings: Sequence[Finding]) -> None:  # noqa: FBT001 - the label
        """Count one text."""
        subject = self.subject
        fires = subject.fires(findings)
        self.counts.setdefault(subject.score(findings), [0, 0])[is_bad] += 1
        self.now[is_bad, fires] += 1
        self._count_categories(sample, findings, is_bad=is_bad, fires=fires)
        if fires and not is_bad:
            _note(self.false_positives, sample.place)
        elif is_bad and not fires and subject.rule is not None:
            _note(self.false_negatives, sample.place)

    def _count_categories(self, sample: Sample, findings: Sequence[Finding], *, is_bad: bool, fires: bool) -> None:
        subject = self.subject
        for category in sample.said[subject.check].categories & subject.wanted if is_bad else ():
            count = self.categories.setdefault(category, CategoryCount())
            count.labelled += 1
            count.found += fires
        for finding in findings if fires and not is_bad else ():
            if subject.fires((finding,)):
                self.categories.setdefault(finding.category, CategoryCount()).wrongly += 1


def _note(places: list[Place], place: Place) -> None:
    if len(places) < MAX_PLACES:
        places.append(place)


def score(
    samples: Iterable[Sample], subjects: Sequence[Subject], questionnaire: Questionnaire, evidence: EvidenceFile
) -> tuple[Result, ...]:
    """Hold all samples against the evidence. Nothing of a sample is kept but its place."""
    results = tuple(map(Result, subjects))
    rules = [result for result in results if result.subject.rule is not None]
    rest = _Rest(result for result in results if result.subject.rule is None)
    for sample in samples:
        for plan, key in questionnaire.keys(sample):
            findings = evidence.findings(key, sample.pointer)
            for result in rules:
                if result.subject.check == plan.name and result.subject.looks_at(sample):
                    _take(result, sample, findings)
            rest.take(plan.name, sample, findings)
    rest.finish()
    return results


class _Rest:
    """The categories without a rule. There may be two hundred, and most have nothing to do with a text."""

    def __init__(self, results: Iterable[Result]) -> None:
        self._by_check: dict[str, dict[str, Result]] = {}
        for result in results:
            (category,) = result.subject.wanted
            self._by_check.setdefault(result.subject.check, {})[category] = result
        self._texts: Counter[str] = Counter()
        self._visited: Counter[tuple[str, str]] = Counter()

    def take(self, check: str, sample: Sample, findings: Sequence[Finding] | None) -> None:
        """Count a text for the categories that its label or the check named, or for all where that is not enough."""
        own = self._by_check.get(check, {})
        said = sample.said[check]
        self._texts[check] += 1
        named = said.categories | said.untold | {finding.category for finding in findings or ()}
        everywhere = findings is None or (said.bad and not said.categories)
        for category in own if everywhere else named & own.keys():
            self._visited[check, category] += 1
            _take(own[category], sample, findings)

    def finish(self) -> None:
        """Count the other texts: good ones, in which nothing was seen."""
        for check, own in self._by_check.items():
            for category, result in own.items():
                unseen = self._texts[check] - self._visited[check, category]
                if unseen:
                    result.counts.setdefault(0.0, [0, 0])[0] += unseen
                    result.now[False, False] += unseen


def _take(result: Result, sample: Sample, findings: Sequence[Finding] | None) -> None:
    subject = result.subject
    is_bad = truth(sample.said.get(subject.check), subject.wanted, subject.every)
    if is_bad is None:
        result.untold += 1
    elif findings is None:
        result.unanswered += 1
    else:
        result.take(sample, is_bad, findings)
