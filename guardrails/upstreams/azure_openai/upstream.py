"""Azure OpenAI deployments: endpoint and credential are the account's."""

from guardrails.azure.client import AzureClient
from guardrails.azure.target import Target
from guardrails.settings.models import Account, AzureOpenAIDeployment
from guardrails.settings.schema import Azure
from guardrails.upstreams.upstream import MODEL_KEY_HEADER, V1, ChatDeployment, dated_address, v1_address

OPENAI_USER = "Cognitive Services OpenAI User"
"""The least built-in role with the data actions of chat completions."""


def build_azure_openai(
    name: str, configured: AzureOpenAIDeployment, account: Account, azure: Azure, client: AzureClient
) -> ChatDeployment:
    """One deployment of the model `name`: the dated path, or `/openai/v1` for api_version `v1`."""
    target = Target(
        name=name,
        endpoint=account.endpoint,
        credential=account.credential,
        scope=account.scope or azure.scope,
        key_header=MODEL_KEY_HEADER,
        timeout_s=account.timeout_s,
        role=OPENAI_USER,
    )
    version, deployment = account.api_version, configured.deployment
    address = v1_address(deployment) if version == V1 else dated_address(deployment, version)
    return ChatDeployment(client, target, address, f"{configured.account}/{deployment}", configured.priority)
