"""What checks saw in texts before, so that a policy with `history: new` asks about each text once.

Evidence is kept, never a text and never a verdict: every decision is made anew, under the policy of now. Whatever goes
wrong with the store is a text that has to be asked about.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import structlog

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Segment
from guardrails.domain.deadline import Deadline
from guardrails.domain.finding import Finding
from guardrails.pipeline.aside import aside, weight
from guardrails.pipeline.reports import together
from guardrails.pipeline.sealing import Context, Forged, Sealer
from guardrails.policy.policy import CheckPlan
from guardrails.store.store import Store, Trouble
from guardrails.telemetry.metrics import VERSION

RECALL_SHARE: Final = 0.2
"""The share of what is left of a deadline that remembering may take: the rest is for asking."""

KEEP_S: Final = 0.1
"""How long keeping what was seen may hold a report up. Less than the grace that checks have after their deadline."""

LOG_EVERY_S: Final = 60.0
"""Forged entries are told once a minute, however many there are."""

_log = structlog.get_logger(__name__)

Ask = Callable[[Inspection], Awaitable[CheckReport]]
"""Has a check judge an inspection."""


class CacheCounter(Protocol):
    """Told how the cache does. Telemetry implements it."""

    def cache_asked(self, check: str, hits: int, misses: int) -> None:
        """So many texts of a check were found, and so many were not."""

    def cache_troubled(self, reason: str) -> None:
        """The store could not be used, or held what none of us has written."""


class VerdictCache:
    """Remembers evidence in a store.

    Args:
        store: Where it is kept. It raises nothing (`guardrails.store.resting`).
        key: What entries are named and sealed with, 32 bytes or more.
        judges: For each check, what answers for it: its endpoint and api-version. A check without is not remembered.
        ttl_s: Seconds that evidence is good for.
        counter: Told of hits, misses and trouble.
    """

    def __init__(self, store: Store, key: bytes, judges: Mapping[str, str], ttl_s: int, counter: CacheCounter) -> None:
        self._store = store
        self._sealer = Sealer(key)
        self._judges = judges
        self._ttl_s = ttl_s
        self._counter = counter
        self._silent_until = float("-inf")

    async def recall(self, inspection: Inspection) -> "Recall":
        """What is remembered of an inspection; each of its texts is hashed here, once."""
        return Recall(self, inspection, await aside(weight(inspection), _digests, inspection.segments))

    def context(self, plan: CheckPlan, caller: str) -> Context | None:
        """What names of a check's entries begin with; None where nothing of it may be kept."""
        judge, options = self._judges.get(plan.name), _told(plan.options)
        if judge is None or options is None:
            return None
        return self._sealer.context(VERSION, caller, plan.name, judge, options)

    async def seen(
        self, check: str, names: Collection[bytes], deadline: Deadline
    ) -> Mapping[bytes, tuple[Finding, ...]]:
        """What is remembered under these names."""
        asked = tuple(names)
        values: Sequence[bytes | None] = [None] * len(asked)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, deadline.remaining()) * RECALL_SHARE):
                values = await self._store.get_many(asked)
        kept = [(name, value) for name, value in zip(asked, values, strict=True) if value is not None]
        size = sum(len(value) for _, value in kept)
        found, forged = await aside(size, _opened, self._sealer, kept, time.time())
        self._tell_forged(forged)
        self._counter.cache_asked(check, len(found), len(asked) - len(found))
        return found

    def _tell_forged(self, count: int) -> None:
        for _ in range(count):
            self._counter.cache_troubled(Trouble.FORGED)
        now = time.monotonic()
        if count and now >= self._silent_until:
            self._silent_until = now + LOG_EVERY_S
            _log.warning("cache_entries_forged", count=count)

    async def keep(self, read: Mapping[bytes, Sequence[Finding]]) -> None:
        """Remember what was seen in texts that were read to their end."""
        until = int(time.time()) + self._ttl_s
        size = 100 * sum(len(findings) for findings in read.values())
        values = await aside(size, _sealed, self._sealer, read, until)
        if values:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KEEP_S):
                    await self._store.put_many(values, self._ttl_s)


