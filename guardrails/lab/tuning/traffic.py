"""What thresholds would do to recorded traffic: decision records read line by line, counted, never kept."""

import gzip
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from guardrails.domain.content import Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action
from guardrails.lab.tuning.subjects import Subject
from guardrails.policy.policy import Policy

_SCHEMAS: Final = frozenset({1, 2})
_LIMIT: Final = 64 * 1024 * 1024
_NOWHERE: Final = "/text"


@dataclass(slots=True)
class Hits:
    """How often one rule would fire: over the verdicts it holds for, as it stands and with another threshold."""

    records: float = 0
    now: float = 0
    then: float = 0


@dataclass(slots=True)
class Traffic:
    """Recorded traffic under today's thresholds and the suggested ones.

    Of verdicts that were recorded in samples, a record counts for all it stands for. `measures` counts, by
    `check/category`, in how many records which strongest measure was seen. `failed` counts those in which a check that
    blocks on failure failed: they are blocked with any threshold.
    """

    records: float = 0
    blocked_now: float = 0
    blocked_then: float = 0
    failed: float = 0
    policies: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Hits] = field(default_factory=dict)
    measures: dict[str, Counter[str]] = field(default_factory=dict)


def count(files: Sequence[Path], policy: Policy, subjects: Sequence[Subject], then: Mapping[str, float]) -> Traffic:
    """Read decision records (docs/operations.md).

    Args:
        files: JSON lines, gzipped ones too.
        policy: Whose checks block on failure is looked up here.
        subjects: What fires; those without a rule count as rules that do nothing today.
        then: Another threshold for some of them, by name.

    Raises:
        ConfigurationError: a file cannot be read, or a line is no decision record.
    """
    traffic = Traffic(rules={subject.name: Hits() for subject in subjects})
    for path in files:
        for record in _records(path):
            if record.get("verdict") is not None:
                _count(traffic, record, policy, subjects, then)
    return traffic


def _count(
    traffic: Traffic, record: Mapping[str, Any], policy: Policy, subjects: Sequence[Subject], then: Mapping[str, float]
) -> None:
    stage, weight = Stage(record["stage"]), _weight(record)
    findings = {report["check"]: _findings(report) for report in record["checks"] if report["status"] != "skipped"}
    traffic.records += weight
    traffic.policies[str(record["policy"]["name"])] += 1
    for name, seen in findings.items():
        _measure(traffic, name, seen)
    failed = any(report["status"] == "failed" and _blocks(policy, report["check"]) for report in record["checks"])
    now = later = failed
    for subject in subjects:
        if stage in subject.stages and subject.check in findings:
            fires, would = _hit(traffic, subject, findings[subject.check], then, weight)
            blocks = subject.rule is not None and subject.rule.action is Action.BLOCK
            now, later = now or (blocks and fires), later or (blocks and would)
    traffic.failed += weight * failed
    traffic.blocked_now += weight * now
    traffic.blocked_then += weight * later


def _weight(record: Mapping[str, Any]) -> float:
    """How many verdicts a record stands for: one in twenty was recorded, so it counts for twenty."""
    rate = float(record.get("sample_rate", 1.0))
    if not 0 < rate <= 1:
        raise ValueError
    return 1 / rate


def _hit(
    traffic: Traffic, subject: Subject, seen: Sequence[Finding], then: Mapping[str, float], weight: float
) -> tuple[bool, bool]:
    fires = subject.fires(seen)
    threshold = then.get(subject.name)
    would = fires if threshold is None or not subject.thresholds else subject.score(seen) >= threshold
    hits = traffic.rules[subject.name]
    hits.records += weight
    hits.now += weight * fires
    hits.then += weight * would
    return fires, would


def _measure(traffic: Traffic, check: str, seen: Sequence[Finding]) -> None:
    strongest: dict[str, float | None] = {}
    for finding in seen:
        strongest[finding.category] = max(strongest.get(finding.category) or 0.0, finding.measure or 0.0)
        if finding.measure is None:
            strongest[finding.category] = None
    for category, measure in strongest.items():
        word = "yes" if measure is None else f"{round(measure, 3):g}"
        traffic.measures.setdefault(f"{check}/{category}", Counter())[word] += 1


def _blocks(policy: Policy, check: str) -> bool:
    plan = policy.checks.get(check)
    return plan is not None and plan.on_failure is Action.BLOCK


def _findings(report: Mapping[str, Any]) -> tuple[Finding, ...]:
    return tuple(Finding(str(found["category"]), found["measure"], _NOWHERE) for found in report["findings"])


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    number = 0
    try:
        with _opened(path) as file:
            while line := file.readline(_LIMIT):
                number += 1
                if line.isspace():
                    continue
                record = orjson.loads(line)
                _require(record)
                yield record
    except (ValueError, KeyError, TypeError):
        raise ConfigurationError([f"{path}:{number}: is no decision record"]) from None
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror or type(error).__name__}"]) from None


def _require(record: Mapping[str, Any]) -> None:
    """Raise KeyError, TypeError or ValueError where a record lacks what is counted."""
    if record["schema_version"] not in _SCHEMAS:
        raise ValueError
    Stage(record["stage"])
    _weight(record)
    _ = record["verdict"], record["policy"]["name"]
    for report in record["checks"]:
        _ = report["check"], report["status"]
        for found in report["findings"]:
            _ = found["category"], float(found["measure"] or 0)


def _opened(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
