"""The whole service on loopback, in front of an emulator: real servers, real TLS, real files."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web
from replaying import assert_records_hold

from guardrails.azure.secrets import SecretReader
from guardrails.emulator.serve import Emulator
from guardrails.server.app import create_app
from guardrails.server.prepare import prepare

SHIPPED = Path(__file__).parent.parent / "deploy" / "policies"
KEY = "gateway-test-key"
STRICT_KEY = "strict-only-test-key"

POLICY_DEFAULTS = {"version": 1, "deadline_ms": 30_000}
PLACEHOLDER_KEYS = {"PLACEHOLDER_KEY": "the current key of placeholders, for tests"}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Service:
    url: str
    session: aiohttp.ClientSession
    emulator: Emulator
    decisions_file: Path

    async def post(self, path: str, body: Any = None, *, key: str | None = KEY, **options: Any) -> Answer:
        return await self.send("POST", path, body, key=key, **options)

    async def send(self, method: str, path: str, body: Any = None, *, key: str | None = KEY, **options: Any) -> Answer:
        headers = {"api-key": key} if key is not None else {}
        headers |= options.pop("headers", {})
        if body is not None:
            options["json"] = body
        async with self.session.request(method, self.url + path, headers=headers, **options) as response:
            return await _answer(response)

    async def get(self, path: str, *, key: str | None = KEY, **options: Any) -> Answer:
        headers = {"api-key": key} if key is not None else {}
        async with self.session.get(self.url + path, headers=headers, **options) as response:
            return await _answer(response)

    def calls(self, service: str) -> int:
        """How many calls the emulator got for a service: entra, language, content_safety, prompt_shield, chat."""
        return sum(call.service == service for call in self.emulator.state.journal)

    def decisions(self) -> list[dict[str, Any]]:
        if not self.decisions_file.exists():
            return []
        return [json.loads(line) for line in self.decisions_file.read_text().splitlines()]


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    raw = await response.read()
    is_json = "json" in response.headers.get("Content-Type", "")
    return Answer(response.status, response.headers, json.loads(raw) if is_json and raw else raw.decode())


def settings_for(emulator: Emulator, folder: Path, policies: Path, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a service in front of this emulator; `changes` replace whole sections."""
    told = emulator.settings()
    endpoint = {"endpoint": emulator.url, "credential": "corp", "timeout_s": 30}
    names = sorted(path.stem for path in policies.iterdir() if path.suffix in {".yaml", ".yml"})
    return {
        "server": {"port": 0},
        "credentials": {
            "corp": {
                "type": "client_secret",
                "tenant_id": told["tenant_id"],
                "client_id": told["client_id"],
                "client_secret": {"env": "SECRET"},
            },
        },
        "services": {"content_safety": endpoint, "prompt_shield": endpoint, "language": endpoint},
        "accounts": {"aoai": endpoint},
        "models": {
            "gpt-4o": {"account": "aoai", "deployment": "gpt-4o"},
            "phi-4": {"kind": "foundry", "deployment": "Phi-4", **endpoint},
        },
        "callers": {
            "gateway": {"key_sha256": _hash(KEY), "policies": names},
            "orders": {"key_sha256": _hash(STRICT_KEY), "policies": [names[-1]]},
        },
        "policies": str(policies),
        "placeholders": {"keys": [{"env": name} for name in PLACEHOLDER_KEYS]},
        "azure": {
            "authority": emulator.url,
            "ca_file": str(emulator.ca_file),
            "connect_timeout_s": 20,
            "token_timeout_s": 30,
        },
        "telemetry": {"decisions": str(folder / "decisions.jsonl")},
        **changes,
    }


@asynccontextmanager
async def open_service(
    emulator: Emulator,
    folder: Path,
    *,
    policies: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    secret: str | None = None,
) -> AsyncIterator[Service]:
    """Run the service until the block ends. `policies` are documents by name; absent, the shipped ones.

    Deadlines and limits of time are long unless they are given, so that only what is meant to be late is late.
    """
    policy_folder = SHIPPED
    if policies is not None:
        policy_folder = folder / "policies"
        policy_folder.mkdir()
        for name, document in policies.items():
            (policy_folder / f"{name}.yaml").write_text(yaml.safe_dump({**POLICY_DEFAULTS, "policy": name, **document}))
    document = settings_for(emulator, folder, policy_folder, settings or {})
    config = folder / "guardrails.yaml"
    config.write_text(yaml.safe_dump(document))
    prepared = await asyncio.to_thread(prepare, config, {})
    env = {"SECRET": secret or emulator.settings()["client_secret"], **PLACEHOLDER_KEYS}
    decisions = folder / "decisions.jsonl"
    app = create_app(prepared, SecretReader(env))
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        timeout = aiohttp.ClientTimeout(total=40)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield Service(f"http://127.0.0.1:{site.port}", session, emulator, decisions)
    finally:
        await runner.cleanup()
    if decisions.is_file():
        assert_records_hold(map(json.loads, decisions.read_text().splitlines()), prepared.bundle.policies)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
