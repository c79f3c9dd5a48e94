"""Fixtures of the emulator's tests: a session that trusts it, and bearers it accepts."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import httpx2
import openai
import pytest
from emulator.azure_paths import BODIES

from guardrails.emulator.config import COGNITIVE_AUDIENCE
from guardrails.emulator.serve import Emulator
from guardrails.emulator.tokens import access_token_claims


@pytest.fixture
async def emulator_session(emulator: Emulator) -> AsyncIterator[aiohttp.ClientSession]:
    """A session that trusts the emulator's authority and resolves paths against its address."""
    connector = aiohttp.TCPConnector(ssl=emulator.certificates.client_context())
    timeout = aiohttp.ClientTimeout(total=100)
    async with aiohttp.ClientSession(emulator.url, connector=connector, timeout=timeout) as session:
        yield session


@pytest.fixture
def make_token(emulator: Emulator) -> Callable[..., str]:
    """Mint an access token: `make_token(audience=..., lifetime=..., object_id=...)`."""

    def make(audience: str = COGNITIVE_AUDIENCE, lifetime: float = 3600, object_id: str | None = None) -> str:
        config = emulator.config
        claims = access_token_claims(
            tenant_id=config.tenant_id,
            client_id=config.client_id,
            object_id=object_id or config.object_id,
            audience=audience,
            lifetime=lifetime,
            now=time.time(),
        )
        return emulator.state.signing_key.sign(claims)

    return make


@pytest.fixture
def token(make_token: Callable[..., str]) -> str:
    """A bearer every service accepts."""
    return make_token()


@pytest.fixture
def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def post(emulator_session: aiohttp.ClientSession) -> Callable[..., Awaitable[tuple[int, Any, Any]]]:
    """Post a path's own body (or another): status, headers, decoded body. Header names with `_` for `-`."""

    async def post(path: str, body: object = None, **headers: str) -> tuple[int, Any, Any]:
        given = BODIES.get(path) if body is None else body
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with emulator_session.post(path, json=given, headers=sent) as answer:
            return answer.status, answer.headers, await answer.json()

    return post


@pytest.fixture
def authorized(post: Callable[..., Awaitable[tuple[int, Any, Any]]], token: str) -> Callable[..., Any]:
    """Post as `post` does, with a bearer every service accepts."""

    async def authorized(path: str, body: object = None, **headers: str) -> tuple[int, Any, Any]:
        return await post(path, body, Authorization=f"Bearer {token}", **headers)

    return authorized


@pytest.fixture
async def http_client(emulator) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(verify=emulator.certificates.client_context(), trust_env=False) as client:
        yield client


@pytest.fixture
def azure(emulator, http_client, token) -> openai.AsyncAzureOpenAI:
    async def provide() -> str:
        return token

    return openai.AsyncAzureOpenAI(
        azure_endpoint=emulator.url,
        api_version="2024-10-21",
        azure_ad_token_provider=provide,
        http_client=http_client,
        max_retries=0,
    )


@pytest.fixture
def v1(emulator, http_client) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=f"{emulator.url}/openai/v1/", api_key=emulator.config.api_key, http_client=http_client, max_retries=0
    )
