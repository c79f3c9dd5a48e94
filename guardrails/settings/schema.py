"""The shape of guardrails.yaml: plain frozen data, no behaviour and no secret values (contract, section 4)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ByteSize, Field, model_validator

from guardrails.settings.bundles import Bundles
from guardrails.settings.models import Account, Model
from guardrails.settings.section import Endpoint, Identifier, Name, RedisEndpoint, Seconds, Section

PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
COGNITIVE_SCOPE = "https://cognitiveservices.azure.com/.default"


class SecretRef(Section):
    """Where a secret is, never the secret: an environment variable, or a file that is read again when it changes."""

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _no_literal(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(  # noqa: TRY004 - pydantic makes a problem of a ValueError only
                "a secret is given by reference, {env: NAME} or {file: /path}; never literally in this file"
            )
        return value

    @model_validator(mode="after")
    def _one(self) -> "SecretRef":
        if (self.env is None) == (self.file is None):
            raise ValueError("needs exactly one of env and file")
        return self

    def __str__(self) -> str:
        return f"environment variable {self.env}" if self.env else f"file {self.file}"


class Streams(Section):
    """Streamed answers to callers.

    `keep_alive_s` is how often a stream that has nothing to send says that it lives; until the first time, an error is
    a status code. A caller that takes nothing for `stalled_s` counts as gone.
    """

    keep_alive_s: Seconds = 5.0
    stalled_s: Seconds = 120.0


class Server(Section):
    """Where the service listens and what it takes in.

    `max_concurrency` bounds the requests that are open; one more is answered 503 with `Retry-After`. `max_judged`
    bounds the texts that are judged at once; one more waits for its turn, within its policy's deadline.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    max_body: Annotated[ByteSize, Field(ge=1024, le=64 * 1024 * 1024)] = ByteSize(4 * 1024 * 1024)
    workers: Literal[1] = 1
    max_concurrency: Annotated[int, Field(ge=1, le=100_000)] = 1024
    max_judged: Annotated[int, Field(ge=1, le=10_000)] = 128
    drain_s: Seconds = 25.0
    streams: Streams = Streams()


class ClientSecret(Section):
    """An Entra application with a client secret."""

    type: Literal["client_secret"]
    tenant_id: Identifier
    client_id: Identifier
    client_secret: SecretRef


class Certificate(Section):
    """An Entra application with a certificate: PEM with the private key, or PFX."""

    type: Literal["certificate"]
    tenant_id: Identifier
    client_id: Identifier
    certificate: SecretRef
    password: SecretRef | None = None


class WorkloadIdentity(Section):
    """A Kubernetes workload identity.

    What is absent comes from AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE.
    """

    type: Literal["workload_identity"]
    tenant_id: Identifier | None = None
    client_id: Identifier | None = None
    token_file: Path | None = None


class ManagedIdentity(Section):
    """The identity of the machine we run on; `client_id` chooses a user-assigned one."""

    type: Literal["managed_identity"]
    client_id: Identifier | None = None


class ApiKey(Section):
    """A resource key instead of Entra."""

    type: Literal["api_key"]
    key: SecretRef


Credential = Annotated[
    ClientSecret | Certificate | WorkloadIdentity | ManagedIdentity | ApiKey, Field(discriminator="type")
]


class Service(Section):
    """One Azure AI resource a check speaks to. `timeout_s` bounds a single call, within the policy's deadline."""

    endpoint: Endpoint
    credential: str
    api_version: str | None = None
    scope: str | None = None
    timeout_s: Seconds = 5.0


class Services(Section):
    """The resources of the three checks; an absent one makes policies that name its check not ready."""

    content_safety: Service | None = None
    prompt_shield: Service | None = None
    language: Service | None = None


class Caller(Section):
    """An application that may call us: the SHA-256 of its key, and the policies it may use, the default one first."""

    key_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    policies: Annotated[tuple[str, ...], Field(min_length=1)]
    default: str | None = None
    models: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _default_is_allowed(self) -> "Caller":
        if self.default is not None and self.default not in self.policies:
            raise ValueError("default must be one of its policies")
        return self

    @property
    def default_policy(self) -> str:
        """The policy of a request that names none."""
        return self.default or self.policies[0]


class Azure(Section):
    """What all calls to Azure share. `ca_file` adds a private CA to the system's."""

    authority: Endpoint = PUBLIC_AUTHORITY
    scope: str = COGNITIVE_SCOPE
    ca_file: Path | None = None
    connect_timeout_s: Seconds = 2.0
    token_timeout_s: Seconds = 10.0
    max_connections: Annotated[int, Field(ge=1, le=10_000)] = 512


