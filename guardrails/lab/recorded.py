"""Recorded decisions, read by an embedded engine and put together where they are alike.

A decision depends on which findings there are in what kind of text, never on how long the text is or where in it they
stand. So most records are the same evidence, and each kind needs to be judged only once. The engine (DuckDB) reads
JSON lines, plain or compressed, and Parquet, groups on all processors and spills to disk where memory is short.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import duckdb

from guardrails.domain.errors import ConfigurationError
from guardrails.lab.recorded_sql import groups, lines, tables
from guardrails.telemetry.recorded_files import find_files

_PARQUET: Final = (".parquet", ".pq")
_PATTERN: Final = frozenset("*?[")
_LONGEST: Final = 64 * 1024 * 1024
_FETCH: Final = 1000
_POLL_S: Final = 0.1
_MOST_EXAMPLES: Final = 5


class Decided(NamedTuple):
    """One recorded decision, by its time and id."""

    time: str
    id: str


@dataclass(frozen=True, slots=True)
class Alike:
    """Records whose evidence, caller and outcome are the same.

    Attributes:
        evidence: In the shape of a record, as `read_evidence` takes it; lengths and places are left out.
        caller: Who asked.
        verdict: What was decided then; None for what is no decision.
        blocked: Whether the text was stopped.
        strongest: The rule and category of each reason for that verdict.
        count: How many there are.
        stands_for: How many verdicts they stand for, where plain allows were sampled.
        examples: Some of them, late ones.
    """

    evidence: Mapping[str, Any]
    caller: str
    verdict: str | None
    blocked: bool
    strongest: tuple[tuple[str, str | None], ...]
    count: int
    stands_for: float
    examples: tuple[Decided, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the engine may take. `memory` as DuckDB writes it; None threads for one on each processor."""

    memory: str = "1GB"
    threads: int | None = None


def find_readable(patterns: Sequence[str]) -> list[Path]:
    """The files of paths and globs, as `find_files` finds them, for the engine, which takes every name for a pattern.

    Raises:
        ConfigurationError: one matches nothing, or has a name that the engine cannot read.
    """
    found = find_files(patterns)
    problems = [f"--decisions: {path}: a name with *, ? or [ cannot be read" for path in found if _is_pattern(path)]
    if problems:
        raise ConfigurationError(problems)
    return found


def _is_pattern(path: Path) -> bool:
    return not _PATTERN.isdisjoint(str(path))


def read_alike(
    files: Sequence[Path],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    examples: int = _MOST_EXAMPLES,
    limits: Limits | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Alike]:
    """Read decision records and yield them in groups, in no order.

    Lines that are no JSON, or no records, come too: their evidence has no `schema_version`.

    Args:
        files: Parquet by its ending, anything else JSON lines (`.gz` and `.zst` are compressed).
        since: The earliest time, in UTC and without a zone.
        until: The first time that is left out.
        examples: How many of each group are told by id, at most five.
        limits: What the engine may take.
        progress: Told the percentage that is read, several times a second.

    Raises:
        ConfigurationError: a file cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="guardrails-replay-") as folder:
        engine = _engine(Path(folder), limits or Limits())
        try:
            sources = _sources(files)
            query = _query(sources, min(examples, _MOST_EXAMPLES))
            _run(engine, query, {"since": since, "until": until, **sources}, progress)
            while rows := engine.fetchmany(_FETCH):
                yield from map(_alike, rows)
        finally:
            engine.close()


def _engine(folder: Path, limits: Limits) -> duckdb.DuckDBPyConnection:
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": limits.memory,
        "temp_directory": str(folder),
        "preserve_insertion_order": False,
        # What it cannot do with what is installed it must not fetch.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if limits.threads is not None:
        settings["threads"] = limits.threads
    engine = duckdb.connect(":memory:", config=settings)
    # It counts how far it is only while it has a bar to show; this one is not printed.
    engine.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    return engine


def _query(sources: Mapping[str, Sequence[str]], examples: int) -> str:
    parts = {"lines": lines(_LONGEST), "tables": tables()}
    return groups(" UNION ALL ".join(parts[kind] for kind in sources), examples)


def _sources(files: Sequence[Path]) -> dict[str, list[str]]:
    sources: dict[str, list[str]] = {}
    for path in files:
        sources.setdefault("tables" if path.suffix.lower() in _PARQUET else "lines", []).append(str(path))
    return sources


def _run(
    engine: duckdb.DuckDBPyConnection,
    query: str,
    values: Mapping[str, object],
    progress: Callable[[float], None] | None,
) -> None:
    """Execute in a thread of its own, so that progress is told meanwhile and Ctrl-C ends it."""
    failures: list[duckdb.Error] = []
    ended = threading.Event()

    def execute() -> None:
        try:
            engine.execute(query, values)
        except duckdb.Error as error:
            failures.append(error)
        finally:
            ended.set()

    threading.Thread(target=execute, name="replay-engine").start()
    try:
        while not ended.wait(_POLL_S):
            if progress is not None:
                progress(max(0.0, engine.query_progress()))
    except KeyboardInterrupt:
        engine.interrupt()
        ended.wait()
        raise
    if failures:
        raise _told(failures[0])


def _told(error: duckdb.Error) -> ConfigurationError:
    if isinstance(error, duckdb.OutOfMemoryException):
        return ConfigurationError(["--memory: the records are too many different ones for this much"])
    # The engine's own words may quote the line it stumbled over.
    kind = type(error).__name__
    return ConfigurationError([f"--decisions: cannot be read ({kind}): is each file what its name says?"])


def _alike(row: Sequence[Any]) -> Alike:
    evidence, caller, verdict, blocked, strongest, count, stands_for, examples = row
    return Alike(
        evidence=evidence,
        caller=caller or "",
        verdict=verdict,
        blocked=bool(blocked),
        strongest=tuple((reason["rule"], reason["category"]) for reason in strongest or ()),
        count=count,
        stands_for=stands_for,
        examples=tuple(Decided(one["time"] or "", one["id"]) for one in examples if one and one["id"]),
    )
