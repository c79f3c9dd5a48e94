"""Every check there is, in one explicit tuple."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from guardrails.azure.target import service_target
from guardrails.checks.client import JsonClient
from guardrails.checks.content_safety.check import SPEC as CONTENT_SAFETY
from guardrails.checks.content_safety.check import ContentSafetyCheck
from guardrails.checks.pii.check import SPEC as PII
from guardrails.checks.pii.check import PiiCheck
from guardrails.checks.prompt_shield.check import SPEC as PROMPT_SHIELD
from guardrails.checks.prompt_shield.check import PromptShieldCheck
from guardrails.domain.check import Check, CheckSpec
from guardrails.settings import schema as settings

CONTENT_SAFETY_API: Final = "2024-09-01"
"""The latest general release of Content Safety, and the first with Prompt Shields."""
LANGUAGE_API: Final = "2025-11-01"
"""The latest release of Language whose general availability is announced."""


@dataclass(frozen=True, slots=True)
class CheckKind:
    """A check as policies know it, and how to build it from its section of `services`.

    `api_version` is what it asks where the section names none.
    """

    spec: CheckSpec
    build: Callable[[JsonClient, settings.Service, settings.Azure], Check]
    api_version: str

    def judge(self, service: settings.Service) -> str:
        """What answers for this check: evidence of one endpoint and api-version is not that of another."""
        return f"{service.endpoint} {service.api_version or self.api_version}"


def _pii(client: JsonClient, service: settings.Service, azure: settings.Azure) -> Check:
    return PiiCheck(client, service_target(PII.service, service, azure), service.api_version or LANGUAGE_API)


def _content_safety(client: JsonClient, service: settings.Service, azure: settings.Azure) -> Check:
    target = service_target(CONTENT_SAFETY.service, service, azure)
    return ContentSafetyCheck(client, target, service.api_version or CONTENT_SAFETY_API)


def _prompt_shield(client: JsonClient, service: settings.Service, azure: settings.Azure) -> Check:
    target = service_target(PROMPT_SHIELD.service, service, azure)
    return PromptShieldCheck(client, target, service.api_version or CONTENT_SAFETY_API)


CATALOGUE: Final = (
    CheckKind(PROMPT_SHIELD, _prompt_shield, CONTENT_SAFETY_API),
    CheckKind(CONTENT_SAFETY, _content_safety, CONTENT_SAFETY_API),
    CheckKind(PII, _pii, LANGUAGE_API),
)

SPECS: Final[Mapping[str, CheckSpec]] = MappingProxyType({kind.spec.name: kind.spec for kind in CATALOGUE})


def configured(services: settings.Services) -> Mapping[CheckKind, settings.Service]:
    """The checks whose service is configured, each with its section."""
    sections = {kind: getattr(services, kind.spec.service) for kind in CATALOGUE}
    return {kind: section for kind, section in sections.items() if section is not None}


def build_checks(services: settings.Services, azure: settings.Azure, client: JsonClient) -> Mapping[str, Check]:
    """The checks whose service is configured, by name, ready to be asked over a client."""
    return {kind.spec.name: kind.build(client, section, azure) for kind, section in configured(services).items()}


def api_versions(services: settings.Services) -> Mapping[str, str]:
    """The api-version that answers for each check whose service is configured."""
    return {kind.spec.name: section.api_version or kind.api_version for kind, section in configured(services).items()}
