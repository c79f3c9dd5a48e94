"""A bounded number of requests, a fixed number at a time, and what they took."""

import asyncio
import json
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import aiohttp


@dataclass(frozen=True, slots=True)
class Timing:
    """Latencies of one run in milliseconds, and its throughput per second."""

    p50_ms: float
    p99_ms: float
    per_second: float


async def drive(url: str, body: object, headers: Mapping[str, str], requests: int, at_once: int) -> Timing:
    """POST `body`, as JSON where it is not bytes already, to `url` `requests` times, `at_once` in flight.

    Raises:
        RuntimeError: an answer was not 200: a benchmark of errors says nothing.
    """
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    work = _Work(url, sent, {"Content-Type": "application/json", **headers}, iter(range(requests)), [])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        started = time.perf_counter()
        await asyncio.gather(*(_worker(session, work) for _ in range(at_once)))
        elapsed = time.perf_counter() - started
    quantiles = statistics.quantiles(work.latencies, n=100)
    return Timing(quantiles[49] * 1000, quantiles[98] * 1000, requests / elapsed)


@dataclass(frozen=True, slots=True)
class _Work:
    url: str
    body: bytes
    headers: Mapping[str, str]
    left: Iterator[int]
    latencies: list[float]


async def _worker(session: aiohttp.ClientSession, work: _Work) -> None:
    for _ in work.left:
        started = time.perf_counter()
        async with session.post(work.url, data=work.body, headers=work.headers) as response:
            answer = await response.read()
            if response.status != 200:  # noqa: PLR2004 - HTTP's OK
                raise RuntimeError(f"{work.url} answered {response.status}: {answer[:500]!r}")
        work.latencies.append(time.perf_counter() - started)
