"""What a stream costs: time to the first byte, gaps, memory of 500 at once, and a caller that reads slowly.

The stand-in's checks take 20 ms each and its model 60 ms to the first token. Everything is measured against calling
that model directly, in the same run.
"""

import asyncio
import socket
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import aiohttp

from bench.processes import Child

KEY: Final = "bench-key"
PROMPT: Final = "Please summarise the quarterly report for the board in three sentences. " * 8

_CHECKS: Final = {"prompt_shield": {}, "content_safety": {}, "pii": {"categories": ["Email", "CreditCardNumber"]}}
_INPUT: Final = [
    {"id": "attack", "stage": "input", "check": "prompt_shield", "action": "block"},
    {"id": "harm", "stage": "input", "check": "content_safety", "at_least": 4, "action": "block"},
    {"id": "card", "stage": "input", "check": "pii", "action": "block"},
]
_OUTPUT: Final = [
    {"id": "harm-out", "stage": "output", "check": "content_safety", "at_least": 4, "action": "block"},
    {"id": "card-out", "stage": "output", "check": "pii", "action": "redact"},
]
POLICIES: Final[dict[str, dict[str, Any]]] = {
    "beside": {"rules": _INPUT, "chat": {"start_model": "with_checks"}},
    "after": {"rules": _INPUT},
    "windows": {"rules": [*_INPUT, *_OUTPUT]},
}
"""Judged at stage input only, beside the model or before it; and in windows of 800 with 200 held back, the default."""


def policy(name: str) -> dict[str, Any]:
    """A policy of the benchmark, as its file would be."""
    return {"version": 1, "policy": name, "deadline_ms": 10_000, "checks": _CHECKS, **POLICIES[name]}


@dataclass(frozen=True, slots=True)
class Heard:
    """One stream as its caller heard it, in milliseconds: first byte, the pauses between pieces, and its end."""

    first_ms: float
    gaps_ms: Sequence[float]
    total_ms: float


@dataclass(frozen=True, slots=True)
class Way:
    """How a model is called: directly, or through the service under a policy."""

    name: str
    url: str
    policy: str | None = None

    def headers(self) -> dict[str, str]:
        """The key, and the policy to be judged under."""
        return {"api-key": KEY} | ({"x-guardrails-policy": self.policy} if self.policy else {})


async def hear(session: aiohttp.ClientSession, way: Way, tokens: int, every_ms: int) -> Heard:
    """Take a stream as fast as it comes."""
    started = time.perf_counter()
    async with session.post(way.url, json=_body(tokens, every_ms), headers=way.headers()) as response:
        if response.status != 200:  # noqa: PLR2004 - HTTP's OK
            raise RuntimeError(f"{way.url} answered {response.status}: {(await response.read())[:300]!r}")
        moments = [
            (time.perf_counter() - started) * 1000 async for data in response.content.iter_any() if b"data: {" in data
        ]
    pauses = [after - before for before, after in pairwise(moments)]
    return Heard(moments[0], pauses, (time.perf_counter() - started) * 1000)


async def first_bytes(ways: Sequence[Way], rounds: int) -> list[dict[str, object]]:
    """The time to the first byte of each way; the ways take turns, so that all see the same machine."""
    heard: dict[str, list[float]] = {way.name: [] for way in ways}
    async with _session() as session:
        for number in range(rounds + 10):
            for way in ways:
                first = (await hear(session, way, tokens=3, every_ms=1)).first_ms
                if number >= 10:  # noqa: PLR2004 - the first ones open connections
                    heard[way.name].append(first)
    direct = statistics.median(heard[ways[0].name])
    return [
        {
            "way": name,
            "first_byte_p50_ms": round(statistics.median(times), 2),
            "first_byte_p95_ms": round(statistics.quantiles(times, n=20)[18], 2),
            "added_p50_ms": round(statistics.median(times) - direct, 2),
        }
        for name, times in heard.items()
    ]


