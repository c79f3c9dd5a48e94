"""An emulated Azure, two models of each kind of address, and a scripted endpoint that misbehaves."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from guardrails.azure.client import AzureClient
from guardrails.azure.secrets import SecretReader
from guardrails.azure.session import open_sessions
from guardrails.azure.tokens import TokenProvider
from guardrails.emulator.serve import Emulator
from guardrails.settings.schema import Settings
from guardrails.upstreams.catalogue import build_upstreams
from guardrails.upstreams.upstream import Upstream

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Endpoint:
    """A scripted model endpoint: handlers answer in turn, the last one for ever."""

    url: str = ""
    script: list[Handler] = field(default_factory=list)
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        self.bodies.append(await request.read())
        return await (self.script.pop(0) if len(self.script) > 1 else self.script[0])(request)

    def says(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        async def handler(_: web.Request) -> web.Response:
            return web.Response(
                body=body, status=status, headers={"Content-Type": "application/json", **(headers or {})}
            )

        self.script = [handler]


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    scripted = Endpoint()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", scripted.answer)
    async with TestServer(app) as server:
        scripted.url = str(server.make_url("")).rstrip("/")
        yield scripted


def configuration(emulator: Emulator, url: str) -> Settings:
    told = emulator.settings()
    corp: dict[str, Any] = {
        "type": "client_secret",
        "tenant_id": told["tenant_id"],
        "client_id": told["client_id"],
        "client_secret": {"env": "SECRET"},
    }
    account = {"endpoint": url, "credential": "corp"}
    foundry = {"kind": "foundry", "endpoint": url, "deployment": "Phi-4", "credential": "corp"}
    return Settings.model_validate(
        {
            "credentials": {"corp": corp, "legacy": {"type": "api_key", "key": {"env": "KEY"}}},
            "accounts": {
                "dated": account,
                "one": {**account, "api_version": "v1"},
                "keyed": {**account, "credential": "legacy"},
            },
            "models": {
                "dated": {"account": "dated", "deployment": "gpt-4o"},
                "v1": {"account": "one", "deployment": "gpt-4o"},
                "keyed": {"account": "keyed", "deployment": "gpt-4o"},
                "odd": {"account": "dated", "deployment": "a/b ?c"},
                "phi": foundry,
                "phi-v1": {**foundry, "api_version": "v1"},
                "several": {
                    "deployments": [
                        {**foundry, "priority": 2, "timeout_s": 300},
                        {"account": "dated", "deployment": "gpt-4o"},
                        {"account": "one", "deployment": "gpt-4o", "priority": 1},
                    ]
                },
                "hasty": {
                    "timeout_s": 60,
                    "deployments": [
                        {**foundry, "timeout_s": 30},
                        {"account": "dated", "deployment": "gpt-4o", "priority": 2},
                    ],
                },
                "phi-ai": {**foundry, "scope": "https://ai.azure.com/.default"},
            },
            "callers": {},
            "policies": "policies",
            "azure": {
                "authority": told["authority"],
                "ca_file": told["ca_file"],
                "connect_timeout_s": 60,
                "token_timeout_s": 60,
            },
        }
    )


@pytest.fixture
async def make_models(emulator: Emulator) -> AsyncIterator[Callable[[str], Mapping[str, Upstream]]]:
    settings = configuration(emulator, emulator.url)
    env = {"SECRET": emulator.config.client_secret, "KEY": emulator.config.api_key}
    async with open_sessions(settings.azure) as sessions:
        tokens = TokenProvider(settings, SecretReader(env), sessions.checks)
        yield lambda url: build_upstreams(configuration(emulator, url), AzureClient(sessions.chat, tokens))
        await tokens.close()


@pytest.fixture
def models(make_models: Callable[[str], Mapping[str, Upstream]], emulator: Emulator) -> Mapping[str, Upstream]:
    """The models, at the emulator."""
    return make_models(emulator.url)


@pytest.fixture
def scripted(make_models: Callable[[str], Mapping[str, Upstream]], endpoint: Endpoint) -> Mapping[str, Upstream]:
    """The models, at the scripted endpoint."""
    return make_models(endpoint.url)
