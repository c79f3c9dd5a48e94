"""What a check is, and what it reports."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from guardrails.domain.asked import Options, Recaster, only_the_same
from guardrails.domain.content import Inspection, Kind, Origin
from guardrails.domain.deadline import Deadline
from guardrails.domain.finding import Finding

_NOTHING: Mapping[str, str] = MappingProxyType({})


class CheckStatus(StrEnum):
    """How an inspection ended. `skipped` means there was nothing for this check to read."""

    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


class FailureReason(StrEnum):
    """Why a check failed, as a code that callers and alerts can rely on."""

    DEADLINE = "deadline"
    """The policy's deadline passed before the service had answered for every text."""
    THROTTLED = "throttled"
    """The service answered 429 (or its quota is used up) until the budget was spent."""
    UNAVAILABLE = "unavailable"
    """The service answered 5xx."""
    NETWORK = "network"
    """No answer: refused, reset, unknown host, TLS."""
    TOKEN = "token"  # noqa: S105 - a reason code, not a secret
    """No bearer could be had from Entra, or the credential's secret could not be read."""
    UNAUTHORIZED = "unauthorized"
    """The service refused the token or key (401)."""
    FORBIDDEN = "forbidden"
    """The principal lacks the role, or the network rules or key settings forbid the call."""
    REJECTED = "rejected"
    """The service refused the request (another 4xx)."""
    BAD_RESPONSE = "bad_response"
    """The answer was not what the service documents: truncated, not JSON, or of another shape."""
    DOCUMENT_ERROR = "document_error"
    """The service answered 200 but could not judge one of the texts."""
    TOO_MANY_FINDINGS = "too_many_findings"
    """There is more to find than one verdict can carry; what was found first is in the report."""
    OVERLOADED = "overloaded"
    """As many texts as we judge at once were being judged, until too little of the deadline was left."""
    NOT_CONFIGURED = "not_configured"
    """A policy names the check, and no service is configured for it."""
    INTERNAL = "internal"
    """A fault of our own; the log has it under the request id."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A check's outcome: everything the service told, before any threshold.

    A failed report keeps the findings that were already seen. `unread` tells, for each segment (by pointer) that this
    check was given but did not read to its end, why.
    """

    check: str
    status: CheckStatus
    findings: tuple[Finding, ...] = ()
    reason: FailureReason | None = None
    calls: int = 0
    cached: int = 0
    duration_ms: float = 0.0
    unread: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


class Check(Protocol):
    """A named detector of one risk.

    `inspect` never raises for service trouble: that is a report with status `failed`. It may be cancelled.
    `options` is this check's own options object, made by its `options.py` from a policy's `checks` section.
    """

    @property
    def name(self) -> str:
        """The name policies use: `pii`, `content_safety`, `prompt_shield`."""

    async def inspect(self, inspection: Inspection, options: Any, deadline: Deadline) -> CheckReport:  # noqa: ANN401 - its own
        """Judge every segment of the inspection (already narrowed to those the policy lets this check scan)."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The unit of a check's numbers and its range: severity 0-7, confidence 0-1."""

    unit: str
    lowest: float
    highest: float


class Misfit(NamedTuple):
    """What an api-version does not know: the path in the check's section, a sentence, and whether calls would fail."""

    path: tuple[str | int, ...]
    sentence: str
    fails: bool


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """What policies may say about a check: the facts the compiler needs, without the check itself.

    Attributes:
        name: As policies name it.
        service: The section of `services` it needs.
        categories: Every category it can report.
        measure: The unit of its numbers; None where a finding is a plain yes.
        spans: Whether its findings carry spans exact enough to redact.
        scan: The origins it reads when a policy does not say.
        parse_options: Its own part of a policy's `checks` section (without `scan` and `on_failure`) -> its options
            object; raises `pydantic.ValidationError`.
        origins: The origins a policy may let it scan; another one in `scan` is a mistake.
        reads: The kinds of segments it can read.
        trusts: Whether it leaves out the texts that a policy lists as trusted.
        reports: Options -> the categories that they let it report; None where that is all of them.
        levels: Options -> the numbers above the lowest that it can report with them; None where that is any.
        misfits: Options and the api-version of its service -> what of them that version does not know.
        asked: Its options object -> those options its evidence depends on, for decision records: plain JSON, without
            values that could be content. None where that is all of them.
        recast: What evidence given under some options says about others.
    """

    name: str
    service: str
    categories: frozenset[str]
    measure: Measure | None
    spans: bool
    scan: frozenset[Origin]
    parse_options: Callable[[Mapping[str, Any]], Any]
    origins: frozenset[Origin] = frozenset(Origin)
    reads: frozenset[Kind] = frozenset({Kind.TEXT})
    trusts: bool = False
    reports: Callable[[Any], frozenset[str]] | None = None
    levels: Callable[[Any], tuple[float, ...]] | None = None
    misfits: Callable[[Any, str], Iterable[Misfit]] | None = None
    asked: Callable[[Any], Options] | None = None
    recast: Recaster = only_the_same
