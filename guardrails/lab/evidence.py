"""A decision record -> the evidence in it: what `decide` was given then, without the texts.

Texts are stood in for by as many characters, blank where they were: a decision depends on no more of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from guardrails.domain.check import CheckReport
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Stage
from guardrails.domain.forwarded import Ending
from guardrails.domain.verdict import Action
from guardrails.pipeline.output import NO_RULE
from guardrails.policy.policy import CheckPlan
from guardrails.telemetry.recorded_reports import NO_ANSWER, NOT_WHOLE, report_of, text_of
from guardrails.telemetry.records import SCHEMA_VERSION

NO_RECORD: Final = "the line is no decision record"
NOT_ASKED: Final = "the record does not tell what its checks were asked"
DROPPED: Final = "earlier messages were left out of the conversation"
NO_SUM: Final = "the windows of the stream say something else than the whole of them"
_CHAT_DOORS: Final = ("/guarded-chat", "/chat/completions")
_STRANGE: Final = 1_000_000_000
"""Added to the negative numbers of strings that are not part of an inspection: their order is that of the pointers."""


class Unreplayable(Exception):
    """A record that cannot be judged again. `whys` are a few words each, alike for alike records."""

    def __init__(self, *whys: str) -> None:
        super().__init__("; ".join(whys))
        self.whys = whys


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one verdict was decided on.

    Attributes:
        policy: The name of the policy that decided.
        revision: Its revision.
        only: The one check that ran, at the doors of single checks.
        trusted: The hash over that policy's list of trusted texts.
        is_chat: Whether a chat was guarded, and not texts handed in by `/check` or a gateway.
        answer_unread: Whether texts of an answer were not read, since that policy has no rule for answers.
        stream: Of a streamed answer, the windows in which it was judged.
        was_cut: Whether that stream was cut: what would have followed was never judged.
        inspection: The segments, with stand-ins for texts and numbered pointers (`/0`, `/1`, ...).
        reports: What the checks reported.
        plans: What each check was asked. `on_failure` means nothing here: another policy is to say.
    """

    policy: str
    revision: str
    only: str | None
    trusted: str | None
    is_chat: bool
    answer_unread: bool
    stream: Mapping[str, Any] | None
    was_cut: bool
    inspection: Inspection
    reports: tuple[CheckReport, ...]
    plans: Mapping[str, CheckPlan]


def read_evidence(record: Mapping[str, Any]) -> Evidence:
    """The evidence of a record, or of a row of `lab.recorded`, which has the same shape.

    Raises:
        Unreplayable: it holds none, or not all of it.
    """
    _require_readable(record)
    try:
        return _evidence(record)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise Unreplayable(NOT_WHOLE) from None


def _require_readable(record: Mapping[str, Any]) -> None:
    version = record.get("schema_version")
    if not isinstance(version, int):
        raise Unreplayable(NO_RECORD)
    if version != SCHEMA_VERSION:
        known = "which does not hold all evidence" if version < SCHEMA_VERSION else "which is newer than this command"
        raise Unreplayable(f"the record has schema version {version}, {known}")
    if record.get("verdict") is None:
        raise Unreplayable(NO_ANSWER if record.get("upstream") else NOT_WHOLE)
    if record.get("dropped"):
        raise Unreplayable(DROPPED)
    stream = _stream(record)
    if stream is not None and not stream.get("adds_up"):
        raise Unreplayable(NO_SUM)


def _evidence(record: Mapping[str, Any]) -> Evidence:
    policy, stream = record["policy"], _stream(record)
    inspection = Inspection(
        Stage(record["stage"]),
        str(record["caller"]),
        # What no check was given (kind null) comes last, and is no segment.
        tuple(_segment(n, receipt) for n, receipt in enumerate(record["coverage"]) if receipt["kind"] is not None),
        record["language"],
    )
    return Evidence(
        policy=text_of(policy["name"]),
        revision=text_of(policy["revision"]),
        only=policy["only"],
        trusted=policy["trusted"],
        is_chat=text_of(record["door"]).endswith(_CHAT_DOORS),
        answer_unread=any(receipt["kind"] is None and _is_unread_answer(receipt) for receipt in record["coverage"]),
        stream=None if stream is None else stream["plan"],
        was_cut=stream is not None and stream["ending"] == Ending.CUT,
        inspection=inspection,
        reports=tuple(report_of(told, _place) for told in record["checks"]),
        plans={text_of(told["check"]): _plan(told) for told in record["checks"]},
    )


def _stream(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    told = record.get("stream")
    # What turns records into tables may fill in the keys where there is no stream.
    return told if isinstance(told, Mapping) and told.get("ending") is not None else None


def _segment(number: int, receipt: Mapping[str, Any]) -> Segment:
    return Segment(
        (" " if _flag(receipt["blank"]) else "x") * receipt["characters"],
        Origin(receipt["origin"]),
        pointer_of(number),
        editable=_flag(receipt["editable"]),
        kind=Kind(receipt["kind"]),
        old=_flag(receipt["old"]),
        trusted=_flag(receipt["trusted"]),
    )


def _is_unread_answer(receipt: Mapping[str, Any]) -> bool:
    return any(told["why"] == NO_RULE for told in receipt["not_read"])


def pointer_of(segment: int) -> str:
    """The pointer that stands for a record's `segment`; a negative one points at nothing that is there."""
    return f"/{segment}" if segment >= 0 else f"?{_STRANGE + segment}"


def _place(told: Mapping[str, Any]) -> str:
    return pointer_of(told["segment"])


def _plan(told: Mapping[str, Any]) -> CheckPlan:
    asked = told["asked"]
    if asked is None:
        raise Unreplayable(NOT_ASKED)
    if isinstance(asked, str):
        asked = orjson.loads(asked)
    return CheckPlan(
        name=told["check"],
        scan=frozenset(map(Origin, asked["scan"])),
        on_failure=Action.BLOCK,
        options=None,
        reads=frozenset(map(Kind, asked["reads"])),
        skips_trusted="trusted" in asked["skips"],
        skips_old="old" in asked["skips"],
        told=asked["options"],
        scan_output=None if asked.get("scan_output") is None else frozenset(map(Origin, asked["scan_output"])),
    )


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value