class Recall:
    """One inspection, and what is remembered of its texts."""

    def __init__(self, cache: VerdictCache, inspection: Inspection, digests: Mapping[str, bytes]) -> None:
        self._cache = cache
        self._caller = inspection.caller
        self._language = b"" if inspection.language is None else b"=" + inspection.language.encode()
        self._digests = digests

    async def inspect(self, plan: CheckPlan, narrowed: Inspection, deadline: Deadline, ask: Ask) -> CheckReport:
        """Report what a check sees: of texts it has seen before from memory, of the others by asking it.

        Args:
            plan: How the policy uses the check.
            narrowed: The segments it may read, all of the inspection that was recalled.
            deadline: That of the check.
            ask: Has the check judge what is not remembered; may raise, which leaves no memory.
        """
        context = self._cache.context(plan, self._caller)
        if context is None or not narrowed.segments:
            return await ask(narrowed)
        started = time.perf_counter()
        names = await aside(weight(narrowed), self._names, context, narrowed.segments)
        seen = await self._cache.seen(plan.name, set(names.values()), deadline)
        rest = tuple(segment for segment in narrowed.segments if names[segment.pointer] not in seen)
        remembered = _report(plan.name, narrowed.segments, names, seen)
        if rest:
            fresh = await ask(replace(narrowed, segments=rest))
            await self._cache.keep(_read(fresh, rest, names))
            remembered = together(remembered, fresh, narrowed.segments) if seen else fresh
        return replace(remembered, duration_ms=(time.perf_counter() - started) * 1000)

    def _names(self, context: Context, segments: Sequence[Segment]) -> dict[str, bytes]:
        return {
            segment.pointer: context.name(
                segment.origin.encode(), segment.kind.encode(), self._language, self._digests[segment.text]
            )
            for segment in segments
        }


def _digests(segments: Sequence[Segment]) -> dict[str, bytes]:
    return {
        text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        for text in {segment.text for segment in segments}
    }


def _told(options: Any) -> str | None:  # noqa: ANN401 - each check's own
    """A check's options with all their values. What does not tell them, as a `repr` might not, is not remembered."""
    tell = getattr(options, "model_dump_json", None)
    return None if tell is None else f"{type(options).__qualname__} {tell()}"


def _report(
    check: str,
    segments: Sequence[Segment],
    names: Mapping[str, bytes],
    seen: Mapping[bytes, tuple[Finding, ...]],
) -> CheckReport:
    known = [segment for segment in segments if names[segment.pointer] in seen]
    return CheckReport(
        check,
        CheckStatus.COMPLETED,
        tuple(
            replace(finding, pointer=segment.pointer) for segment in known for finding in seen[names[segment.pointer]]
        ),
        cached=len({segment.text for segment in known}),
    )


def _read(report: CheckReport, segments: Sequence[Segment], names: Mapping[str, bytes]) -> dict[bytes, list[Finding]]:
    """What a completed report saw in each text that it read to its end, once for texts that are the same."""
    if report.status is not CheckStatus.COMPLETED:
        return {}
    by_pointer: dict[str, list[Finding]] = {segment.pointer: [] for segment in segments}
    for finding in report.findings:
        by_pointer[finding.pointer].append(finding)
    not_read = {names[pointer] for pointer in report.unread if pointer in names}
    return {names[pointer]: findings for pointer, findings in by_pointer.items() if names[pointer] not in not_read}


def _opened(
    sealer: Sealer, kept: Sequence[tuple[bytes, bytes]], now: float
) -> tuple[dict[bytes, tuple[Finding, ...]], int]:
    found: dict[bytes, tuple[Finding, ...]] = {}
    forged = 0
    for name, value in kept:
        try:
            seen = sealer.open(name, value, now)
        except Forged:
            forged += 1
            continue
        if seen is not None:
            found[name] = seen
    return found, forged


def _sealed(sealer: Sealer, read: Mapping[bytes, Sequence[Finding]], until: int) -> dict[bytes, bytes]:
    sealed = {name: sealer.seal(name, findings, until) for name, findings in read.items()}
    return {name: value for name, value in sealed.items() if value is not None}
