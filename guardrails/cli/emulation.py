"""The variables that point this service, or any Azure SDK, at an emulator."""

import json
import secrets
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from guardrails.cli.key import DEMO_KEY, new_key, sha256_of
from guardrails.domain.errors import ConfigurationError
from guardrails.emulator.config import DEFAULT_DEPLOYMENTS, Deployment, EmulatorConfig

SECRET_VARIABLE: Final = "AZURE_CLIENT_SECRET"  # noqa: S105 - a variable's name
KEY_VARIABLE: Final = "AZURE_API_KEY"
PLACEHOLDER_VARIABLE: Final = "GUARDRAILS_PLACEHOLDER_KEY"
CALLER_VARIABLE: Final = "GUARDRAILS_KEY"
DEMO_CALLER: Final = "demo"
_PLACEHOLDER_KEY_BYTES: Final = 32
_DEMO_BOUNDS: Final = {"GUARDRAILS_SERVER__MAX_JUDGED": "16", "GUARDRAILS_AZURE__MAX_CONNECTIONS": "48"}
_SERVICES: Final = ("content_safety", "prompt_shield", "language")

Document = Mapping[str, Any]


def read_document(config: Path) -> Document:
    """The settings file as parsed YAML, for its names alone; empty when it cannot be read (loading it tells why)."""
    try:
        return require_document(config)
    except ConfigurationError:
        return {}


