"""The models of guardrails.yaml, and the deployments that answer for them."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from guardrails.settings.section import Endpoint, Seconds, Section

MOST_DEPLOYMENTS: Final = 16


class Account(Section):
    """An Azure OpenAI resource: endpoint and credential for all its deployments. `api_version` is dated, or `v1`."""

    kind: Literal["azure_openai"] = "azure_openai"
    endpoint: Endpoint
    credential: str
    api_version: str = "2024-10-21"
    scope: str | None = None
    timeout_s: Seconds = 120.0


class AzureOpenAIModel(Section):
    """A deployment on an account."""

    kind: Literal["azure_openai"] = "azure_openai"
    account: str
    deployment: Annotated[str, Field(min_length=1, max_length=128)]


class FoundryModel(Section):
    """A Foundry deployment with its own endpoint and credential. `api_version` is dated, or `v1` for /openai/v1."""

    kind: Literal["foundry"]
    endpoint: Endpoint
    deployment: Annotated[str, Field(min_length=1, max_length=128)]
    credential: str
    api_version: str = "2024-05-01-preview"
    scope: str | None = None
    timeout_s: Seconds = 120.0


Priority = Annotated[int, Field(ge=1, le=100)]


class AzureOpenAIDeployment(AzureOpenAIModel):
    """One of several deployments of a model, on an account. A lower `priority` is asked first."""

    priority: Priority = 1


class FoundryDeployment(FoundryModel):
    """One of several deployments of a model, with its own endpoint. A lower `priority` is asked first."""

    priority: Priority = 1


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return str(value.get("kind", "azure_openai"))
    return str(getattr(value, "kind", "azure_openai"))


Deployment = Annotated[
    Annotated[AzureOpenAIDeployment, Tag("azure_openai")] | Annotated[FoundryDeployment, Tag("foundry")],
    Discriminator(_kind),
]


class SeveralDeployments(Section):
    """A model that any of several deployments may answer for. `timeout_s` bounds all tries of a request together.

    Absent, it is the longest `timeout_s` of the deployments.
    """

    deployments: tuple[Deployment, ...]
    timeout_s: Seconds | None = None

    @field_validator("deployments", mode="before")
    @classmethod
    def _some_and_not_many(cls, value: object) -> object:
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_DEPLOYMENTS:
            raise ValueError(f"must be a list of 1 to {MOST_DEPLOYMENTS} deployments")
        return value


def _is_list_of_mappings(value: object) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value)


def _kind_of_model(value: object) -> str:
    several = isinstance(value, SeveralDeployments)
    if isinstance(value, Mapping):
        # Also under a misspelt key, so that the problem that is told is the spelling.
        several = "deployments" in value or any(_is_list_of_mappings(item) for item in value.values())
    return SeveralDeployments.__name__ if several else _kind(value)


Model = Annotated[
    Annotated[AzureOpenAIModel, Tag("azure_openai")]
    | Annotated[FoundryModel, Tag("foundry")]
    | Annotated[SeveralDeployments, Tag("SeveralDeployments")],
    Discriminator(_kind_of_model),
]


def deployments_of(model: AzureOpenAIModel | FoundryModel | SeveralDeployments) -> tuple[tuple[str, Deployment], ...]:
    """Every deployment of a model, each with its place in the model's section; a single entry is the section itself."""
    if isinstance(model, SeveralDeployments):
        return tuple((f".deployments.{number}", one) for number, one in enumerate(model.deployments))
    if isinstance(model, FoundryModel):
        return (("", FoundryDeployment.model_construct(**dict(model))),)
    return (("", AzureOpenAIDeployment.model_construct(**dict(model))),)
