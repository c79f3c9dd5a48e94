"""Data files, row by row: JSON lines or CSV, plain or gzipped, never more than one row in memory."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from guardrails.domain.errors import ConfigurationError
from guardrails.lab.tuning.layouts.catalogue import PLAIN, Layout, guess
from guardrails.lab.tuning.layouts.record import Reading, Record, RowLeftOut, RowProblem, tellable
from guardrails.lab.tuning.samples import Place, Sample

MAX_ROW: Final = 16 * 1024 * 1024
"""Bytes of one row; a longer one is a file of another kind."""
MAX_PROBLEMS: Final = 20
"""Problems that are told at once."""

_JSON: Final = frozenset({".jsonl", ".ndjson", ".json"})
_SEPARATORS: Final = {".csv": ",", ".tsv": "\t"}


@dataclass(slots=True)
class Notes:
    """What came up while reading: rows that were left out and why, and by number of file the layout it has."""

    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    layouts: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """Labelled data that can be read as often as needed.

    Attributes:
        files: The data files.
        reading: How their rows are to be understood.
        layout: How they are laid out; None to tell by the first row of each file.
        limit: The most rows that are used; None for all.
    """

    files: Sequence[Path]
    reading: Reading
    layout: Layout | None = None
    limit: int | None = None

    def samples(self, notes: Notes) -> Iterator[Sample]:
        """Every sample, in order. What is found out on the way goes into `notes`.

        Raises:
            ConfigurationError: a file cannot be read, or rows do not hold; up to twenty problems at once, each with
                `file:line`.
        """
        problems: list[str] = []
        for number, path in enumerate(self.files):
            layout = self.layout or (PLAIN if self.reading.columns.given else None)
            for line, record in _records(path):
                if self.limit is not None and notes.rows >= self.limit:
                    break
                if layout is None:
                    layout = _guessed(path, line, record)
                notes.layouts.setdefault(number, layout.name)
                notes.rows += 1
                try:
                    yield from layout.samples(record, Place(number, line), self.reading)
                except RowLeftOut as reason:
                    notes.left_out[str(reason)] += 1
                except RowProblem as problem:
                    problems.append(f"{path}:{line}: {problem}")
                    if len(problems) >= MAX_PROBLEMS:
                        raise ConfigurationError(problems) from None
        if problems:
            raise ConfigurationError(problems)


def _guessed(path: Path, line: int, record: Record) -> Layout:
    layout = guess(record)
    if layout is None:
        columns = ", ".join(tellable(record)[:12]) or "it has"
        problem = (
            f"{path}:{line}: no known layout has the columns {columns}; say which hold what with --text-column and "
        )
        raise ConfigurationError([f"{problem}--label-column, or which layout it is with --format"])
    return layout


def _records(path: Path) -> Iterator[tuple[int, Record]]:
    """The rows of a file with the line each begins on.

    Raises:
        ConfigurationError: it cannot be read, is of another kind, or a line is not what its kind says.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    kind = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else (suffixes or [""])[-1]
    if kind not in _JSON and kind not in _SEPARATORS:
        raise ConfigurationError([f"{path}: must end in .jsonl, .csv or .tsv, or one of these with .gz{_advice(kind)}"])
    try:
        with _opened(path) as file:
            yield from _json_rows(path, file) if kind in _JSON else _csv_rows(path, file, _SEPARATORS[kind])
    except (gzip.BadGzipFile, EOFError):
        raise ConfigurationError([f"{path}: is no whole gzip file"]) from None
    except UnicodeDecodeError:
        raise ConfigurationError([f"{path}: is not UTF-8 text"]) from None
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror or type(error).__name__}"]) from None


def _advice(kind: str) -> str:
    return "; write a Parquet file out as JSON lines first" if kind == ".parquet" else ""


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _json_rows(path: Path, file: BinaryIO) -> Iterator[tuple[int, Record]]:
    number = 0
    while line := file.readline(MAX_ROW + 1):
        number += 1
        if len(line) > MAX_ROW:
            raise ConfigurationError([f"{path}:{number}: the line is longer than {MAX_ROW // 1024 // 1024} MiB"])
        if line.isspace():
            continue
        yield number, _json_row(path, number, line)


def _json_row(path: Path, number: int, line: bytes) -> Record:
    stripped = line.removeprefix(b"\xef\xbb\xbf").strip()
    if number == 1 and stripped.startswith(b"["):
        raise ConfigurationError(
            [f"{path}: is one JSON list; it must have one object per line (jq -c '.[]' makes them)"]
        )
    try:
        row: Any = orjson.loads(stripped)
    except orjson.JSONDecodeError:
        raise ConfigurationError([f"{path}:{number}: is not a JSON object on one line"]) from None
    if not isinstance(row, dict):
        raise ConfigurationError([f"{path}:{number}: must be a JSON object"])
    return row


def _csv_rows(path: Path, file: BinaryIO, separator: str) -> Iterator[tuple[int, Record]]:
    before = csv.field_size_limit(MAX_ROW)
    begins = 1
    try:
        with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, delimiter=separator, strict=True)
            begins = 2
            for row in rows:
                if None in row or None in row.values():
                    raise ConfigurationError([f"{path}:{begins}: has not as many cells as the first line has names"])
                yield begins, row
                begins = rows.line_num + 1
    except csv.Error:
        raise ConfigurationError([f"{path}: is not CSV with quotes in pairs, near line {begins}"]) from None
    finally:
        csv.field_size_limit(before)
