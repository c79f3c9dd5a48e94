"""The service as benchmarks run it: keys instead of Entra, one model, everything on loopback."""

import hashlib
import json
from pathlib import Path

KEY = "bench-key"


def settings_file(folder: Path, azure: str, port: int, policies: Path) -> Path:
    """Write the settings of a service on `port` in front of `azure`."""
    service = {"endpoint": azure, "credential": "key"}
    names = sorted(path.stem for path in policies.glob("*.yaml"))
    settings = {
        "server": {"port": port},
        "credentials": {"key": {"type": "api_key", "key": {"env": "BENCH_KEY"}}},
        "services": {"content_safety": service, "prompt_shield": service, "language": service},
        "accounts": {"fake": service},
        "models": {"gpt-4o": {"account": "fake", "deployment": "gpt-4o"}},
        "callers": {"bench": {"key_sha256": hashlib.sha256(KEY.encode()).hexdigest(), "policies": names}},
        "policies": str(policies),
        "telemetry": {"decisions": str(folder / "decisions.jsonl")},
    }
    file = folder / "guardrails.yaml"
    file.write_text(json.dumps(settings), encoding="utf-8")
    return file
