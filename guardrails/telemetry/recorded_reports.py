"""The reports in a decision record, read back."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Span
from guardrails.domain.finding import Finding

NO_ANSWER: Final = "the model's own filter refused, and there was no answer to judge"
NOT_WHOLE: Final = "the record is not whole"
"""Why a record holds no evidence, in words that are alike for alike records."""

Place = Callable[[Mapping[str, Any]], str]
"""A finding as recorded -> the pointer it is to have."""


def report_of(told: Mapping[str, Any], place: Place) -> CheckReport:
    """What one check reported.

    Raises:
        KeyError: a field is missing.
        TypeError: one is of a wrong type.
        ValueError: one has no meaning.
    """
    return CheckReport(
        text_of(told["check"]),
        CheckStatus(told["status"]),
        tuple(_finding(one, place) for one in told["findings"]),
        None if told["reason"] is None else FailureReason(told["reason"]),
    )


def text_of(value: object) -> str:
    """A string, or a TypeError."""
    if not isinstance(value, str):
        raise TypeError("must be text")
    return value


def _finding(told: Mapping[str, Any], place: Place) -> Finding:
    span, detail = told["span"], told["detail"]
    return Finding(
        text_of(told["category"]),
        _measure(told["measure"]),
        place(told),
        None if span is None else Span(*span),
        None if detail is None else text_of(detail),
    )


def _measure(value: object) -> float | None:
    if isinstance(value, str):
        value = orjson.loads(value)  # as an engine for tables hands it over, so that nothing that is no number is lost
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise TypeError("a measure is a number")
    return value
