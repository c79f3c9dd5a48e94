"""The engine's part of a replay, in SQL: decision records -> groups of records that are alike."""

import json
from typing import Any, Final

from guardrails.pipeline.output import NO_RULE

_COLUMNS: Final[dict[str, Any]] = {
    "schema_version": "BIGINT",
    "id": "VARCHAR",
    "time": "VARCHAR",
    "caller": "VARCHAR",
    "door": "VARCHAR",
    "stage": "VARCHAR",
    "language": "VARCHAR",
    "sample_rate": "DOUBLE",
    "policy": {"name": "VARCHAR", "revision": "VARCHAR", "only": "VARCHAR", "trusted": "VARCHAR"},
    "verdict": "VARCHAR",
    "blocked": "BOOLEAN",
    "dropped": "JSON",
    "upstream": "JSON",
    "stream": {
        "ending": "VARCHAR",
        "adds_up": "BOOLEAN",
        "plan": {"release": "VARCHAR", "window": "BIGINT", "overlap": "BIGINT", "wait_ms": "BIGINT"},
    },
    "reasons": [{"rule": "VARCHAR", "action": "VARCHAR", "category": "VARCHAR"}],
    "checks": [
        {
            "check": "VARCHAR",
            "status": "VARCHAR",
            "reason": "VARCHAR",
            "asked": "JSON",
            # A measure stays JSON: as a number of the engine, what is no number would be none at all.
            "findings": [
                {
                    "category": "VARCHAR",
                    "measure": "JSON",
                    "segment": "BIGINT",
                    "span": ["BIGINT"],
                    "detail": "VARCHAR",
                }
            ],
        }
    ],
    "coverage": [
        {
            "origin": "VARCHAR",
            "kind": "VARCHAR",
            "characters": "BIGINT",
            "blank": "BOOLEAN",
            "editable": "BOOLEAN",
            "old": "BOOLEAN",
            "trusted": "BOOLEAN",
            "not_read": [{"why": "VARCHAR"}],
        }
    ],
}
"""What of a record is read, and as what."""


def _type(shape: Any) -> str:  # noqa: ANN401 - a part of `_COLUMNS`
    if isinstance(shape, dict):
        return "STRUCT(" + ", ".join(f'"{name}" {_type(inner)}' for name, inner in shape.items()) + ")"
    if isinstance(shape, list):
        return _type(shape[0]) + "[]"
    return str(shape)


def _listed(template: str) -> str:
    return ", ".join(template.format(name=name, type=_type(shape)) for name, shape in _COLUMNS.items())


def lines(longest: int) -> str:
    """JSON lines, at most `longest` bytes each. One that is no JSON is a row without anything: it is counted."""
    names, columns = _listed('"{name}"'), _listed("'{name}': '{type}'")
    return f"""SELECT {names} FROM read_json($lines, format = 'newline_delimited',
        columns = {{{columns}}}, ignore_errors = true, maximum_object_size = {longest})"""  # noqa: S608 - every word of it is ours


def tables() -> str:
    """Parquet, whatever types its columns were given by the tool that wrote them: each row by way of JSON."""
    names = _listed('read_as."{name}"')
    return f"""SELECT {names} FROM (
        SELECT from_json(to_json(row), '{json.dumps(_COLUMNS)}') AS read_as
        FROM read_parquet($tables, union_by_name = true) AS row)"""  # noqa: S608 - every word of it is ours


_KINDS: Final = f"""
    SELECT *, list_transform(coverage, lambda one: struct_pack(
        origin := one.origin, kind := one.kind, "characters" := 1, blank := one.blank,
        editable := one.editable, "old" := one."old", trusted := one.trusted,
        not_read := CASE WHEN one.kind IS NULL
            THEN list_distinct(list_filter(one.not_read, lambda told: told.why = '{NO_RULE}'))
            ELSE [] END)) AS kinds
    FROM rows
    WHERE ($since IS NULL OR try_cast("time" AS TIMESTAMP) >= $since)
      AND ($until IS NULL OR try_cast("time" AS TIMESTAMP) < $until)"""  # noqa: S608 - every word of it is ours
"""Rows of the wanted time, with each string as what a decision depends on, in the places that findings name."""

_FINDINGS: Final = """
    list_sort(list_distinct(list_transform(told.findings, lambda seen: struct_pack(
        category := seen.category,
        measure := seen.measure,
        "detail" := seen."detail",
        segment := CASE WHEN seen.segment < 0 THEN -1
            ELSE list_position(distinct_kinds, kinds[seen.segment + 1]) - 1 END,
        span := CASE WHEN seen.segment >= 0 AND seen.span[1] >= 0 AND seen.span[1] < seen.span[2]
            AND seen.span[2] <= coverage[seen.segment + 1]."characters" THEN [0, 1] END))))"""
"""Each finding once, by the kind of its string, with whether its span lies within."""

_EVIDENCE: Final = f"""
    struct_pack(
        schema_version := schema_version, caller := '', door := door, stream := stream,
        stage := stage, "language" := "language", policy := policy, verdict := verdict,
        dropped := CASE WHEN dropped IN ('null', '[]', '{{}}') THEN NULL ELSE dropped END,
        upstream := verdict IS NULL AND upstream IS NOT NULL,
        coverage := distinct_kinds,
        checks := list_transform(checks, lambda told: struct_pack(
            "check" := told."check", status := told.status, reason := told.reason, asked := told.asked,
            findings := {_FINDINGS})))"""

_STRONGEST: Final = """
    list_sort(list_distinct(list_transform(
        list_filter(reasons, lambda reason: reason."action" = verdict),
        lambda reason: struct_pack("rule" := reason."rule", category := reason.category))))"""


def groups(sources: str, examples: int) -> str:
    """Rows -> one row for each kind: evidence, caller, verdict, blocked, strongest reasons, number, weight, examples.

    The evidence is a record's, with each string once for its kind, each finding once, and in place of lengths and
    spans only whether a span lies within its text: that is all that a verdict's action and rules depend on.
    """
    return f"""
    WITH
    rows AS ({sources}),
    timely AS ({_KINDS}),
    told AS (
        SELECT *, list_sort(list_distinct(list_filter(kinds,
            lambda one: one.kind IS NOT NULL OR len(one.not_read) > 0))) AS distinct_kinds
        FROM timely
    ),
    judged AS (
        SELECT caller, verdict, blocked, id, "time", sample_rate, {_STRONGEST} AS strongest, {_EVIDENCE} AS evidence
        FROM told
    )
    SELECT evidence, caller, verdict, blocked, strongest, count(*), sum(1 / coalesce(sample_rate, 1)),
        [{_examples(examples)}]
    FROM judged
    GROUP BY evidence, caller, verdict, blocked, strongest"""  # noqa: S608 - every word of it is ours


def _examples(count: int) -> str:
    """The latest of each of `count` parts: unlike a list of the latest, these may go to disk where memory is short."""
    latest = 'max(struct_pack("time" := "time", id := id))'
    return ", ".join(f"{latest} FILTER (hash(id) % {count} = {part})" for part in range(count))
