"""What a request costs, as ratios to the least a guard could do."""

import asyncio
import statistics
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.load import Timing, drive
from bench.processes import Child, child, free_ports
from bench.service import KEY, settings_file

SHIPPED = Path(__file__).parent.parent / "deploy" / "policies"
TEXT = "Please summarise the quarterly report for the board in three sentences. " * 8
BODIES: dict[str, object] = {
    "/check": {"messages": [{"role": "user", "content": TEXT}]},
    "/guarded-chat": {"model": "gpt-4o", "messages": [{"role": "user", "content": TEXT}]},
}


@dataclass(frozen=True, slots=True)
class Load:
    """Requests of one round, how many are in flight, and how often the servers take turns."""

    requests: int
    at_once: int
    rounds: int


def measure(load: Load) -> list[dict[str, Any]]:
    """A row for each door."""
    azure_port, bare_port, port = free_ports(3)
    azure = f"http://127.0.0.1:{azure_port}"
    with tempfile.TemporaryDirectory() as folder:
        config = settings_file(Path(folder), azure, port, SHIPPED)
        with (
            child(["bench", "--serve", "azure", "--port", str(azure_port)], azure, {}),
            child(
                ["bench", "--serve", "bare", "--port", str(bare_port), "--azure", azure],
                f"http://127.0.0.1:{bare_port}",
                {},
            ) as least,
            child(
                ["guardrails", "serve", "--config", str(config)], f"http://127.0.0.1:{port}", {"BENCH_KEY": KEY}
            ) as ours,
        ):
            return [_row(door, least, ours, load) for door in BODIES]


def _row(door: str, least: Child, ours: Child, load: Load) -> dict[str, Any]:
    for server in (least, ours):
        _round(server, door, replace(load, requests=max(200, load.requests // 5)))
    pairs = [(_round(least, door, load), _round(ours, door, load)) for _ in range(load.rounds)]
    cpu_ratio = statistics.median(b[1] / a[1] for a, b in pairs)
    latency_ratio = statistics.median(b[0].p50_ms / a[0].p50_ms for a, b in pairs)
    return {
        "door": door,
        "cpu_ms_bare": round(statistics.median(a[1] for a, _ in pairs), 3),
        "cpu_ms_service": round(statistics.median(b[1] for _, b in pairs), 3),
        "cpu_ratio": round(cpu_ratio, 2),
        "p50_ms_bare": round(statistics.median(a[0].p50_ms for a, _ in pairs), 2),
        "p50_ms_service": round(statistics.median(b[0].p50_ms for _, b in pairs), 2),
        "p50_ratio": round(latency_ratio, 2),
        "p99_ms_service": round(statistics.median(b[0].p99_ms for _, b in pairs), 2),
        "per_second_service": round(statistics.median(b[0].per_second for _, b in pairs)),
        "peak_mib_service": round(ours.peak_mib()),
    }


def _round(server: Child, door: str, load: Load) -> tuple[Timing, float]:
    before = server.cpu_ms()
    timing = asyncio.run(drive(server.url + door, BODIES[door], {"api-key": KEY}, load.requests, load.at_once))
    return timing, (server.cpu_ms() - before) / load.requests
