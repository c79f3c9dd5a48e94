"""Runs the benchmark of streams: a slow Azure, the service in front of it, and callers."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from bench import streams
from bench.processes import Child, child, free_ports
from bench.service import settings_file
from bench.slow_azure import CHECK_S
from bench.streams import KEY, POLICIES, Way

CHAT = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"


def measure(at_once: int) -> dict[str, list[dict[str, Any]]]:
    """Tables by name. Takes some two minutes."""
    azure_port, port = free_ports(2)
    azure, url = f"http://127.0.0.1:{azure_port}", f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        policies = folder / "policies"
        policies.mkdir()
        for policy in POLICIES:
            (policies / f"{policy}.yaml").write_text(json.dumps(streams.policy(policy)), encoding="utf-8")
        config = settings_file(folder, azure, port, policies)
        with (
            child(["bench", "--serve", "slow-azure", "--port", str(azure_port)], azure, {}),
            child(["guardrails", "serve", "--config", str(config)], url, {"BENCH_KEY": KEY}) as service,
        ):
            return asyncio.run(_measured(azure, url, service, at_once))


async def _measured(azure: str, url: str, service: Child, at_once: int) -> dict[str, list[dict[str, Any]]]:
    direct = Way("direct", azure + CHAT)
    through = {name: Way(name, url + CHAT, name) for name in POLICIES}
    windows = through["windows"]
    return {
        "time to the first byte": await streams.first_bytes([direct, *through.values()], rounds=60),
        "a fast model, 500 tokens, one each 5 ms": await streams.gaps([direct, windows], 4, 500, 5),
        "a slow model, 200 tokens, one each 20 ms": await streams.gaps([direct, windows], 3, 200, 20),
        "an early call for a prompt that is then edited": [await streams.repeated(direct, CHECK_S, 40)],
        "streams at once": [await streams.memory(service, windows, at_once, 120, 250)],
        "beside callers that do not read": [await streams.beside_a_slow_reader(service, windows, 50, 5)],
    }