async def gaps(ways: Sequence[Way], rounds: int, tokens: int, every_ms: int) -> list[dict[str, object]]:
    """How long answers are heard piece by piece: first released text, gaps, and the whole."""
    rows = []
    async with _session() as session:
        for way in ways:
            heard = [await hear(session, way, tokens, every_ms) for _ in range(rounds)]
            pauses = [gap for one in heard for gap in one.gaps_ms]
            rows.append(
                {
                    "way": way.name,
                    "first_text_p50_ms": round(statistics.median(one.first_ms for one in heard), 1),
                    "pieces": round(statistics.mean(len(one.gaps_ms) + 1 for one in heard), 1),
                    "gap_p50_ms": round(statistics.median(pauses), 1),
                    "gap_p95_ms": round(statistics.quantiles(pauses, n=20)[18], 1),
                    "gap_max_ms": round(max(pauses), 1),
                    "total_p50_ms": round(statistics.median(one.total_ms for one in heard), 1),
                }
            )
    return rows


async def repeated(direct: Way, after_s: float, rounds: int) -> dict[str, object]:
    """What repeating an early call with an edited prompt would win over asking after the checks."""
    twice: list[float] = []
    once: list[float] = []
    async with _session() as session:
        for _ in range(rounds):
            started = time.perf_counter()
            early = asyncio.create_task(hear(session, direct, 3, 1))
            await asyncio.sleep(after_s)
            early.cancel()
            await asyncio.gather(early, return_exceptions=True)
            await hear(session, direct, 3, 1)
            twice.append((time.perf_counter() - started) * 1000)
            started = time.perf_counter()
            await asyncio.sleep(after_s)
            await hear(session, direct, 3, 1)
            once.append((time.perf_counter() - started) * 1000)
    return {
        "cancelled_and_repeated_p50_ms": round(statistics.median(twice), 1),
        "asked_after_the_checks_p50_ms": round(statistics.median(once), 1),
    }


async def memory(service: Child, way: Way, streams: int, tokens: int, every_ms: int) -> dict[str, object]:
    """What `streams` streams at once hold, per stream, at the beginning and at the end of their lives."""
    async with _session() as session:
        await hear(session, way, 10, 1)
        idle = service.mib()
        tasks = [asyncio.create_task(hear(session, way, tokens, every_ms)) for _ in range(streams)]
        samples = []
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0.5)
            samples.append(service.mib())
        heard = [await task for task in tasks]
    third = max(1, len(samples) // 3)
    early, late = max(samples[:third]), max(samples[-third:])
    return {
        "streams": streams,
        "idle_mib": round(idle, 1),
        "first_third_mib": round(early, 1),
        "last_third_mib": round(late, 1),
        "kib_per_stream": round((max(samples) - idle) * 1024 / streams, 1),
        "first_text_p50_ms": round(statistics.median(one.first_ms for one in heard), 1),
        "total_p50_ms": round(statistics.median(one.total_ms for one in heard), 1),
    }


async def beside_a_slow_reader(service: Child, way: Way, slow: int, rounds: int) -> dict[str, object]:
    """How others fare while some callers have asked for long answers and do not read them."""
    async with _session() as session, _session(receive_bytes=4096) as stalled:
        alone = [await hear(session, way, 100, 5) for _ in range(rounds)]
        before = service.mib()
        opened = [await stalled.post(way.url, json=_body(200_000, 0), headers=way.headers()) for _ in range(slow)]
        await asyncio.sleep(3.0)
        beside = [await hear(session, way, 100, 5) for _ in range(rounds)]
        held = service.mib() - before
        for response in opened:
            response.close()
    return {
        "slow_readers": slow,
        "kib_per_slow_reader": round(held * 1024 / slow, 1),
        "total_p50_ms_alone": round(statistics.median(one.total_ms for one in alone), 1),
        "total_p50_ms_beside": round(statistics.median(one.total_ms for one in beside), 1),
    }


def _body(tokens: int, every_ms: int) -> dict[str, object]:
    messages = [{"role": "user", "content": PROMPT}]
    return {"model": "gpt-4o", "messages": messages, "stream": True, "max_tokens": tokens, "seed": every_ms}


@asynccontextmanager
async def _session(receive_bytes: int | None = None) -> AsyncIterator[aiohttp.ClientSession]:
    def small(address: aiohttp.AddrInfoType) -> socket.socket:
        connection = socket.socket(address[0], address[1], address[2])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes or 0)
        return connection

    timeout = aiohttp.ClientTimeout(total=120)
    connector = aiohttp.TCPConnector(limit=0, socket_factory=small if receive_bytes else None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session
