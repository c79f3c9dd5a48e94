"""The LiteLLM proxy on loopback: its model is the emulator's, its guardrail the running service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest
import pytest_asyncio
import yaml
from documented import yaml_under
from gateway_calls import policies
from gateway_process import free_port, gateway_process
from litellm_proxy import MASTER_KEY, Proxy
from running import KEY, Service, open_service

from guardrails.emulator.serve import Emulator

FLOWING = yaml_under("litellm.md", "Streams that flow")
"""The options of the page for streams that are not held back whole."""

VARIATIONS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "flowing": FLOWING,
    "buffered": {"streaming_buffer_until_moderated": True},
    "blocking": {
        "streaming_buffer_until_moderated": True,
        "additional_provider_specific_params": {"redactions": "block"},
    },
    "reporting": {"headers": {"x-guardrails-policy": "reporting"}},
    "reporting-open": {"headers": {"x-guardrails-policy": "reporting"}, "unreachable_fallback": "fail_open"},
    "watching": {"additional_provider_specific_params": {"policy": "watching"}},
    "operators-word": {
        "additional_provider_specific_params": {"policy": "watching"},
        "headers": {"x-guardrails-policy": "strict"},
    },
    "verdict-open": {"unreachable_fallback": "fail_open", "fail_on_error": False},
}

PROXY = Path(__file__).parents[2] / ".gateways" / "litellm" / "bin" / "litellm"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_service(
    running_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    async with open_service(running_emulator, tmp_path_factory.mktemp("service"), policies=policies()) as service:
        yield service


@asynccontextmanager
async def open_proxy(emulator: Emulator, guardrails: Any, folder: Path) -> AsyncIterator[Proxy]:
    model = {
        "model": "azure/gpt-4o",
        "api_base": emulator.url,
        "api_key": emulator.config.api_key,
        "api_version": emulator.settings()["api_versions"]["azure_openai"],
    }
    config = {
        "model_list": [{"model_name": "gpt-4o", "litellm_params": model}],
        "guardrails": guardrails,
        "litellm_settings": {"num_retries": 0},
        "router_settings": {"disable_cooldowns": True},
        "general_settings": {"master_key": MASTER_KEY},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {
        "HOME": str(folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "SSL_CERT_FILE": str(emulator.ca_file),
        "GUARDRAILS_KEY": KEY,
        "NO_COLOR": "1",
    }
    options = ["--config", str(file), "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
    async with (
        gateway_process([PROXY, *options], env=env, log=folder / "proxy.log", ready=f"{url}/health/liveliness"),
        openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=MASTER_KEY, max_retries=0) as client,
    ):
        yield Proxy(url, client, emulator)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def documented_proxy(
    running_emulator: Emulator, running_service: Service, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Proxy]:
    """The proxy with the configuration of the page, but for the host."""
    guardrails = at_service(yaml_under("litellm.md", "Configuration")["guardrails"], running_service.url)
    async with open_proxy(running_emulator, guardrails, tmp_path_factory.mktemp("documented")) as proxy:
        yield proxy


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def varied_proxy(
    running_emulator: Emulator, running_service: Service, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Proxy]:
    """A proxy with many guardrails, none of them on by default: each request names its own."""
    guardrails = [
        entry(name, running_service.url, **{"mode": ["pre_call", "post_call"], **options})
        for name, options in VARIATIONS.items()
    ]
    gone = f"http://127.0.0.1:{free_port()}"
    guardrails += [
        entry("gone", gone, mode="pre_call"),
        entry("gone-open", gone, mode="pre_call", unreachable_fallback="fail_open"),
    ]
    async with open_proxy(running_emulator, guardrails, tmp_path_factory.mktemp("varied")) as proxy:
        yield proxy


@pytest.fixture
def varied(varied_proxy: Proxy, emulator: Emulator) -> Proxy:
    """That proxy, in front of an emulator that has seen nothing yet."""
    return varied_proxy


@pytest.fixture
def proxy(documented_proxy: Proxy, emulator: Emulator) -> Proxy:
    """The proxy of the page, in front of an emulator that has seen nothing yet."""
    return documented_proxy


def entry(name: str, url: str, **options: Any) -> dict[str, Any]:
    """One guardrail with LiteLLM's own defaults, but for `options`."""
    fixed = {"guardrail": "generic_guardrail_api", "api_base": f"{url}/gateways/litellm"}
    return {"guardrail_name": name, "litellm_params": {**fixed, "api_key": KEY, "timeout": 5, **options}}


def at_service(guardrails: Any, url: str) -> Any:
    """Return the guardrails of the page, with the service where it runs."""
    text = yaml.safe_dump(guardrails)
    assert "http://guardrails.internal:8080" in text
    return yaml.safe_load(text.replace("http://guardrails.internal:8080", url))
