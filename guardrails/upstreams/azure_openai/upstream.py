"""Azure OpenAI deployments: endpoint and credential are the account's."""

from guardrails.azure.client import AzureClient
from guardrails.azure.target import Target
from guardrails.settings import schema as settings
from guardrails.upstreams.upstream import MODEL_KEY_HEADER, V1, ChatUpstream, dated_address, v1_address

OPENAI_USER = "Cognitive Services OpenAI User"
"""The least built-in role with the data actions of chat completions."""


def build_azure_openai(
    name: str, model: settings.AzureOpenAIModel, account: settings.Account, azure: settings.Azure, client: AzureClient
) -> ChatUpstream:
    """The upstream of one deployment: the dated path, or `/openai/v1` for api_version `v1`."""
    target = Target(
        name=name,
        endpoint=account.endpoint,
        credential=account.credential,
        scope=account.scope or azure.scope,
        key_header=MODEL_KEY_HEADER,
        timeout_s=account.timeout_s,
        role=OPENAI_USER,
    )
    version = account.api_version
    address = v1_address(model.deployment) if version == V1 else dated_address(model.deployment, version)
    return ChatUpstream(name, client, target, address)
