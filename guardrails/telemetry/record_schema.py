"""The JSON Schema of a decision record (draft 2020-12), for those who read them with programs of their own."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from guardrails.domain.check import CheckStatus, FailureReason
from guardrails.domain.content import Kind, Origin, Stage
from guardrails.domain.forwarded import EarlyStart, Ending, FilterResult
from guardrails.domain.verdict import Action, Mode
from guardrails.telemetry.records import SCHEMA_VERSION

Shape = dict[str, Any]

_TEXT: Final[Shape] = {"type": "string"}
_NUMBER: Final[Shape] = {"type": "number"}
_COUNT: Final[Shape] = {"type": "integer", "minimum": 0}
_FLAG: Final[Shape] = {"type": "boolean"}
_POINTER: Final[Shape] = {
    "type": "string",
    "description": "RFC 6901; a step that the caller named is *, so several strings may share a pointer.",
}
_SEGMENT: Final[Shape] = {
    "type": "integer",
    "description": "The place of the string in coverage. Negative: it is not part of what was judged.",
}
_SPAN: Final[Shape] = {
    "type": ["array", "null"],
    "items": {"type": "integer"},
    "minItems": 2,
    "maxItems": 2,
    "description": "[start, end) in code points; null for the whole string.",
}


_SAMPLE_RATE: Final[Shape] = {
    **_NUMBER,
    "exclusiveMinimum": 0,
    "maximum": 1,
    "description": "The share of verdicts like this one that are recorded; below 1 for plain allows.",
}


def record_schema() -> Shape:
    """The schema. Fields may be added without a new `schema_version`, so it lets unknown ones pass."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Decision record",
        "description": "One verdict: evidence and pointers, no content.",
        **_object(
            {
                "schema_version": {"const": SCHEMA_VERSION},
                "id": {**_TEXT, "description": "x-guardrails-id; both ways of a chat have the same."},
                "time": {"type": "string", "format": "date-time"},
                "request_id": _or_null(_TEXT),
                "caller": _TEXT,
                "door": _TEXT,
                "subject": _or_null(_subject()),
                "model": _or_null(_TEXT),
                "stage": _word(Stage),
                "language": {**_or_null(_TEXT), "description": "What the caller told of the texts' language."},
                "sample_rate": _SAMPLE_RATE,
                "policy": _policy(),
                "verdict": {
                    **_or_null({"enum": [action.word for action in Action]}),
                    "description": "null: the model's own filter refused, and there was nothing to judge.",
                },
                "blocked": _FLAG,
                "degraded": _FLAG,
                "edits": _COUNT,
                "duration_ms": _or_null(_NUMBER),
                "reasons": _list(_reason()),
                "checks": _list(_check()),
                "coverage": _list(_coverage()),
                "coverage_omitted": {**_COUNT, "description": "Receipts of strings given to no check: left out."},
                "upstream": _or_null(_upstream()),
                "early": _or_null(_early()),
                "stream": _or_null(_stream()),
                "dropped": _or_null(_dropped()),
                "shadow": _list(_shadow()),
            }
        ),
    }


def _subject() -> Shape:
    value = {**_or_null(_TEXT), "description": "As telemetry.subjects says: a keyed hash, or as the gateway told it."}
    return {
        **_object(
            {
                "gateway": _TEXT,
                "request_id": {**_or_null(_TEXT), "description": "The gateway's own id of the request."},
                "model": _or_null(_TEXT),
                "user": value,
                "team": value,
                "labels": {"type": "object", "description": "What else the gateway tells: strings by name, as above."},
            }
        ),
        "description": "For whom a gateway asked; null at other doors.",
    }


def _policy() -> Shape:
    return _object(
        {
            "name": _TEXT,
            "revision": _TEXT,
            "mode": _word(Mode),
            "only": {**_or_null(_TEXT), "description": "The one check that ran, at the doors of single checks."},
            "trusted": {**_or_null(_TEXT), "description": "A hash over the policy's list of trusted texts."},
        }
    )


