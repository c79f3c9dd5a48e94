"""The directory of the emulated Entra: tenants, applications with their credentials, resources, role assignments."""

import hmac
import time
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from guardrails.emulator.config import EmulatorConfig

FEDERATION_AUDIENCE: Final = "api://AzureADTokenExchange"
OTHER_RESOURCES: Final = (
    "https://graph.microsoft.com",
    "https://management.azure.com",
    "https://ml.azure.com",
    "https://vault.azure.net",
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret; `expires_at` is seconds since the epoch, None for never."""

    value: str = field(repr=False)
    expires_at: float | None = None

    def expired(self, now: float) -> bool:
        """Tell whether the secret is past its end."""
        return self.expires_at is not None and self.expires_at <= now

    def equals(self, given: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.value.encode(), given.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class FederatedCredential:
    """Trust in another issuer's tokens for one subject; `public_key` stands for the keys that issuer publishes."""

    issuer: str
    subject: str
    public_key: RSAPublicKey = field(repr=False)
    audience: str = FEDERATION_AUDIENCE


@dataclass(slots=True)
class Application:
    """A registered application with its service principal.

    `certificates` maps a thumbprint (base64url without padding) to a public key.
    A certificate is registered under both its SHA-1 and its SHA-256 thumbprint.
    """

    client_id: str
    object_id: str
    tenant_id: str
    secrets: list[Secret] = field(default_factory=list, repr=False)
    certificates: dict[str, RSAPublicKey] = field(default_factory=dict, repr=False)
    federated: list[FederatedCredential] = field(default_factory=list, repr=False)


@dataclass(frozen=True, slots=True)
class RoleAssignment:
    """A role held by a principal on the resource, from `effective_at` on (seconds since the epoch)."""

    object_id: str
    role: str
    effective_at: float = 0.0


@dataclass(slots=True)
class Directory:
    """Everything the token endpoint and the gate look up."""

    tenants: set[str]
    applications: dict[str, Application]
    resources: set[str]
    assignments: list[RoleAssignment]
    expires_in: int
    refresh_in: int | None
    managed_identity: str
    identity_header: str = field(default="emulator-identity-header", repr=False)

    @classmethod
    def of(cls, config: EmulatorConfig) -> "Directory":
        """Build the directory a configuration describes: one tenant, one application with one secret."""
        application = Application(
            client_id=config.client_id,
            object_id=config.object_id,
            tenant_id=config.tenant_id,
            secrets=[Secret(config.client_secret)],
        )
        return cls(
            tenants={config.tenant_id},
            applications={config.client_id: application},
            resources={*config.audiences, *config.chat_audiences, *OTHER_RESOURCES},
            assignments=[RoleAssignment(config.object_id, role) for role in config.roles],
            expires_in=config.expires_in,
            refresh_in=config.refresh_in,
            managed_identity=config.client_id,
        )

    def assign(self, object_id: str, role: str, *, after: float = 0.0) -> None:
        """Give a principal a role that takes effect `after` seconds from now, as a real assignment does."""
        self.assignments.append(RoleAssignment(object_id, role, time.time() + after if after else 0.0))

    def unassign(self, object_id: str, role: str | None = None) -> None:
        """Take a role, or every role, from a principal."""
        self.assignments = [
            held for held in self.assignments if held.object_id != object_id or role not in {None, held.role}
        ]

    def roles_of(self, object_id: str) -> set[str]:
        """Return the roles in effect now."""
        now = time.time()
        return {held.role for held in self.assignments if held.object_id == object_id and held.effective_at <= now}
