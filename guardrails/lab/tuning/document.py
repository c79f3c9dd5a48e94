"""Everything a run came to as plain data: what `report.json` holds and the page is made of. No text is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from guardrails.lab.tuning.advice import Advice, Wanted
from guardrails.lab.tuning.curves import Confusion, Interval, Point, average_precision, roc_area
from guardrails.lab.tuning.questions import Estimate
from guardrails.lab.tuning.reading import Notes
from guardrails.lab.tuning.samples import Place
from guardrails.lab.tuning.scores import MAX_PLACES, Result
from guardrails.lab.tuning.traffic import Traffic
from guardrails.policy.policy import Policy

SCHEMA_VERSION: Final = 1

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """What a report is about.

    Attributes:
        policy: The policy that was measured.
        files: The names of the data files, in the order of `Place.file`.
        emulated: Whether the stand-in for Azure answered: such numbers say nothing about Azure.
        moment: When it was made.
        wanted: What the rules should come to.
        notes: What came up while reading.
        estimate: What was to be asked.
        calls: Calls that were made.
        throttled: How many of them were answered 429.
        failed: Answers that were not to be had, by check and reason.
    """

    policy: Policy
    files: Sequence[str]
    emulated: bool
    moment: datetime
    wanted: Wanted
    notes: Notes
    estimate: Estimate
    calls: int
    throttled: int
    failed: Mapping[tuple[str, str], int]


def document(
    run: Run, results: Sequence[tuple[Result, Advice]], traffic: Traffic | None, not_seen: Sequence[str] = ()
) -> Json:
    """The whole report as JSON holds it; docs/policies.md ("Finding thresholds") tells what the fields mean.

    `not_seen` are the categories without a rule that are neither in the labels nor in what the checks said.
    """
    told = [_subject(run, result, advice, traffic) for result, advice in results]
    return {
        "schema_version": SCHEMA_VERSION,
        "made": run.moment.isoformat(timespec="seconds"),
        "emulated": run.emulated,
        "policy": {"name": run.policy.ref.name, "revision": run.policy.ref.revision, "mode": run.policy.mode.value},
        "wanted": {"precision": run.wanted.precision, "recall": run.wanted.recall},
        "met": met(advice for _, advice in results),
        "data": _data(run),
        "asked": {"calls": run.calls, "throttled": run.throttled, "failed": _failed(run)},
        "rules": [subject for subject in told if subject["rule"]],
        "without_rule": [subject for subject in told if not subject["rule"]],
        "not_seen": list(not_seen),
        "traffic": None if traffic is None else _traffic(traffic),
    }


def is_worth_telling(result: Result) -> bool:
    """Whether a subject is a rule, or a category that is in the labels or was seen by the check."""
    return result.subject.rule is not None or result.bad > 0 or any(level > 0 for level in result.counts)


def met(advices: Any) -> bool | None:  # noqa: ANN401 - any iterable
    """Whether every rule that can be judged meets what is wanted; None when nothing is, or none can be judged."""
    told = [advice.meets for advice in advices if advice.today is not None and advice.meets is not None]
    return all(told) if told else None


def changes(results: Sequence[tuple[Result, Advice]]) -> dict[str, float]:
    """The thresholds that the advice would change, and those for categories without a rule, by name."""
    return {
        result.subject.name: advice.suggested.threshold
        for result, advice in results
        if advice.suggested is not None and advice.moves
    }


def _data(run: Run) -> Json:
    notes, estimate = run.notes, run.estimate
    return {
        "files": [{"name": name, "layout": notes.layouts.get(number)} for number, name in enumerate(run.files)],
        "rows": notes.rows,
        "texts": estimate.samples,
        "left_out": dict(notes.left_out),
        "not_read": dict(estimate.not_read),
    }


def _failed(run: Run) -> list[Json]:
    return [{"check": check, "reason": reason, "texts": count} for (check, reason), count in sorted(run.failed.items())]


def _subject(run: Run, result: Result, advice: Advice, traffic: Traffic | None) -> Json:
    subject, rule = result.subject, result.subject.rule
    hits = None if traffic is None else traffic.rules[subject.name]
    return {
        "name": subject.name,
        "rule": None if rule is None else {"action": rule.action.word, "at_least": rule.at_least},
        "check": subject.check,
        "categories": sorted(subject.wanted) if subject.wanted < subject.every or len(subject.wanted) <= 1 else None,
        "stages": sorted(stage.value for stage in subject.stages),
        "unit": subject.unit,
        "has_threshold": bool(subject.thresholds),
        "judgement": advice.judgement.value,
        "sentence": advice.sentence,
        "moves": advice.moves,
        "sure": advice.sure,
        "meets": advice.meets,
        "warnings": list(advice.warnings),
        "texts": {"good": result.good, "bad": result.bad, "untold": result.untold, "unanswered": result.unanswered},
        "today": None if advice.today is None else _point(advice.today, at_least=False),
        "suggested": None if advice.suggested is None else _point(advice.suggested, at_least=bool(subject.thresholds)),
        "average_precision": average_precision(result.scores),
        "roc_area": roc_area(result.scores),
        "thresholds": [
            _point(point, at_least=bool(subject.thresholds)) | {"f1_interval": list(interval)}
            for point, interval in zip(advice.points, advice.f1, strict=True)
        ],
        "scores": [{"score": level, "good": good, "bad": bad} for level, (good, bad) in sorted(result.counts.items())],
        "categories_counted": [
            {"category": name, "labelled": count.labelled, "found": count.found, "wrongly": count.wrongly}
            for name, count in sorted(result.categories.items())
        ],
        "false_positives": _places(run, result.false_positives, result.confusion.false_positives),
        "false_negatives": _places(run, result.false_negatives, result.confusion.false_negatives if rule else 0),
        "traffic": None if hits is None else {"records": hits.records, "now": hits.now, "then": hits.then},
    }


def _point(point: Point, *, at_least: bool) -> Json:
    counts = point.confusion
    threshold = {"at_least": point.threshold} if at_least else {}
    return (
        threshold
        | _counts(counts)
        | {
            "precision": _rate(counts.precision),
            "recall": _rate(counts.recall),
            "false_positive_rate": _rate(counts.false_positive_rate),
            "f1": counts.f1,
        }
    )


def _counts(counts: Confusion) -> Json:
    return {
        "true_positives": counts.true_positives,
        "false_positives": counts.false_positives,
        "false_negatives": counts.false_negatives,
        "true_negatives": counts.true_negatives,
    }


def _rate(rate: Interval | None) -> Json | None:
    return None if rate is None else {"value": rate.value, "low": rate.low, "high": rate.high, "of": rate.of}


def _places(run: Run, places: Sequence[Place], count: int) -> Json:
    by_file: dict[str, list[int]] = {}
    for place in places:
        by_file.setdefault(run.files[place.file], []).append(place.line)
    return {"count": count, "lines": by_file, "complete": count <= MAX_PLACES}


def _traffic(traffic: Traffic) -> Json:
    return {
        "records": traffic.records,
        "blocked_now": traffic.blocked_now,
        "blocked_then": traffic.blocked_then,
        "failed": traffic.failed,
        "policies": dict(traffic.policies),
        "measures": {name: dict(counts) for name, counts in sorted(traffic.measures.items())},
    }
