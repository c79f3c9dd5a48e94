"""Foundry deployments: endpoint and credential are the model's own."""

from guardrails.azure.client import AzureClient
from guardrails.azure.target import COGNITIVE_USER, Target
from guardrails.settings import schema as settings
from guardrails.upstreams.upstream import MODEL_KEY_HEADER, V1, Address, ChatUpstream, v1_address


def build_foundry(name: str, model: settings.FoundryModel, azure: settings.Azure, client: AzureClient) -> ChatUpstream:
    """The upstream of one model: Foundry's model inference path, or `/openai/v1` for api_version `v1`."""
    target = Target(
        name=name,
        endpoint=model.endpoint,
        credential=model.credential,
        scope=model.scope or azure.scope,
        key_header=MODEL_KEY_HEADER,
        timeout_s=model.timeout_s,
        role=COGNITIVE_USER,
    )
    if model.api_version == V1:
        return ChatUpstream(name, client, target, v1_address(model.deployment))
    address = Address("/models/chat/completions", {"api-version": model.api_version}, {"model": model.deployment})
    return ChatUpstream(name, client, target, address)
