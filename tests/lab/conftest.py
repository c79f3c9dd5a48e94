"""Decision records for the lab, in files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from lab_records import record_of

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.policy.policy import Policy

AT = "/messages/0/content"
TEXT = "Write to anna.smith@contoso.com today."


@pytest.fixture
def mail() -> Callable[..., dict[str, Any]]:
    """Make the record of a text with a mail address in it, found with some confidence."""

    def make(policy: Policy, measure: float = 0.8, number: int = 0, caller: str = "orders", **changes: Any) -> Any:
        inspection = Inspection(Stage.INPUT, caller, (Segment(TEXT, Origin.USER, AT),))
        start = TEXT.index("anna")
        found = Finding("Email", measure, AT, Span(start, start + 22))
        report = CheckReport("pii", CheckStatus.COMPLETED, (found,), calls=1)
        return record_of(policy, inspection, (report,), number, **changes)

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write records, or any lines, into a file."""

    def lines(records: Sequence[Any], name: str = "decisions.jsonl") -> Path:
        file = tmp_path / name
        parts = (one if isinstance(one, bytes) else orjson.dumps(one) for one in records)
        file.write_bytes(b"".join(part + b"\n" for part in parts))
        return file

    return lines
