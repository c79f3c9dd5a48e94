"""An emulated Entra, settings that point at it, and a scripted service that misbehaves on the wire."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import ports
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from guardrails.azure.client import AzureClient
from guardrails.azure.secrets import SecretReader
from guardrails.azure.session import Sessions, open_sessions
from guardrails.azure.target import Target
from guardrails.azure.token_slot import Timing
from guardrails.azure.tokens import TokenProvider
from guardrails.emulator.serve import Emulator
from guardrails.settings.schema import Settings

SCOPE = "https://cognitiveservices.azure.com/.default"
QUICK = Timing(margin=0.2, first_pause=0.05, longest_pause=0.2, remember_failure=30, between_drops=30)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Heard:
    """An observer that remembers."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[tuple[str, str]] = field(default_factory=list)

    def call_finished(self, service: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.calls.append((service, outcome))

    def token_fetched(self, credential: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.tokens.append((credential, outcome))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def make_settings(emulator: Emulator) -> Callable[..., Settings]:
    def make(credentials: Mapping[str, Any] | None = None, **azure: Any) -> Settings:
        told = emulator.settings()
        corp = {
            "type": "client_secret",
            "tenant_id": told["tenant_id"],
            "client_id": told["client_id"],
            "client_secret": {"env": "SECRET"},
        }
        key = {"type": "api_key", "key": {"env": "KEY"}}
        return Settings.model_validate(
            {
                "credentials": {"corp": corp, "legacy": key, **(credentials or {})},
                "callers": {},
                "policies": "policies",
                "azure": {
                    "authority": told["authority"],
                    "ca_file": told["ca_file"],
                    "connect_timeout_s": 60,
                    "token_timeout_s": 60,
                    **azure,
                },
            }
        )

    return make


@pytest.fixture
async def sessions(make_settings: Callable[..., Settings]) -> AsyncIterator[Sessions]:
    async with open_sessions(make_settings().azure) as opened:
        yield opened


@pytest.fixture
def env(emulator: Emulator) -> dict[str, str]:
    return {"SECRET": emulator.config.client_secret, "KEY": emulator.config.api_key}


@pytest.fixture
async def make_provider(
    make_settings: Callable[..., Settings], sessions: Sessions, env: dict[str, str], heard: Heard
) -> AsyncIterator[Callable[..., TokenProvider]]:
    made: list[TokenProvider] = []

    def make(credentials: Mapping[str, Any] | None = None, *, timing: Timing = QUICK, **azure: Any) -> TokenProvider:
        configuration = make_settings(credentials, **azure)
        made.append(TokenProvider(configuration, SecretReader(env), sessions.checks, heard, timing))
        return made[-1]

    yield make
    for provider in made:
        await provider.close()


@pytest.fixture
def provider(make_provider: Callable[..., TokenProvider]) -> TokenProvider:
    return make_provider()


@pytest.fixture
def posts(emulator: Emulator) -> Callable[[], int]:
    """How many token requests have ended at Entra."""
    return lambda: len(emulator.state.journal.of("entra"))


@pytest.fixture
def target() -> Target:
    return Target("content_safety", "https://unused.localhost", "corp", SCOPE)


@dataclass
class Service:
    """A scripted service: handlers answer in turn, the last one for ever; what came is remembered."""

    url: str = ""
    script: list[Handler] = field(default_factory=list)
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    peers: list[object] = field(default_factory=list)
    gone: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        self.peers.append(request.transport.get_extra_info("peername") if request.transport else None)
        self.bodies.append(await request.read())
        handler = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        try:
            return await handler(request)
        except asyncio.CancelledError:
            self.gone += 1
            raise

    def says(self, *answers: tuple[int, object] | tuple[int, object, dict[str, str]] | Handler) -> None:
        """Set the script; a tuple is status, JSON body and headers."""
        self.script = [answer if callable(answer) else _fixed(*answer) for answer in answers]

    @property
    def target(self) -> Target:
        return Target("content_safety", self.url, "corp", SCOPE, timeout_s=60)

    @property
    def keyed(self) -> Target:
        return Target("content_safety", self.url, "legacy", SCOPE, timeout_s=60)


def _fixed(status: int, body: object, headers: dict[str, str] | None = None) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return handler


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    scripted = Service()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", scripted.answer)
    async with TestServer(app) as server:
        scripted.url = str(server.make_url("")).rstrip("/")
        yield scripted


@pytest.fixture
def closed_port() -> Iterator[str]:
    """An address where nobody listens."""
    with ports.closed_port() as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def client(sessions: Sessions, provider: TokenProvider, heard: Heard) -> AzureClient:
    return AzureClient(sessions.checks, provider, heard, max_answer_bytes=1024 * 1024)
