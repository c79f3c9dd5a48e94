"""A decision record read back: the evidence that `decide` was given, with stand-ins for the texts.

A text is stood in for by as many characters, blank where it was: a decision depends on no more of it. Records that do
not tell this in fields of its own tell it by why a check did not read it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from guardrails.domain.check import CheckReport
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Stage
from guardrails.telemetry.recorded_reports import NO_ANSWER, NOT_WHOLE, report_of

MOST_REASONS: Final = 50
"""The most recorded reasons that are told again."""
_TOLD: Final = ("rule", "action", "check", "category", "detail")
_LONGEST: Final = 64 * 1024 * 1024
"""Characters of all texts of one record: far more than one request may have."""


class Unreadable(Exception):
    """A record that holds no evidence; says why in a few words."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What one record tells.

    Attributes:
        id: Of the decision.
        time: When it was decided, RFC 3339.
        door: The door it came through.
        policy: The policy that decided, and its revision then.
        revision: As above.
        only: The one check that ran, at the doors of single checks; None where all did, or the record does not tell.
        verdict: What was decided: an action's word.
        blocked: Whether the text was stopped.
        inspection: The segments, with stand-ins.
        reports: What the checks reported.
        streamed: Whether the answer was a stream: then the evidence is that of all its windows.
        left_out: How many earlier messages were left out of what was judged.
        reasons: Why it was decided so, as recorded: rule, action, check, category and detail.
    """

    id: str
    time: str
    door: str
    policy: str
    revision: str
    only: str | None
    verdict: str
    blocked: bool
    inspection: Inspection
    reports: tuple[CheckReport, ...]
    streamed: bool
    left_out: int
    reasons: tuple[Mapping[str, str | None], ...]


def recall(record: Mapping[str, Any]) -> Recalled:
    """Read a record back.

    Raises:
        Unreadable: it holds no evidence, or not all of it.
    """
    try:
        if record["verdict"] is None:
            raise Unreadable(NO_ANSWER)
        return _recalled(record)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise Unreadable(NOT_WHOLE) from None


def _recalled(record: Mapping[str, Any]) -> Recalled:
    receipts = [receipt for receipt in record["coverage"] if receipt["kind"] is not None]
    if sum(int(receipt["characters"]) for receipt in receipts) > _LONGEST:
        raise ValueError("longer than any request")
    places = _Places(receipts)
    uneditable = {
        places.of(reason) for reason in record["reasons"] if reason["detail"] == "cannot be redacted in place"
    }
    segments = tuple(_segment(receipt, places.names[number], uneditable) for number, receipt in enumerate(receipts))
    dropped = record.get("dropped") or {}
    return Recalled(
        id=str(record["id"]),
        time=str(record["time"]),
        door=str(record["door"]),
        policy=str(record["policy"]["name"]),
        revision=str(record["policy"]["revision"]),
        only=record["policy"].get("only") or _single(record["checks"], str(record["door"])),
        verdict=str(record["verdict"]),
        blocked=record["blocked"] is True,
        inspection=Inspection(Stage(record["stage"]), str(record["caller"]), segments, record.get("language")),
        reports=tuple(report_of(told, places.of) for told in record["checks"]),
        streamed=record.get("stream") is not None,
        left_out=len(dropped.get("messages", ())),
        reasons=tuple({name: one[name] for name in _TOLD} for one in record["reasons"][:MOST_REASONS]),
    )


def _single(checks: Sequence[Mapping[str, Any]], door: str) -> str | None:
    return str(checks[0]["check"]) if door.startswith("/check/") and len(checks) == 1 else None


class _Places:
    """Pointers as a record tells them, each made one segment's own: names that a caller chose are all `*` there."""

    def __init__(self, receipts: Sequence[Mapping[str, Any]]) -> None:
        seen: Counter[str] = Counter()
        self.names: list[str] = []
        for receipt in receipts:
            pointer = str(receipt["pointer"])
            seen[pointer] += 1
            self.names.append(pointer if seen[pointer] == 1 else f"{pointer} ({seen[pointer]})")

    def of(self, told: Mapping[str, Any]) -> str:
        """The segment of a finding: by its number where the record tells it, else the first of that pointer."""
        number = told.get("segment")
        if not isinstance(number, int):
            return str(told["pointer"])
        # A negative one was pointed at and is not there: it must not be taken for a string that is.
        return self.names[number] if number >= 0 else f"{told['pointer']} (nowhere)"


def _segment(receipt: Mapping[str, Any], pointer: str, uneditable: set[str]) -> Segment:
    whys = {str(one["why"]) for one in receipt["not_read"]}
    is_blank = receipt.get("blank", "blank" in whys)
    return Segment(
        (" " if is_blank else "x") * int(receipt["characters"]),
        Origin(receipt["origin"]),
        pointer,
        editable=receipt.get("editable", pointer not in uneditable),
        kind=Kind(receipt["kind"]),
        old=receipt.get("old", "earlier turn" in whys),
        trusted=receipt.get("trusted", "trusted" in whys),
    )
