"""What each gateway's dialect costs beside `/check`, as ratios within one run."""

import asyncio
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bench.costs import SHIPPED, Load
from bench.load import Timing, drive
from bench.processes import Child, child, free_ports
from bench.service import KEY, settings_file
from guardrails.gateways.peer import Play
from guardrails.gateways.peers import PEERS
from guardrails.gateways.samples import CLEAN

_CHECK: Final = ("/check", {"messages": [{"role": "user", "content": CLEAN}]})
_WARM: Final = 200


def measure(load: Load) -> list[dict[str, Any]]:
    """A row for each gateway: a clean call of its own, and the same text at `/check`, in turns."""
    azure_port, port = free_ports(2)
    azure, url = f"http://127.0.0.1:{azure_port}", f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        config = settings_file(Path(folder), azure, port, SHIPPED)
        with (
            child(["bench", "--serve", "azure", "--port", str(azure_port)], azure, {}),
            child(["guardrails", "serve", "--config", str(config)], url, {"BENCH_KEY": KEY}) as service,
        ):
            return [_row(peer.name, next(p for p in peer.plays if p.name == "pass"), service, load) for peer in PEERS]


def _row(name: str, play: Play, service: Child, load: Load) -> dict[str, Any]:
    theirs = (play.path, play.body)
    for asked in (_CHECK, theirs):
        _round(service, asked, replace(load, requests=_WARM))
    pairs = [(_round(service, _CHECK, load), _round(service, theirs, load)) for _ in range(load.rounds)]
    return {
        "gateway": name,
        "cpu_ms_check": round(statistics.median(a[1] for a, _ in pairs), 3),
        "cpu_ms_gateway": round(statistics.median(b[1] for _, b in pairs), 3),
        "cpu_ratio": round(statistics.median(b[1] / a[1] for a, b in pairs), 2),
        "p50_ratio": round(statistics.median(b[0].p50_ms / a[0].p50_ms for a, b in pairs), 2),
    }


def _round(service: Child, asked: tuple[str, object], load: Load) -> tuple[Timing, float]:
    path, body = asked
    before = service.cpu_ms()
    timing = asyncio.run(drive(service.url + path, body, {"api-key": KEY}, load.requests, load.at_once))
    return timing, (service.cpu_ms() - before) / load.requests
