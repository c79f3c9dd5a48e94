"""What an emulator is started with: plain frozen data with defaults that make a working Azure subscription."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from guardrails.emulator.scenarios import Service

COGNITIVE_AUDIENCE: Final = "https://cognitiveservices.azure.com"
FOUNDRY_AUDIENCE: Final = "https://ai.azure.com"

CONTENT_SAFETY_VERSIONS: Final = (
    "2023-10-01",
    "2024-02-15-preview",
    "2024-09-01",
    "2024-09-15-preview",
    "2024-09-30-preview",
    "2025-09-15-preview",
    "2026-09-01-preview",
)
LANGUAGE_VERSIONS: Final = (
    "2022-05-01",
    "2023-04-01",
    "2024-11-01",
    "2024-11-15-preview",
    "2025-05-15-preview",
    "2025-11-01",
    "2025-11-15-preview",
    "2026-05-01",
    "2026-05-15-preview",
)
CHAT_VERSIONS: Final = (
    "2024-02-01",
    "2024-05-01-preview",
    "2024-06-01",
    "2024-08-01-preview",
    "2024-10-01-preview",
    "2024-10-21",
    "2024-12-01-preview",
    "2025-01-01-preview",
    "2025-03-01-preview",
    "2025-04-01-preview",
    "preview",
    "latest",
)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `calls` in any `seconds`, refilled evenly."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Deployment:
    """A named model on the resource.

    `kind` is "azure_openai" or "foundry" (a model that is not OpenAI's). `async_filter` streams tokens at once and
    sends the filter's findings afterwards. Both limits are per minute; calls are counted over ten seconds, as
    Azure does. A prompt longer than `context_tokens` is refused.
    """

    name: str
    model: str
    kind: str = "azure_openai"
    async_filter: bool = False
    token_limit: int = 1_000_000
    call_limit: int = 6_000
    context_tokens: int = 128_000


DEFAULT_DEPLOYMENTS: Final = (
    Deployment("gpt-4o", "gpt-4o-2024-11-20"),
    Deployment("gpt-4o-async", "gpt-4o-2024-11-20", async_filter=True),
    Deployment("Phi-4", "Phi-4", kind="foundry"),
)

# S tier, "Content Safety: overview" and "Language service: data limits"; chat has its limit on each deployment.
DOCUMENTED_LIMITS: Final[Mapping[str, RateLimit]] = {
    Service.CONTENT_SAFETY: RateLimit(1000, 10),
    Service.PROMPT_SHIELD: RateLimit(1000, 10),
    Service.LANGUAGE: RateLimit(1000, 60),
}


@dataclass(frozen=True, slots=True)
class EmulatorConfig:
    """The subscription an emulator plays.

    `roles` are the role names the application holds on the resource. `regional_hosts` are host names (without
    port) that take no tokens. `audiences` are those the checks' services accept, `chat_audiences` those of the
    models. `rate_limits` maps a service to its limit, an absent service has none; the calls and tokens of a
    deployment are limited by the deployment, unless `limit_chat` is off. `expires_in` and `refresh_in` are seconds.
    `control_key` guards the control API; without one it answers loopback callers only. `throttle_code` is the
    `error.code` of Content Safety's 429: "TooManyRequests" is documented, "429" is the style of Azure's front.
    """

    tenant_id: str = "5ab1e7e4-0000-4000-8000-000000000001"
    client_id: str = "c11e4700-0000-4000-8000-000000000002"
    client_secret: str = field(default="emulator~local.secret", repr=False)
    object_id: str = "0b7ec700-0000-4000-8000-000000000003"
    api_key: str = field(default="emulator0local0key00000000000000", repr=False)
    roles: tuple[str, ...] = ("Cognitive Services User",)
    deployments: tuple[Deployment, ...] = DEFAULT_DEPLOYMENTS
    region: str = "Sweden Central"
    regional_hosts: tuple[str, ...] = ("regional.localhost", "regional.emulator.localhost")
    key_authentication: bool = True
    audiences: tuple[str, ...] = (COGNITIVE_AUDIENCE,)
    chat_audiences: tuple[str, ...] = (COGNITIVE_AUDIENCE, FOUNDRY_AUDIENCE)
    expires_in: int = 3599
    refresh_in: int | None = None
    rate_limits: Mapping[str, RateLimit] = field(default_factory=lambda: dict(DOCUMENTED_LIMITS))
    limit_chat: bool = True
    throttle_code: str = "TooManyRequests"
    content_safety_versions: tuple[str, ...] = CONTENT_SAFETY_VERSIONS
    language_versions: tuple[str, ...] = LANGUAGE_VERSIONS
    chat_versions: tuple[str, ...] = CHAT_VERSIONS
    control_key: str | None = field(default=None, repr=False)
