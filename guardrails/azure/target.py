"""One Azure resource, as it is configured."""

from dataclasses import dataclass

from guardrails.settings import schema as settings

COGNITIVE_KEY_HEADER = "Ocp-Apim-Subscription-Key"
"""Where Content Safety and Language look for a resource key (Azure AI services, Authentication)."""

COGNITIVE_USER = "Cognitive Services User"
"""The least built-in role with the data actions of Content Safety, Prompt Shield and Language."""


@dataclass(frozen=True, slots=True)
class Target:
    """An Azure resource we call: where it is and which credential opens it. It holds no secret.

    Attributes:
        name: The metric label: `content_safety`, `prompt_shield`, `language`, or a model's or account's name.
        endpoint: `https://host[:port][/path]` without a slash at the end.
        credential: A name in the `credentials` section.
        scope: What a bearer is asked for, ending in `/.default`.
        key_header: Where a resource key goes when the credential is an API key.
        timeout_s: Seconds one call may take, within the request's deadline; of a stream, the time to its first bytes
            and the longest silence between bytes.
        role: The Azure role the principal needs there; named in explanations.
    """

    name: str
    endpoint: str
    credential: str
    scope: str
    key_header: str = COGNITIVE_KEY_HEADER
    timeout_s: float = 5.0
    role: str = COGNITIVE_USER


def service_target(name: str, service: settings.Service, azure: settings.Azure) -> Target:
    """The target of one of the checks' services; its own scope wins over the shared one."""
    return Target(
        name=name,
        endpoint=service.endpoint,
        credential=service.credential,
        scope=service.scope or azure.scope,
        timeout_s=service.timeout_s,
    )
