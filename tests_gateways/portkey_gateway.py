"""The real Portkey gateway as a process, and what an application sees through it."""

import asyncio
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running import KEY, Service

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "gateways" / "portkey.md"
PACKAGES = ROOT / ".gateways" / "portkey" / "node_modules"
GATEWAY = PACKAGES / "@portkey-ai" / "gateway" / "build" / "start-server.js"
STARTS_WITHIN_S = 30
BEFORE, AFTER = "before_request_hooks", "after_request_hooks"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the application got: `body` is JSON, or the text of a stream."""

    status: int
    headers: Mapping[str, str]
    body: Any

    def check(self, hooks: str) -> dict[str, Any]:
        """The outcome of our check, as Portkey tells it to the application."""
        return self.body["hook_results"][hooks][0]["checks"][0]

    def told(self, hooks: str) -> dict[str, Any] | None:
        """Our own words in it; None when there are none."""
        return (self.check(hooks)["data"] or {}).get("responseData")

    @property
    def content(self) -> str:
        """What the model said."""
        if not isinstance(self.body, str):
            return self.body["choices"][0]["message"]["content"]
        events = [json.loads(line[6:]) for line in self.body.splitlines() if line.startswith("data: {")]
        return "".join(
            choice["delta"].get("content") or ""
            for event in events
            for choice in event.get("choices", [])
            if choice.get("delta")
        )


@dataclass(frozen=True, slots=True)
class App:
    """An application in front of the gateway, with the configuration of the page."""

    portkey: str
    service: Service

    def config(self, heading: str = "The configuration") -> dict[str, Any]:
        """The JSON under a heading of the page, pointed at this service and at this emulator in place of Azure."""
        filled = documented(heading)
        for name, value in {
            "https://guardrails.example.com": self.service.url,
            "GUARDRAILS_KEY": KEY,
            "https://contoso.openai.azure.com": self.service.emulator.url,
            "AZURE_OPENAI_KEY": self.service.emulator.config.api_key,
            "http://127.0.0.1:8080": self.service.url,
            "local-demo-key": KEY,
        }.items():
            filled = filled.replace(name, value)
        return json.loads(filled)

    def webhooks(self, **changes: Any) -> dict[str, Any]:
        """The configuration with other parameters for both webhooks; None takes one away."""
        config = self.config()
        for guardrail in (*config["input_guardrails"], *config["output_guardrails"]):
            parameters = guardrail["default.webhook"] | changes
            guardrail["default.webhook"] = {name: value for name, value in parameters.items() if value is not None}
        return config

    async def ask(
        self,
        said: str,
        config: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Seen:
        """One chat completion through the gateway."""
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": said}], **options}
        return await self.post("/v1/chat/completions", body, config, headers=headers)

    async def post(
        self, path: str, body: Any, config: Mapping[str, Any] | None = None, *, headers: Mapping[str, str] | None = None
    ) -> Seen:
        config = self.config() if config is None else config
        sent = {"x-portkey-config": json.dumps(config), **(headers or {})}
        async with self.service.session.post(self.portkey + path, json=body, headers=sent) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Seen(response.status, response.headers, json.loads(text) if is_json else text)

    async def records(self, number: int) -> list[dict[str, Any]]:
        """The decision records, once there are so many; a moment later there are still no more."""
        for _ in range(400):
            if len(self.service.decisions()) >= number:
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
        found = self.service.decisions()
        assert len(found) == number, found
        return found

    def model_saw(self) -> list[Any]:
        """The bodies of all calls that reached the model."""
        return [call.body for call in self.service.emulator.state.journal.of("chat")]


def documented(heading: str) -> str:
    """The first JSON block under a heading of the page."""
    _, _, section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    found = re.search(r"```json\n(.*?)```", section, re.DOTALL)
    if found is None:
        raise LookupError(f"{PAGE.name} has no JSON under {heading!r}")
    return found[1]


def installed(package: str) -> str:
    """The version of an installed package."""
    return json.loads((PACKAGES / package / "package.json").read_text(encoding="utf-8"))["version"]


@contextmanager
def started(ca_file: Path, log_file: Path) -> Iterator[str]:
    """Run the gateway and yield its address; it trusts the authority in `ca_file`."""
    if not GATEWAY.is_file():
        raise FileNotFoundError("The Portkey gateway is not installed: run `make .gateways/portkey/.installed` first.")
    port = _free_port()
    environment = {"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(ca_file)}
    command = ["node", str(GATEWAY), f"--port={port}", "--headless"]
    with (
        log_file.open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,  # noqa: S603 (all of it is ours)
    ):
        try:
            _wait_until_it_listens(process, port, log_file)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log_file: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"The Portkey gateway did not start:\n{log_file.read_text(errors='replace')}")