def _reason() -> Shape:
    return _object(
        {
            "rule": _TEXT,
            "action": {"enum": [action.word for action in Action]},
            "check": _TEXT,
            "category": _or_null(_TEXT),
            "measure": _or_null(_NUMBER),
            "at_least": _or_null(_NUMBER),
            "pointer": _or_null(_POINTER),
            "segment": _or_null(_SEGMENT),
            "span": _SPAN,
            "detail": _or_null(_TEXT),
        }
    )


def _check() -> Shape:
    asked = _object(
        {
            "scan": _list(_word(Origin)),
            "scan_output": _or_null(_list(_word(Origin))),
            "reads": _list(_word(Kind)),
            "skips": _list({"enum": ["trusted", "old"]}),
            "options": {"type": "object", "description": "The check's own options that its evidence depends on."},
        }
    )
    return _object(
        {
            "check": _TEXT,
            "status": _word(CheckStatus),
            "reason": _or_null(_word(FailureReason)),
            "calls": _COUNT,
            "cached": _COUNT,
            "duration_ms": _NUMBER,
            "asked": {**_or_null(asked), "description": "What it was asked: the question to this evidence."},
            "findings": _list(_finding()),
            "unread": _list(_object({"pointer": _POINTER, "segment": _or_null(_SEGMENT), "why": _TEXT})),
        }
    )


def _finding() -> Shape:
    return _object(
        {
            "category": _TEXT,
            "measure": {**_or_null(_NUMBER), "description": "Severity 0-7, confidence 0-1, or null for a plain yes."},
            "pointer": _POINTER,
            "segment": _SEGMENT,
            "span": _SPAN,
            "detail": _or_null(_TEXT),
        }
    )


def _coverage() -> Shape:
    return _object(
        {
            "pointer": _POINTER,
            "origin": _word(Origin),
            "kind": {**_or_null(_word(Kind)), "description": "null for what no check is given."},
            "characters": _COUNT,
            "blank": _FLAG,
            "editable": _FLAG,
            "old": _FLAG,
            "trusted": _FLAG,
            "checks": _list(_TEXT),
            "not_read": _list(_object({"check": _TEXT, "why": _TEXT})),
        }
    )


def _upstream() -> Shape:
    return _object(
        {
            "deployment": _TEXT,
            "attempts": _COUNT,
            "filter": _list(_word(FilterResult)),
            "filter_categories": _list(_TEXT),
        }
    )


def _early() -> Shape:
    return _object(
        {
            "outcome": _word(EarlyStart),
            "saved_ms": _NUMBER,
            "tokens_wasted": _COUNT,
            "estimated": _FLAG,
        }
    )


def _stream() -> Shape:
    plan = _object({"release": _TEXT, "window": _COUNT, "overlap": _COUNT, "wait_ms": _COUNT})
    return _object(
        {
            "windows": _COUNT,
            "released": {**_COUNT, "description": "Characters the caller got."},
            "withheld": {**_COUNT, "description": "Characters the caller did not get."},
            "ending": _word(Ending),
            "plan": {**_or_null(plan), "description": "In which windows it was judged."},
            "adds_up": {**_FLAG, "description": "Whether the evidence as a whole gives the recorded verdict."},
        }
    )


def _dropped() -> Shape:
    segment = "segment is a place in this coverage."
    return {
        **_object(
            {
                "messages": _list(_COUNT),
                "reasons": _list(_reason()),
                "checks": _list(_object({"check": _TEXT, "findings": _list(_finding())})),
                "coverage": _list(_coverage()),
            }
        ),
        "description": f"What was left out of a conversation before the verdict; {segment}",
    }


def _shadow() -> Shape:
    return _object(
        {
            "policy": _TEXT,
            "revision": _TEXT,
            "verdict": _or_null(_TEXT),
            "rules": _list(_TEXT),
            "not_run": _list(_TEXT),
            "asked_otherwise": _list(_TEXT),
        }
    )


def _object(properties: Mapping[str, Shape]) -> Shape:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _list(items: Shape) -> Shape:
    return {"type": "array", "items": items}


def _word(words: Iterable[Enum]) -> Shape:
    return {"enum": [word.value for word in words]}


def _or_null(shape: Shape) -> Shape:
    return {"anyOf": [shape, {"type": "null"}]}
