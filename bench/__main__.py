"""`make bench`: what the service costs, in one run, as ratios to the least a guard could do; and a replay's time.

Absolute figures are one machine's on one day; the ratios are what to compare.
"""

import argparse
import asyncio
import hashlib
import json
import socket
import statistics
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web

from bench import bare, fake_azure, replay
from bench.load import Timing, drive
from bench.processes import Child, child

_PARTS = ("service", "replay")
KEY = "bench-key"
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


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=_PARTS, help="what to measure; both when absent")
    parser.add_argument("--records", type=int, default=1_000_000, help="records of the replay, 3 kB each")
    parser.add_argument("--requests", type=int, default=1500, help="counted requests of each round")
    parser.add_argument("--at-once", type=int, default=16, help="requests in flight")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the two servers take turns")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--serve", choices=["azure", "bare"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--azure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        app = fake_azure.create() if options.serve == "azure" else bare.create(options.azure)
        web.run_app(app, host="127.0.0.1", port=options.port, access_log=None, print=None)
        return 0
    parts = _PARTS if options.what is None else (options.what,)
    told: dict[str, list[dict[str, object]]] = {}
    if "service" in parts:
        told["service"] = _measure(Load(options.requests, options.at_once, options.rounds))
    if "replay" in parts:
        told["replay"] = [replay.measure(options.records)]
    print(json.dumps(told, indent=2) if options.json else "\n\n".join(map(_table, told.values())))
    return 0


def _measure(load: Load) -> list[dict[str, object]]:
    azure_port, bare_port, port = _free_ports(3)
    azure = f"http://127.0.0.1:{azure_port}"
    with tempfile.TemporaryDirectory() as folder:
        config = _settings(Path(folder), azure, port)
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


def _row(door: str, least: Child, ours: Child, load: Load) -> dict[str, object]:
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


def _settings(folder: Path, azure: str, port: int) -> Path:
    service = {"endpoint": azure, "credential": "key"}
    settings = {
        "server": {"port": port},
        "credentials": {"key": {"type": "api_key", "key": {"env": "BENCH_KEY"}}},
        "services": {"content_safety": service, "prompt_shield": service, "language": service},
        "accounts": {"fake": service},
        "models": {"gpt-4o": {"account": "fake", "deployment": "gpt-4o"}},
        "callers": {"bench": {"key_sha256": hashlib.sha256(KEY.encode()).hexdigest(), "policies": ["default"]}},
        "policies": str(Path(__file__).parent.parent / "deploy" / "policies"),
        "telemetry": {"decisions": str(folder / "decisions.jsonl")},
    }
    file = folder / "guardrails.yaml"
    file.write_text(json.dumps(settings), encoding="utf-8")
    return file


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


def _table(rows: list[dict[str, object]]) -> str:
    names = list(rows[0])
    lines = [[str(row[name]) for row in rows] for name in names]
    width = max(map(len, names))
    return "\n".join(
        f"{name:<{width}}  " + "  ".join(f"{cell:>14}" for cell in cells)
        for name, cells in zip(names, lines, strict=True)
    )


if __name__ == "__main__":
    sys.exit(main())
