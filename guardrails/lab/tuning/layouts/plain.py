"""The plain layout: a text and a label, perhaps a category, a stage and an origin, under names people use."""

from collections.abc import Iterator
from typing import Final

from guardrails.domain.content import Origin, Stage
from guardrails.lab.tuning.layouts.record import (
    Reading,
    Record,
    RowProblem,
    absent,
    bad,
    kind_of,
    one,
    said_of,
    tellable,
    text_of,
    truth_of,
    words_of,
)
from guardrails.lab.tuning.samples import CLEAN, Place, Said, Sample, origin_of
from guardrails.lab.tuning.vocabulary import Meaning
from guardrails.policy.near import hint

TEXTS: Final = ("text", "prompt", "content", "input", "user_input", "query", "question", "message", "sentence")
LABELS: Final = ("label", "unsafe", "is_unsafe", "is_safe", "safe", "toxic", "flagged", "harmful", "blocked", "class")
CATEGORIES: Final = ("category", "categories", "violated_categories")
_INVERTED: Final = frozenset({"is_safe", "safe"})


def fits(record: Record) -> bool:
    """Whether a row has a text and a label or category under a usual name."""
    return _first(record, TEXTS) is not None and (
        _first(record, LABELS) is not None or _first(record, CATEGORIES) is not None
    )


def samples(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """The sample of a row.

    Raises:
        RowProblem: a column is missing or holds what cannot be understood.
        RowLeftOut: there is nothing in it for our checks.
    """
    text = text_of(record, _column(record, reading.columns.text, TEXTS, "the text", "--text-column"))
    stage = _stage(record, reading)
    origin = _origin(record, reading, stage)
    yield one(place, text, _said(record, reading, origin), stage, origin)


def _said(record: Record, reading: Reading, origin: Origin) -> dict[str, Said]:
    label, meaning = _label(record, reading)
    words = words_of(record.get(_category_column(record, reading) or ""))
    meanings = [meaning] if meaning is not None else []
    scope = reading.about or reading.checks
    if label is False or (label is None and not words):
        return dict.fromkeys(scope, CLEAN)
    for word in words:
        if not reading.vocabulary.knows(word):
            shown = f" {word!r}" if tellable([word]) else ""
            raise RowProblem(
                f"the category{shown} is none that a check has; say what it means with --category WORD=CATEGORY, or "
                "--category WORD= when none of ours"
            )
        if (known := reading.vocabulary.meaning(word)) is not None:
            meanings.append(known)
    if words and not meanings:
        return {}
    if not meanings:
        return _without_category(scope, origin)
    return dict.fromkeys(scope, CLEAN) | said_of(meanings, origin)


def _without_category(scope: frozenset[str], origin: Origin) -> dict[str, Said]:
    if len(scope) != 1:
        raise RowProblem(
            "a bad text without a category; say what the labels are about: --about CHECK "
            f"(one of {', '.join(sorted(scope))})"
        )
    return {check: bad(check, (), origin) for check in scope}


def _label(record: Record, reading: Reading) -> tuple[bool | None, Meaning | None]:
    """The label as yes or no, and what it means besides where it is a word such as `jailbreak`."""
    column = reading.columns.label or _first(record, LABELS)
    if column is None or (reading.columns.label is None and absent(record.get(column))):
        if _category_column(record, reading) is None:
            raise RowProblem(f"there is no column for the label ({', '.join(LABELS)}); name it with --label-column")
        return None, None
    value = record.get(column)
    said = truth_of(value)
    if said is not None:
        return (not said if column in _INVERTED else said), None
    meaning = reading.vocabulary.meaning(value) if isinstance(value, str) else None
    if meaning is None:
        raise RowProblem(
            f"{column} must be a label such as true, 1, unsafe, jailbreak or false, 0, safe, benign; it is "
            f"{kind_of(record, column)}"
        )
    return True, meaning


def _category_column(record: Record, reading: Reading) -> str | None:
    return reading.columns.category or _first(record, CATEGORIES)


def _stage(record: Record, reading: Reading) -> Stage:
    value = record.get(reading.columns.stage or "stage")
    if absent(value):
        return reading.stage
    if value not in list(Stage):
        raise RowProblem("stage must be input or output")
    return Stage(value)


def _origin(record: Record, reading: Reading, stage: Stage) -> Origin:
    value = record.get(reading.columns.origin or "origin")
    if absent(value):
        return reading.origin or origin_of(stage)
    if value not in list(Origin):
        raise RowProblem(f"origin must be one of {', '.join(Origin)}")
    return Origin(value)


def _column(record: Record, given: str | None, usual: tuple[str, ...], what: str, option: str) -> str:
    column = given or _first(record, usual)
    if column is None:
        raise RowProblem(f"there is no column for {what} ({', '.join(usual)}); name it with {option}")
    if column not in record:
        raise RowProblem(f"there is no column {column}{hint(column, tellable(record))}")
    return column


def _first(record: Record, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in record), None)
