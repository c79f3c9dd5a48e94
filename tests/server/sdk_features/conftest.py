"""The same SDK class twice: directly at the emulator, and at the service in front of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from openai import AsyncAzureOpenAI, AsyncOpenAI
from running import KEY, Service, open_service
from scripted_model import ScriptedModel, scripted_model

from guardrails.emulator.config import DEFAULT_DEPLOYMENTS, Deployment, EmulatorConfig
from guardrails.emulator.serve import Emulator, EmulatorKeys

CLEAN = {
    "deadline_ms": 20_000,
    "checks": {"prompt_shield": {}, "content_safety": {}, "pii": {"categories": ["Email", "CreditCardNumber"]}},
    "rules": [
        {"id": "attack", "stage": "input", "check": "prompt_shield", "action": "block"},
        {"id": "harm", "check": "content_safety", "category": "*", "at_least": 4, "action": "block"},
        {"id": "secrets", "check": "pii", "action": "redact"},
    ],
}
DEPLOYMENTS = (*DEFAULT_DEPLOYMENTS, Deployment("tiny", "gpt-4o-2024-11-20", context_tokens=40))


@dataclass(frozen=True, slots=True)
class House:
    service: Service
    model: ScriptedModel

    @property
    def emulator(self) -> Emulator:
        return self.service.emulator


@dataclass(frozen=True, slots=True)
class Pair:
    """`direct` and `through` are clients of one class; `models` of both are named alike."""

    direct: Any
    through: Any
    house: House

    async def both(self, ask: Callable[[Any], Awaitable[Any]]) -> tuple[Any, Any]:
        """What the same call gives directly and through the service; the model must have been sent the same, too."""
        journal = self.house.emulator.state.journal
        journal.clear()
        direct = await ask(self.direct)
        through = await ask(self.through)
        first, second = [call.body for call in journal.of("chat")]
        assert first == second, "the model was asked something else"
        return direct, through


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(emulator_keys: EmulatorKeys, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    config = EmulatorConfig(rate_limits={}, deployments=DEPLOYMENTS)
    async with Emulator(config, keys=emulator_keys) as emulator, scripted_model() as model:
        folder = tmp_path_factory.mktemp("sdk")
        deployed = {one.name: {"account": "aoai", "deployment": one.name} for one in DEPLOYMENTS}
        endpoint = {"endpoint": emulator.url, "credential": "corp"}
        settings = {
            "accounts": {"aoai": endpoint, "scripted": {"endpoint": model.url, "credential": "corp"}},
            "models": {
                **deployed,
                "scripted": {"account": "scripted", "deployment": "scripted"},
                "missing": {"account": "aoai", "deployment": "missing"},
            },
        }
        async with open_service(emulator, folder, policies={"default": CLEAN}, settings=settings) as service:
            yield House(service, model)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    context = house.emulator.certificates.client_context()
    async with httpx2.AsyncClient(verify=context, trust_env=False, timeout=90) as client:
        yield client


def _azure(url: str, key: str, http: httpx2.AsyncClient) -> AsyncAzureOpenAI:
    return AsyncAzureOpenAI(azure_endpoint=url, api_key=key, api_version="2024-10-21", http_client=http, max_retries=0)


def _openai(url: str, key: str, http: httpx2.AsyncClient) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=url, api_key=key, http_client=http, max_retries=0)


@pytest.fixture(params=["AzureOpenAI", "OpenAI at /openai/v1", "OpenAI at /v1"])
def pair(house: House, http: httpx2.AsyncClient, request: pytest.FixtureRequest) -> Pair:
    near, far, key = house.service.url, house.emulator.url, house.emulator.config.api_key
    if request.param == "AzureOpenAI":
        return Pair(_azure(far, key, http), _azure(near, KEY, http), house)
    path = request.param.removeprefix("OpenAI at ")
    return Pair(_openai(f"{far}/openai/v1/", key, http), _openai(f"{near}{path}/", KEY, http), house)


@pytest.fixture
def scripted(house: House, http: httpx2.AsyncClient) -> Pair:
    """A pair in front of the model that says exactly what it is told to."""
    return Pair(_openai(f"{house.model.url}/v1/", "any", http), _openai(f"{house.service.url}/v1/", KEY, http), house)
