"""Every kind of upstream, and the models of the settings as upstreams."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from guardrails.azure.client import AzureClient
from guardrails.settings import schema as settings
from guardrails.upstreams.azure_openai.upstream import build_azure_openai
from guardrails.upstreams.foundry.upstream import build_foundry
from guardrails.upstreams.upstream import Upstream


@dataclass(frozen=True, slots=True)
class UpstreamKind:
    """A kind of model endpoint: `kind` as settings spell it, and how one of its models is built."""

    kind: str
    build: Callable[[str, settings.Settings, AzureClient], Upstream]


def _azure_openai(name: str, configuration: settings.Settings, client: AzureClient) -> Upstream:
    model = configuration.models[name]
    if not isinstance(model, settings.AzureOpenAIModel):
        raise TypeError(f"model {name} is not of Azure OpenAI")
    account = configuration.accounts[model.account]
    return build_azure_openai(name, model, account, configuration.azure, client)


def _foundry(name: str, configuration: settings.Settings, client: AzureClient) -> Upstream:
    model = configuration.models[name]
    if not isinstance(model, settings.FoundryModel):
        raise TypeError(f"model {name} is not of Foundry")
    return build_foundry(name, model, configuration.azure, client)


CATALOGUE: tuple[UpstreamKind, ...] = (
    UpstreamKind("azure_openai", _azure_openai),
    UpstreamKind("foundry", _foundry),
)


def build_upstreams(configuration: settings.Settings, client: AzureClient) -> Mapping[str, Upstream]:
    """Model name -> upstream, for every model of the settings. Opens nothing."""
    kinds = {kind.kind: kind for kind in CATALOGUE}
    upstreams = {
        name: kinds[model.kind].build(name, configuration, client) for name, model in configuration.models.items()
    }
    return MappingProxyType(upstreams)
