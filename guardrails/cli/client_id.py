"""Which application a role would have to be given to."""

from guardrails.azure.secrets import SecretReader
from guardrails.azure.target import Target
from guardrails.settings.schema import Settings


def client_id_of(settings: Settings, target: Target, secrets: SecretReader) -> str | None:
    """The client id behind a target's credential, as far as settings and environment tell it."""
    credential = settings.credentials.get(target.credential)
    client_id: str | None = getattr(credential, "client_id", None)
    if client_id is None and getattr(credential, "type", None) == "workload_identity":
        return secrets.variable("AZURE_CLIENT_ID")
    return client_id
