"""Decision records made by rule: the same ones every time, as alike and as different as real traffic is."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.policy.bundle import load_bundle
from guardrails.policy.coverage import coverage
from guardrails.policy.decide import decide
from guardrails.policy.policy import Policy
from guardrails.policy.select import narrow
from guardrails.telemetry.records import decision_record

POLICIES: Final = Path(__file__).parent.parent / "deploy" / "policies"
SEED: Final = 4711
SHAPES: Final = 5_000
"""Different evidence among the records; ids, times and lengths differ in each."""
_BEGAN: Final = datetime(2026, 11, 1, tzinfo=UTC)
_DOORS: Final = ("/check", "/guarded-chat", "/v1/chat/completions")
_CALLERS: Final = ("orders", "search", "support", "gateway", "intranet", "mobile")
_ID: Final = "chk_000000000000000000000000"
_TIME: Final = "2026-11-01T00:00:00.000Z"


def write(file: BinaryIO, count: int) -> None:
    """Write `count` lines."""
    shapes = list(_shapes())
    rng = random.Random(SEED)  # noqa: S311 - no secret: the same records every time
    moment = _BEGAN
    batch: list[bytes] = []
    for number in range(count):
        before, between, after = shapes[min(int(rng.expovariate(1 / 400)), SHAPES - 1)]
        moment += timedelta(milliseconds=7)
        time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
        batch.append(b"%bchk_%024x%b%b%b" % (before, number, between, time, after))
        if len(batch) == 2000:  # noqa: PLR2004 - lines of one write
            file.write(b"".join(batch))
            batch.clear()
    file.write(b"".join(batch))


def _shapes() -> Iterator[tuple[bytes, bytes, bytes]]:
    """Lines without their id and time, the commonest first."""
    rng = random.Random(SEED)  # noqa: S311 - no secret: the same records every time
    bundle = load_bundle(POLICIES, SPECS)
    default, strict = bundle.policies["default"], bundle.policies["strict"]
    for number in range(SHAPES):
        line = orjson.dumps(_record(rng, default if number % 10 else strict, number), option=orjson.OPT_APPEND_NEWLINE)
        before, after = line.split(_ID.encode())
        between, after = after.split(_TIME.encode())
        yield before, between, after


def _record(rng: random.Random, policy: Policy, number: int) -> dict[str, object]:
    stage = Stage.OUTPUT if number % 3 == 2 else Stage.INPUT  # noqa: PLR2004 - every third
    segments = tuple(_segments(rng, stage))
    inspection = Inspection(stage, rng.choice(_CALLERS), segments)
    reports = tuple(_report(rng, policy, name, inspection) for name in policy.checks)
    return decision_record(
        decision_id=_ID,
        moment=_BEGAN,
        request_id="req_000000000000000000000000",
        caller=inspection.caller,
        door=_DOORS[number % 3],
        stage=stage,
        verdict=decide(policy, inspection, reports),
        reports=reports,
        coverage=coverage(policy, inspection, reports),
        duration_ms=rng.uniform(5, 400),
        model="gpt-4o",
        asked=policy.asked,
    )


def _segments(rng: random.Random, stage: Stage) -> Iterator[Segment]:
    if stage is Stage.OUTPUT:
        yield Segment("x" * rng.randint(20, 2000), Origin.ASSISTANT, "/choices/0/message/content")
        return
    yield Segment("x" * rng.randint(100, 800), Origin.SYSTEM, "/messages/0/content")
    for turn in range(1, rng.choice((2, 2, 2, 4, 6))):
        origin = Origin.USER if turn % 2 else Origin.ASSISTANT
        yield Segment("x" * rng.randint(20, 2000), origin, f"/messages/{turn}/content")


def _report(rng: random.Random, policy: Policy, name: str, inspection: Inspection) -> CheckReport:
    read = narrow(policy.checks[name], inspection).segments
    if not read:
        return CheckReport(name, CheckStatus.SKIPPED)
    if rng.random() < 0.005:  # noqa: PLR2004 - one in two hundred
        return CheckReport(
            name, CheckStatus.FAILED, reason=rng.choice((FailureReason.DEADLINE, FailureReason.THROTTLED))
        )
    found = tuple(finding for segment in read for finding in _findings(rng, name, segment))
    return CheckReport(name, CheckStatus.COMPLETED, found, calls=len(read), duration_ms=rng.uniform(5, 300))


def _findings(rng: random.Random, name: str, segment: Segment) -> Iterator[Finding]:
    if name == "content_safety":
        for harm in ("Hate", "SelfHarm", "Sexual", "Violence"):
            yield Finding(harm, rng.choice((2, 4, 6)) if rng.random() < 0.01 else 0, segment.pointer)  # noqa: PLR2004
    elif name == "prompt_shield" and rng.random() < 0.01:  # noqa: PLR2004 - one in a hundred
        yield Finding("UserPromptAttack", None, segment.pointer)
    elif name == "pii" and rng.random() < 0.1:  # noqa: PLR2004 - one in ten
        for _ in range(rng.randint(1, 3)):
            start = rng.randint(0, len(segment.text) - 12)
            category = rng.choice(("Email", "PhoneNumber", "CreditCardNumber"))
            yield Finding(category, round(rng.uniform(0.5, 1), 2), segment.pointer, Span(start, start + 12))
