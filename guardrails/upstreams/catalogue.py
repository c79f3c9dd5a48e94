"""Every kind of deployment, and the models of the settings as upstreams."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from guardrails.azure.client import AzureClient
from guardrails.settings import schema as settings
from guardrails.settings.models import (
    AzureOpenAIDeployment,
    Deployment,
    FoundryDeployment,
    SeveralDeployments,
    deployments_of,
)
from guardrails.upstreams.azure_openai.upstream import build_azure_openai
from guardrails.upstreams.failover import Failover
from guardrails.upstreams.foundry.upstream import build_foundry
from guardrails.upstreams.observer import NO_ATTEMPTS, Attempts
from guardrails.upstreams.upstream import ChatDeployment, Upstream


@dataclass(frozen=True, slots=True)
class UpstreamKind:
    """A kind of model endpoint: `kind` as settings spell it, and how a model's deployment on one is built."""

    kind: str
    build: Callable[[str, Deployment, settings.Settings, AzureClient], ChatDeployment]


def _azure_openai(
    name: str, configured: Deployment, configuration: settings.Settings, client: AzureClient
) -> ChatDeployment:
    if not isinstance(configured, AzureOpenAIDeployment):
        raise TypeError(f"model {name} is not of Azure OpenAI")
    account = configuration.accounts[configured.account]
    return build_azure_openai(name, configured, account, configuration.azure, client)


def _foundry(
    name: str, configured: Deployment, configuration: settings.Settings, client: AzureClient
) -> ChatDeployment:
    if not isinstance(configured, FoundryDeployment):
        raise TypeError(f"model {name} is not of Foundry")
    return build_foundry(name, configured, configuration.azure, client)


CATALOGUE: tuple[UpstreamKind, ...] = (
    UpstreamKind("azure_openai", _azure_openai),
    UpstreamKind("foundry", _foundry),
)


def build_upstreams(
    configuration: settings.Settings, client: AzureClient, attempts: Attempts = NO_ATTEMPTS
) -> Mapping[str, Upstream]:
    """Model name -> upstream, for every model of the settings; `attempts` hears of each try. Opens nothing."""
    return MappingProxyType({name: _upstream(name, configuration, client, attempts) for name in configuration.models})


def _upstream(name: str, configuration: settings.Settings, client: AzureClient, attempts: Attempts) -> Upstream:
    kinds = {kind.kind: kind for kind in CATALOGUE}
    model = configuration.models[name]
    deployments = [kinds[one.kind].build(name, one, configuration, client) for _, one in deployments_of(model)]
    timeout_s = model.timeout_s if isinstance(model, SeveralDeployments) else None
    return Failover(name, deployments, timeout_s or max(one.target.timeout_s for one in deployments), attempts)