def require_document(config: Path) -> Document:
    """The settings file as parsed YAML, for one that was named by hand.

    Raises:
        ConfigurationError: it cannot be read, or is no YAML mapping.
    """
    try:
        document = yaml.safe_load(config.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError([f"{config}: cannot be read: {error.strerror or type(error).__name__}"]) from None
    except (UnicodeDecodeError, yaml.YAMLError):
        raise ConfigurationError([f"{config}: is not YAML; guardrails doctor tells where"]) from None
    if not isinstance(document, dict):
        raise ConfigurationError([f"{config}: has no settings in it"])
    return document


def emulator_config(document: Document, *, limited: bool = True) -> EmulatorConfig:
    """An emulated subscription that has the deployments the settings name, beside its own.

    `limited` gives it the rate limits Azure documents; without them a first load test measures the service, not the
    1,000 calls a minute of Azure AI Language.
    """
    deployments = {deployment.name: deployment for deployment in DEFAULT_DEPLOYMENTS}
    for _, model in _deployments(document):
        name = model.get("deployment")
        if isinstance(name, str) and name not in deployments:
            kind = "foundry" if model.get("kind") == "foundry" else "azure_openai"
            deployments[name] = Deployment(name, name, kind=kind)
    every = tuple(deployments.values())
    if limited:
        return EmulatorConfig(deployments=every)
    return EmulatorConfig(deployments=every, rate_limits={}, limit_chat=False)


def service_variables(document: Document, emulated: Mapping[str, Any]) -> dict[str, str]:
    """Overrides that make the service of a settings file talk to an emulator, secrets included.

    Args:
        document: The settings file, parsed.
        emulated: What `Emulator.settings()` tells.
    """
    return dict(_overrides(document, emulated)) | {
        "GUARDRAILS_PLACEHOLDERS__KEYS": json.dumps([{"env": PLACEHOLDER_VARIABLE}]),
        PLACEHOLDER_VARIABLE: secrets.token_urlsafe(_PLACEHOLDER_KEY_BYTES),
        SECRET_VARIABLE: str(emulated["client_secret"]),
        KEY_VARIABLE: str(emulated["api_key"]),
    }


def sdk_variables(emulated: Mapping[str, Any]) -> dict[str, str]:
    """What azure-identity, the Azure AI SDKs and openai read from their environment."""
    endpoints = emulated["endpoints"]
    return {
        "AZURE_AUTHORITY_HOST": emulated["authority"],
        "AZURE_TENANT_ID": emulated["tenant_id"],
        "AZURE_CLIENT_ID": emulated["client_id"],
        SECRET_VARIABLE: emulated["client_secret"],
        "SSL_CERT_FILE": emulated["ca_file"],
        "REQUESTS_CA_BUNDLE": emulated["ca_file"],
        "NODE_EXTRA_CA_CERTS": emulated["ca_file"],
        "AZURE_OPENAI_ENDPOINT": endpoints["azure_openai"],
        "AZURE_OPENAI_API_KEY": emulated["api_key"],
        "OPENAI_API_VERSION": emulated["api_versions"]["azure_openai"],
        "CONTENT_SAFETY_ENDPOINT": endpoints["content_safety"],
        "CONTENT_SAFETY_KEY": emulated["api_key"],
        "AZURE_LANGUAGE_ENDPOINT": endpoints["language"],
        "AZURE_LANGUAGE_KEY": emulated["api_key"],
    }


def demo_variables(document: Document, env: Mapping[str, str]) -> dict[str, str]:
    """The demo caller, with the policies of the other callers; these get a key nobody has where theirs is not set.

    And bounds that fit one process that plays both ends of every TLS connection: a burst of callers that opened
    hundreds of them at once would spend its deadlines on handshakes. What the environment says wins.
    """
    callers = _section(document, "callers")
    policies = list(dict.fromkeys(name for caller in callers.values() for name in _policies(caller))) or ["default"]
    demo = {"key_sha256": sha256_of(DEMO_KEY), "policies": policies}
    variables = {f"GUARDRAILS_CALLERS__{_part(DEMO_CALLER)}": json.dumps(demo)}
    variables |= {name: value for name, value in _DEMO_BOUNDS.items() if name not in env}
    return variables | {name: sha256_of(key) for name, key in caller_keys(document, env).items()}


def caller_keys(document: Document, env: Mapping[str, str]) -> dict[str, str]:
    """A new key for each caller whose hash is looked for in a variable that is not set, by that variable."""
    keys: dict[str, str] = {}
    for caller in _section(document, "callers").values():
        reference = caller.get("key_sha256") if isinstance(caller, dict) else None
        name = reference.get("env") if isinstance(reference, dict) else None
        if isinstance(name, str) and not env.get(name):
            keys[name] = new_key()
    return keys


def exports(variables: Mapping[str, str]) -> str:
    """The variables as lines for a POSIX shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def _overrides(document: Document, emulated: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    endpoints = emulated["endpoints"]
    yield "GUARDRAILS_AZURE__AUTHORITY", emulated["authority"]
    yield "GUARDRAILS_AZURE__SCOPE", emulated["scope"]
    yield "GUARDRAILS_AZURE__CA_FILE", json.dumps(emulated["ca_file"])
    for name, credential in _section(document, "credentials").items():
        yield f"GUARDRAILS_CREDENTIALS__{_part(name)}", json.dumps(_credential(credential, emulated))
    for name in _SERVICES:
        if name in _section(document, "services"):
            yield f"GUARDRAILS_SERVICES__{name.upper()}__ENDPOINT", endpoints[name]
    for name in _section(document, "accounts"):
        yield f"GUARDRAILS_ACCOUNTS__{_part(name)}__ENDPOINT", endpoints["azure_openai"]
    for place, deployment in _deployments(document):
        if deployment.get("kind") == "foundry":
            yield f"GUARDRAILS_MODELS__{place}__ENDPOINT", endpoints["foundry"]


def _deployments(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every deployment of the models, with its place as a variable's name spells it."""
    for name, model in _section(document, "models").items():
        if not isinstance(model, dict):
            continue
        several = model.get("deployments")
        if not isinstance(several, list):
            yield _part(name), model
            continue
        for number, deployment in enumerate(several):
            if isinstance(deployment, dict):
                yield f"{_part(name)}__DEPLOYMENTS__{number}", deployment


def _credential(credential: object, emulated: Mapping[str, Any]) -> dict[str, Any]:
    """A key stays a key; every kind of Entra credential becomes the emulated application with its secret."""
    if isinstance(credential, dict) and credential.get("type") == "api_key":
        return {"type": "api_key", "key": {"env": KEY_VARIABLE}}
    return {
        "type": "client_secret",
        "tenant_id": emulated["tenant_id"],
        "client_id": emulated["client_id"],
        "client_secret": {"env": SECRET_VARIABLE},
    }


def _policies(caller: object) -> list[str]:
    policies = caller.get("policies") if isinstance(caller, dict) else None
    return [name for name in policies if isinstance(name, str)] if isinstance(policies, list) else []


def _section(document: Document, name: str) -> Mapping[str, Any]:
    section = document.get(name)
    return section if isinstance(section, dict) else {}


def _part(name: object) -> str:
    return str(name).upper().replace("-", "_").replace(".", "_")
