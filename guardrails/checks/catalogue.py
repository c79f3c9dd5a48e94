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
    """A check as policies know it, and how to build it from its section of `services`."""

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


def build_checks(said: settings.Settings, client: JsonClient) -> Mapping[str, Check]:
    """The checks whose services are configured, by name."""
    services = {kind.spec.name: getattr(said.services, kind.spec.service) for kind in CATALOGUE}
    return {
        kind.spec.name: kind.build(client, services[kind.spec.name], said.azure)
        for kind in CATALOGUE
        if services[kind.spec.name] is not None
    }


def api_versions(services: settings.Services) -> Mapping[str, str]:
    """The api-version that answers for each check whose service is configured."""
    configured = {kind: getattr(services, kind.spec.service) for kind in CATALOGUE}
    return {
        kind.spec.name: service.api_version or kind.api_version
        for kind, service in configured.items()
        if service is not None
    }
