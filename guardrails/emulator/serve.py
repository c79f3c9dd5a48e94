"""Running the emulator on loopback, over TLS."""

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from aiohttp import web

from guardrails.emulator.app import create_emulator
from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.state import STATE, EmulatorState
from guardrails.emulator.tls import HOST_NAMES, Certificates
from guardrails.emulator.tokens import SigningKey

LOOPBACK: Final = "127.0.0.1"
SHUTDOWN_SECONDS: Final = 1.0
BACKLOG: Final = 1024


@dataclass(frozen=True, slots=True)
class EmulatorKeys:
    """What is slow to make and can be shared by many emulators of one process."""

    signing: SigningKey = field(repr=False)
    certificates: Certificates = field(repr=False)

    @classmethod
    def generate(cls, *names: str) -> Self:
        """Make both: CPU and temporary files, so not on an event loop.

        The certificate is good for loopback and `emulator.localhost`, and for `names` besides.
        """
        return cls(SigningKey.generate(), Certificates.generate(tuple(dict.fromkeys((*HOST_NAMES, *names)))))


class Emulator:
    """An emulator that listens while its context is entered.

    `url` is `https://localhost:PORT`, `ca_file` the PEM file of the authority clients must trust (given, or a
    temporary one that goes with the emulator), `state` what it remembers. With `managed_identity=True` a second,
    plain HTTP listener plays the managed identity endpoints, which the SDKs call without TLS: `identity_url`.
    `name` is what clients call the host in `url` (in a container network: the container's name); keys that are given
    must be made for it.

    Raises:
        OSError: on entering, when the port is taken.
    """

    def __init__(
        self,
        config: EmulatorConfig | None = None,
        *,
        port: int = 0,
        host: str = LOOPBACK,
        name: str = "localhost",
        keys: EmulatorKeys | None = None,
        ca_file: Path | None = None,
        managed_identity: bool = False,
    ) -> None:
        self.config = config or EmulatorConfig()
        self._port = port
        self._host = host
        self._name = name
        self._keys = keys
        self._given_ca_file = ca_file
        self._ca_file: Path | None = None
        self._managed_identity = managed_identity
        self._stack = contextlib.AsyncExitStack()
        self._app: web.Application | None = None
        self.url = ""
        self.identity_url: str | None = None

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            if self._keys is None:
                self._keys = await asyncio.to_thread(EmulatorKeys.generate, self._name)
            context = await asyncio.to_thread(self._keys.certificates.server_context)
            ca_file = await self._write_ca(stack)
            app = create_emulator(self.config, self._keys.signing)
            runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            site = web.TCPSite(runner, self._host, self._port, ssl_context=context, backlog=BACKLOG)
            await site.start()
            self.url = f"https://{self._name}:{site.port}"
            if self._managed_identity:
                plain = web.TCPSite(runner, self._host, 0)
                await plain.start()
                self.identity_url = f"http://{self._host}:{plain.port}"
            self._app, self._ca_file = app, ca_file
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._app = self._ca_file = None
        await self._stack.aclose()

    @property
    def state(self) -> EmulatorState:
        """What the emulator remembers; only while it runs."""
        if self._app is None:
            raise RuntimeError("the emulator is not running: enter its context first")
        return self._app[STATE]

    @property
    def ca_pem(self) -> bytes:
        """The certificate authority in PEM."""
        return self._ready_keys.certificates.ca_pem

    @property
    def ca_file(self) -> Path:
        """The file that holds `ca_pem`."""
        if self._ca_file is None:
            raise RuntimeError("the emulator is not running: enter its context first")
        return self._ca_file

    @property
    def certificates(self) -> Certificates:
        """The authority and the server's certificate, for a client's `ssl.SSLContext`."""
        return self._ready_keys.certificates

    @property
    def _ready_keys(self) -> EmulatorKeys:
        if self._keys is None:
            raise RuntimeError("the emulator is not running: enter its context first")
        return self._keys

    def settings(self) -> dict[str, Any]:
        """Describe the emulated subscription as plain data, to build a client's configuration from.

        Keys: `authority`, `scope`, `ca_file`, `tenant_id`, `client_id`, `client_secret`, `api_key`, `endpoints` (one
        for each of language, content_safety, prompt_shield, azure_openai, foundry), `api_versions` (a working one
        for each of language, content_safety, prompt_shield, azure_openai, foundry), `deployments` (name to `kind`
        and `model`), `identity_url` (None without managed identity).
        """
        config = self.config
        services = ("language", "content_safety", "prompt_shield", "azure_openai", "foundry")
        return {
            "authority": self.url,
            "scope": f"{config.audiences[0]}/.default",
            "ca_file": str(self.ca_file),
            "tenant_id": config.tenant_id,
            "client_id": config.client_id,
            "client_secret": config.client_secret,
            "api_key": config.api_key,
            "endpoints": dict.fromkeys(services, self.url),
            "api_versions": {
                "language": "2025-11-01",
                "content_safety": "2024-09-01",
                "prompt_shield": "2024-09-01",
                "azure_openai": "2024-10-21",
                "foundry": "2024-05-01-preview",
            },
            "deployments": {
                deployment.name: {"kind": deployment.kind, "model": deployment.model}
                for deployment in config.deployments
            },
            "identity_url": self.identity_url,
        }

    async def _write_ca(self, stack: contextlib.AsyncExitStack) -> Path:
        path = self._given_ca_file
        if path is None:
            folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="emulator-ca-")
            stack.push_async_callback(asyncio.to_thread, folder.cleanup)
            path = Path(folder.name) / "ca.pem"
        await asyncio.to_thread(path.write_bytes, self.ca_pem)
        return path
