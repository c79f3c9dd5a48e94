"""What checks said of texts, in a file that only grows: no text is asked about twice, and none is kept.

One JSON line for each text and check: a hash of the text, its label when it was asked, and the findings. A process that
is killed loses what it was asking; half a line at the end is cut off when the file is opened again. What is known is
looked up in a temporary SQLite database on disk, so that memory stays small however many texts there are.
"""

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Self

import orjson
from pydantic import BaseModel

from guardrails.domain.check import CheckReport
from guardrails.domain.errors import ConfigurationError
from guardrails.domain.finding import Finding
from guardrails.lab.tuning.samples import Sample
from guardrails.policy.policy import CheckPlan

SCHEMA_VERSION: Final = 1
_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Instrument:
    """What a check measures with, beside its options: another resource or api-version may say something else.

    Attributes:
        source: The endpoint, or `emulator`.
        api_version: Of the service.
    """

    source: str
    api_version: str


def key_of(plan: CheckPlan, instrument: Instrument, sample: Sample) -> bytes:
    """Under which evidence is kept: a hash over check, options, instrument, origin and text."""
    options = plan.options.model_dump_json() if isinstance(plan.options, BaseModel) else repr(plan.options)
    parts = (plan.name, options, instrument.source, instrument.api_version, sample.origin.value, sample.text)
    digest = hashlib.sha256()
    for part in parts:
        # Each part by its own hash, so that no border between parts can be moved.
        digest.update(hashlib.sha256(part.encode("utf-8", "surrogatepass")).digest())
    return digest.digest()


class EvidenceFile:
    """The evidence of earlier runs and of this one. May be used from several threads, by one process at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._known = sqlite3.connect("", check_same_thread=False, isolation_level=None)

    def __enter__(self) -> Self:
        """Open or make the file, readable for its owner only.

        Raises:
            ConfigurationError: it cannot be used, another process uses it, or a line is no evidence.
        """
        try:
            self._file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
            _reserve(self._file, self._path)
            self._known.execute("CREATE TABLE known (key BLOB PRIMARY KEY, findings BLOB) WITHOUT ROWID")
            self._known.execute("CREATE TABLE claimed (key BLOB PRIMARY KEY) WITHOUT ROWID")
            self._known.execute("BEGIN")
            self._load(self._file)
        except OSError as error:
            self.close()
            raise ConfigurationError(
                [f"{self._path}: cannot be used: {error.strerror or type(error).__name__}"]
            ) from None
        except ConfigurationError:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and forget what is known. Lines are on their way to the disk as soon as they are added."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
            self._known.close()

    def claim(self, key: bytes) -> bool:
        """Whether the evidence of a key is missing and nobody has claimed it yet; from now on it is claimed."""
        with self._lock:
            if self._known.execute("SELECT 1 FROM known WHERE key = ?", (key,)).fetchone():
                return False
            return self._known.execute("INSERT OR IGNORE INTO claimed VALUES (?)", (key,)).rowcount == 1

    def forget_claims(self) -> None:
        """Let everything that is missing be claimed again."""
        with self._lock:
            self._known.execute("DELETE FROM claimed")

    def add(self, key: bytes, sample: Sample, instrument: Instrument, report: CheckReport) -> None:
        """Keep what a check said of a text.

        Raises:
            OSError: the line could not be written.
        """
        said = sample.said.get(report.check)
        line = orjson.dumps(
            {
                "schema_version": SCHEMA_VERSION,
                "key": key.hex(),
                "text_sha256": hashlib.sha256(sample.text.encode("utf-8", "surrogatepass")).hexdigest(),
                "characters": len(sample.text),
                "origin": sample.origin.value,
                "label": None if said is None else said.bad,
                "check": report.check,
                "source": instrument.source,
                "api_version": instrument.api_version,
                "calls": report.calls,
                "findings": [_finding(finding) for finding in report.findings],
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        with self._lock:
            if self._file is None:
                raise ValueError("the evidence file is closed")
            self._file.write(line)
            self._learn(key, ((finding.category, finding.measure) for finding in report.findings))

    def findings(self, key: bytes, pointer: str) -> tuple[Finding, ...] | None:
        """The strongest finding of each category for a key, without spans; None when it was never asked."""
        with self._lock:
            row = self._known.execute("SELECT findings FROM known WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        return tuple(Finding(category, measure, pointer) for category, measure in orjson.loads(row[0]))

    def _load(self, file: BinaryIO) -> None:
        whole = 0
        with os.fdopen(os.dup(file.fileno()), "rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    break
                key, findings = _parsed(self._path, number, line)
                self._learn(key, findings)
                whole += len(line)
        file.truncate(whole)
        file.seek(whole)

    def _learn(self, key: bytes, findings: Iterable[tuple[str, float | None]]) -> None:
        strongest: dict[str, float | None] = {}
        for category, measure in findings:
            had = strongest.get(category)
            strongest[category] = measure if had is None else max(had, measure or 0.0)
        self._known.execute("INSERT OR REPLACE INTO known VALUES (?, ?)", (key, orjson.dumps([*strongest.items()])))


def _finding(finding: Finding) -> dict[str, object]:
    span = None if finding.span is None else list(finding.span)
    return {"category": finding.category, "measure": finding.measure, "span": span, "detail": finding.detail}


def _parsed(path: Path, number: int, line: bytes) -> tuple[bytes, Iterator[tuple[str, float | None]]]:
    try:
        row: Mapping[str, Any] = orjson.loads(line)
        key = bytes.fromhex(row["key"])
        findings = [(str(found["category"]), found["measure"]) for found in row["findings"]]
        if row["schema_version"] == SCHEMA_VERSION and len(key) == _KEY_BYTES:
            return key, iter(findings)
    except (ValueError, KeyError, TypeError):
        pass  # told below, as any other line that is none of ours
    raise ConfigurationError([f"{path}:{number}: is no evidence; move the file away to begin anew"])


def _reserve(file: BinaryIO, path: Path) -> None:
    """Keep other processes from adding to the same file, where the system can."""
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ConfigurationError([f"{path}: is in use by another run"]) from None
