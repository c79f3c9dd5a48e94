"""Who is calling a service: an API key or a bearer of the emulated Entra, judged as Azure's front does."""

import hmac
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from guardrails.emulator.azure_errors import (
    INVALID_KEY,
    KEYS_DISABLED,
    NO_CUSTOM_SUBDOMAIN,
    azure_error,
    unauthorized_token,
)
from guardrails.emulator.operations import Operation
from guardrails.emulator.roles import allows
from guardrails.emulator.scenarios import Refusal, Service
from guardrails.emulator.state import EmulatorState

KEY_HEADERS: Final = ("Ocp-Apim-Subscription-Key", "api-key")
_SECRET_HEADERS: Final = frozenset(
    {"authorization", "ocp-apim-subscription-key", "api-key", "x-identity-header", "cookie", "x-emulator-key"}
)
_NETWORK: Final = "Access denied due to Virtual Network/Firewall rules."
KEY_IDENTITY: Final = "key"


@dataclass(frozen=True, slots=True)
class Principal:
    """A recognised caller: the object id of a service principal, or `key`."""

    identity: str


def authenticate(request: web.Request, state: EmulatorState, operation: Operation) -> Principal | web.Response:
    """Return who is calling, or the answer that turns them away. A key header is looked at before a bearer."""
    bearer = _bearer(request)
    key = next((request.headers[name] for name in KEY_HEADERS if name in request.headers), None)
    if key is None and operation.service is Service.CHAT and bearer and _is_key(state, bearer):
        key = bearer
    if key is not None:
        return _by_key(state, key)
    if bearer is not None and _host(request) in state.config.regional_hosts:
        return refusal_answer(Refusal.REGIONAL_ENDPOINT, state, operation)
    claims = state.signing_key.verify(bearer) if bearer else None
    if claims is None or not _meant_for(claims, accepted_audiences(state, operation)):
        return refusal_answer(Refusal.UNAUTHORIZED, state, operation)
    return Principal(str(claims.get("oid", "")))


def authorize(principal: Principal, state: EmulatorState, operation: Operation) -> web.Response | None:
    """Return the answer for a principal without the data action; None when it may. Keys may do everything."""
    if principal.identity == KEY_IDENTITY:
        return None
    if allows(state.directory.roles_of(principal.identity), operation.data_action):
        return None
    return refusal_answer(Refusal.ROLE_MISSING, state, operation, identity=principal.identity)


def refusal_answer(
    refusal: Refusal, state: EmulatorState, operation: Operation, *, identity: str | None = None
) -> web.Response:
    """Build the documented answer for a refusal."""
    if refusal in {Refusal.UNAUTHORIZED, Refusal.WRONG_AUDIENCE}:
        return unauthorized_token(accepted_audiences(state, operation)[0])
    if refusal is Refusal.ROLE_MISSING:
        return _role_missing(operation, identity or state.config.object_id)
    status, code, message = {
        Refusal.INVALID_KEY: (401, "401", INVALID_KEY),
        Refusal.KEYS_DISABLED: (403, "AuthenticationTypeDisabled", KEYS_DISABLED),
        Refusal.REGIONAL_ENDPOINT: (400, "BadRequest", NO_CUSTOM_SUBDOMAIN),
        Refusal.NETWORK_RULES: (403, "403", _NETWORK),
        Refusal.UNKNOWN_DEPLOYMENT: (404, "DeploymentNotFound", DEPLOYMENT_NOT_FOUND),
    }[refusal]
    return azure_error(status, code, message)


DEPLOYMENT_NOT_FOUND: Final = (
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, "
    "please wait a moment and try again."
)


def accepted_audiences(state: EmulatorState, operation: Operation) -> tuple[str, ...]:
    """Return the audiences an operation takes, the one its errors name first."""
    return state.config.chat_audiences if operation.service is Service.CHAT else state.config.audiences


def without_secrets(request: web.BaseRequest) -> dict[str, str]:
    """Return a request's headers with the credentials replaced by `***`."""
    return {name: "***" if name.lower() in _SECRET_HEADERS else value for name, value in request.headers.items()}


def _role_missing(operation: Operation, identity: str) -> web.Response:
    message = (
        f"The principal `{identity}` lacks the required data action `{operation.data_action}` "
        f"to perform `{operation.method} {operation.pattern}` operation."
    )
    return azure_error(401, "PermissionDenied", message)


def _by_key(state: EmulatorState, key: str) -> Principal | web.Response:
    if not state.key_authentication:
        return azure_error(403, "AuthenticationTypeDisabled", KEYS_DISABLED)
    if not _is_key(state, key):
        return azure_error(401, "401", INVALID_KEY)
    return Principal(KEY_IDENTITY)


def _is_key(state: EmulatorState, given: str) -> bool:
    presented = given.encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(known.encode(), presented) for known in state.api_keys]
    return any(matches)


def _bearer(request: web.Request) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _host(request: web.Request) -> str:
    # Not the parsed URL: a Host header may be anything.
    return request.host.rpartition(":")[0].lower() or request.host.lower()


def _meant_for(claims: dict[str, Any], audiences: tuple[str, ...]) -> bool:
    return str(claims.get("aud", "")).rstrip("/") in audiences