class Gateways(Section):
    """The doors of gateways.

    `deadline_ms` bounds a whole answer, from the moment the request's headers are there; a policy's own deadline may
    only shorten it. It must end before the gateway's own timeout does, or the gateway decides without us.
    """

    deadline_ms: Annotated[int, Field(ge=500, le=60_000)] = 2500


def _yaml_off(value: object) -> object:
    # YAML 1.1, which our parser speaks, reads a bare `off` as false.
    return "off" if value is False else value


class Telemetry(Section):
    """What we leave behind. `decisions` says where decision records go: `stdout`, `off`, or a file to add lines to.

    A file is set aside before it grows beyond `rotate_at`, and `keep` of those set aside are kept. `sample_allowed` is
    the share of verdicts that allow, with every check done, of which there are records. `on_lost_records` says what
    happens to new requests while records cannot be written. `recent_decisions` is how many of the last records stay in
    memory, so that they can be explained by their ids. `subjects` is how records keep the users, teams and labels that
    gateways tell of; `subject_key` is what hashes of them are made with, 32 bytes or more, the same for all replicas.
    Absent, each process makes one, and hashes can be compared within its life only.
    """

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    decisions: str = "stdout"
    recent_decisions: Annotated[int, Field(ge=0, le=100_000)] = 1000
    rotate_at: Annotated[ByteSize, Field(ge=64 * 1024)] | None = None
    keep: Annotated[int, Field(ge=1, le=10_000)] = 10
    sample_allowed: Annotated[float, Field(ge=0, le=1)] = 1.0
    on_lost_records: Literal["continue", "refuse"] = "continue"
    subjects: Annotated[Literal["hashed", "plain", "off"], BeforeValidator(_yaml_off)] = "hashed"
    subject_key: SecretRef | None = None

    @model_validator(mode="after")
    def _only_a_file_rotates(self) -> "Telemetry":
        if self.rotate_at is not None and self.decisions in {"stdout", "off"}:
            raise ValueError("rotate_at is for decisions in a file")
        if self.on_lost_records == "refuse" and self.decisions == "off":
            raise ValueError("on_lost_records: refuse needs decisions that are written somewhere")
        return self


class Placeholders(Section):
    """What placeholders and hashes are made with: keys by reference, each of 32 bytes or more.

    The first makes them. Those it followed stay in the list for as long as placeholders that they made are about.
    """

    keys: Annotated[tuple[SecretRef, ...], Field(max_length=8)] = ()


class RedisServer(Section):
    """A Redis that replicas share. `timeout_s` bounds one request to it; `ca_file` adds a private CA.

    `username` is that of an ACL user; absent, the password is the default user's.
    """

    endpoint: RedisEndpoint
    username: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    password: SecretRef | None = None
    timeout_s: Annotated[float, Field(gt=0, le=1)] = 0.05
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _user_has_a_password(self) -> "RedisServer":
        if self.username is not None and self.password is None:
            raise ValueError("a username needs a password")
        return self


class Cache(Section):
    """Where the evidence of texts that were judged before is kept, for policies with `history: new`.

    Attributes:
        kind: `memory`: each process its own; `redis`: one that all replicas share.
        ttl_s: Seconds that evidence is used for.
        max_bytes: What it may take in memory.
        key: What its entries are found and sealed with, 32 bytes or more, the same for all replicas. Absent, each
            process makes one, which is of use in memory only.
        redis: Where it is, for kind `redis`.
    """

    kind: Literal["memory", "redis"] = "memory"
    ttl_s: Annotated[int, Field(ge=1, le=86_400)] = 3600
    max_bytes: Annotated[ByteSize, Field(ge=1024 * 1024, le=64 * 1024 * 1024 * 1024)] = ByteSize(64 * 1024 * 1024)
    key: SecretRef | None = None
    redis: RedisServer | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "Cache":
        if self.kind == "redis" and (self.redis is None or self.key is None):
            raise ValueError("kind redis needs redis.endpoint and a key that all replicas share")
        if self.kind == "memory" and self.redis is not None:
            raise ValueError("has a section redis and is not of that kind; say kind: redis")
        return self


class Settings(Section):
    """All of guardrails.yaml. `blocklists` is a folder of lists; absent, `blocklists` beside the policies' folder."""

    server: Server = Server()
    credentials: Mapping[Name, Credential] = Field(default_factory=dict)
    services: Services = Services()
    accounts: Mapping[Name, Account] = Field(default_factory=dict)
    models: Mapping[Name, Model] = Field(default_factory=dict)
    callers: Mapping[Name, Caller]
    policies: Path
    blocklists: Path | None = None
    bundles: Bundles = Bundles()
    gateways: Gateways = Gateways()
    azure: Azure = Azure()
    placeholders: Placeholders = Placeholders()
    cache: Cache = Cache()
    telemetry: Telemetry = Telemetry()
