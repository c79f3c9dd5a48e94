"""Foundry deployments: endpoint and credential are the model's own."""

from urllib.parse import urlsplit

from guardrails.azure.client import AzureClient
from guardrails.azure.target import COGNITIVE_USER, Target
from guardrails.settings.models import FoundryDeployment
from guardrails.settings.schema import Azure
from guardrails.upstreams.upstream import MODEL_KEY_HEADER, V1, Address, ChatDeployment, v1_address


def build_foundry(name: str, configured: FoundryDeployment, azure: Azure, client: AzureClient) -> ChatDeployment:
    """One deployment of the model `name`: Foundry's model inference path, or `/openai/v1` for api_version `v1`."""
    target = Target(
        name=name,
        endpoint=configured.endpoint,
        credential=configured.credential,
        scope=configured.scope or azure.scope,
        key_header=MODEL_KEY_HEADER,
        timeout_s=configured.timeout_s,
        role=COGNITIVE_USER,
    )
    version, deployment = configured.api_version, configured.deployment
    address = (
        v1_address(deployment)
        if version == V1
        else Address("/models/chat/completions", {"api-version": version}, {"model": deployment})
    )
    label = f"{_resource(configured.endpoint)}/{deployment}"
    return ChatDeployment(client, target, address, label, configured.priority)


def _resource(endpoint: str) -> str:
    """The resource's name, which is the first part of its host; of an address in numbers the whole."""
    host = urlsplit(endpoint).hostname or ""
    first = host.partition(".")[0]
    return host if first.isdecimal() else first
