"""The token endpoint of Entra ID (v2.0, client credentials) and its discovery documents.

An application proves itself by a secret (in the form or as HTTP Basic), a certificate's assertion or a federated one.
Everything that can go wrong answers with the documented AADSTS error.
"""

import base64
import math
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote_plus, urlsplit
from uuid import uuid4

import orjson
from aiohttp import web

from guardrails.emulator.azure_errors import json_answer
from guardrails.emulator.directory import Application
from guardrails.emulator.gate import JOURNAL_BODY
from guardrails.emulator.scenarios import Effect, EntraFault
from guardrails.emulator.services import entra_errors as errors
from guardrails.emulator.services.assertions import ASSERTION_TYPE, judge_assertion
from guardrails.emulator.services.entra_errors import EntraError, entra_answer, entra_headers
from guardrails.emulator.state import EFFECT, IDENTITY, STATE, EmulatorState
from guardrails.emulator.tokens import access_token_claims

FOREIGN_AUDIENCE: Final = "https://graph.microsoft.com"
_PUBLIC_AUTHORITIES: Final = ("login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn")
_DEFAULT_SUFFIX: Final = "/.default"
_MAX_FIELDS: Final = 100
_PLAIN_FIELDS: Final = frozenset({"client_id", "grant_type", "scope", "client_assertion_type", "claims", "client_info"})
# What a broken installation shows; the real mistake is not in the request, so the text cannot quote it.
_SCRIPTED_PARAMETER: Final = {EntraFault.UNKNOWN_RESOURCE: "the requested resource"}


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a client asked: the form, and who it says it is."""

    tenant: str
    grant_type: str
    client_id: str
    scope: str
    client_secret: str | None = field(repr=False)
    client_assertion: str | None = field(repr=False)
    assertion_type: str


class _RefusedError(Exception):
    def __init__(self, error: EntraError, parameter: str = "") -> None:
        super().__init__(error.number)
        self.error = error
        self.parameter = parameter


def add_routes(app: web.Application) -> None:
    """Add the token endpoint, both OpenID configurations, instance discovery and the key set."""
    app.router.add_post("/{tenant}/oauth2/v2.0/token", _token)
    app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", _openid_configuration)
    app.router.add_get("/{tenant}/.well-known/openid-configuration", _openid_configuration)
    app.router.add_get("/common/discovery/instance", _instance_discovery)
    app.router.add_get("/{tenant}/discovery/v2.0/keys", _key_set)


async def _token(request: web.Request) -> web.Response:
    asked = await _read_form(request)
    state = request.app[STATE]
    effect = request[EFFECT]
    if scripted := _scripted(request, effect, tenant=asked.tenant, client_id=asked.client_id):
        return scripted
    try:
        application = _application(state, asked)
        proof = _prove(request, application, asked)
        audience = _audience(state, asked.scope)
    except _RefusedError as refused:
        return entra_answer(
            refused.error,
            request,
            tenant=asked.tenant,
            client_id=asked.client_id,
            parameter=refused.parameter,
        )
    if effect.entra is EntraFault.WRONG_AUDIENCE:
        audience = FOREIGN_AUDIENCE
    request[IDENTITY] = application.object_id
    return json_answer(issue(state, application, audience, proof), headers=entra_headers(str(uuid4())))


def issue(state: EmulatorState, application: Application, audience: str, proof: str) -> dict[str, object]:
    """Mint an access token and return the token endpoint's body. `proof` is "1" for a secret, "2" for an assertion."""
    directory = state.directory
    claims = access_token_claims(
        tenant_id=application.tenant_id,
        client_id=application.client_id,
        object_id=application.object_id,
        audience=audience,
        lifetime=directory.expires_in,
        now=time.time(),
        proof=proof,
    )
    body: dict[str, object] = {
        "token_type": "Bearer",
        "expires_in": directory.expires_in,
        "ext_expires_in": directory.expires_in,
    }
    if directory.refresh_in is not None:
        body["refresh_in"] = directory.refresh_in
    return {**body, "access_token": state.signing_key.sign(claims)}


async def _read_form(request: web.Request) -> TokenRequest:
    form = _form(request.content_type, await request.read())
    request[JOURNAL_BODY] = orjson.dumps(
        {name: value if name in _PLAIN_FIELDS else "***" for name, value in form.items()}
    )
    basic_id, basic_secret = _basic(request.headers.get("Authorization", ""))
    return TokenRequest(
        tenant=request.match_info["tenant"],
        grant_type=form.get("grant_type", ""),
        client_id=form.get("client_id") or basic_id,
        scope=form.get("scope", ""),
        client_secret=form.get("client_secret") or basic_secret,
        client_assertion=form.get("client_assertion"),
        assertion_type=form.get("client_assertion_type", ""),
    )


def _form(content_type: str, body: bytes) -> dict[str, str]:
    if content_type != "application/x-www-form-urlencoded":
        return {}
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MAX_FIELDS))
    except ValueError:
        return {}


def _basic(header: str) -> tuple[str, str | None]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", None
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        return "", None
    client_id, _, secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _scripted(request: web.Request, effect: Effect, *, tenant: str, client_id: str = "") -> web.Response | None:
    error = errors.SCRIPTED.get(effect.entra) if effect.entra else None
    if error is None and effect.status is not None:
        error = errors.BY_STATUS.get(effect.status, errors.SERVER_ERROR)
    if error is None:
        return None
    response = entra_answer(
        error,
        request,
        tenant=tenant,
        client_id=client_id,
        parameter=_SCRIPTED_PARAMETER.get(effect.entra, "") if effect.entra else "",
        status=effect.status,
    )
    if effect.retry_after is not None:
        response.headers["Retry-After"] = str(math.ceil(effect.retry_after))
    return response


def _application(state: EmulatorState, asked: TokenRequest) -> Application:
    if asked.tenant not in state.directory.tenants:
        raise _RefusedError(errors.UNKNOWN_TENANT)
    for name, value in (("grant_type", asked.grant_type), ("client_id", asked.client_id), ("scope", asked.scope)):
        if not value:
            raise _RefusedError(errors.MISSING_PARAMETER, name)
    if asked.grant_type != "client_credentials":
        raise _RefusedError(errors.UNSUPPORTED_GRANT, asked.grant_type)
    application = state.directory.applications.get(asked.client_id)
    if application is None or application.tenant_id != asked.tenant:
        raise _RefusedError(errors.UNKNOWN_APP)
    return application


def _prove(request: web.Request, application: Application, asked: TokenRequest) -> str:
    now = time.time()
    if asked.client_assertion is not None and asked.assertion_type == ASSERTION_TYPE:
        token_url = f"{_origin(request)}{request.path}"
        refused = judge_assertion(application, asked.client_assertion, token_url=token_url, now=now)
        if refused is not None:
            raise _RefusedError(refused.error, refused.parameter)
        return "2"
    if asked.client_secret is None:
        raise _RefusedError(errors.NO_CREDENTIAL)
    matching = [secret for secret in application.secrets if secret.equals(asked.client_secret)]
    if not matching:
        raise _RefusedError(errors.WRONG_SECRET)
    if all(secret.expired(now) for secret in matching):
        raise _RefusedError(errors.SECRET_EXPIRED)
    return "1"


def _audience(state: EmulatorState, scope: str) -> str:
    resource = scope.removesuffix(_DEFAULT_SUFFIX).rstrip("/")
    if not scope.endswith(_DEFAULT_SUFFIX) or " " in scope or not resource:
        raise _RefusedError(errors.BAD_SCOPE, scope)
    if resource not in state.directory.resources:
        raise _RefusedError(errors.UNKNOWN_RESOURCE, resource)
    return resource


def _origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"


async def _openid_configuration(request: web.Request) -> web.Response:
    tenant = request.match_info["tenant"]
    if scripted := _scripted(request, request[EFFECT], tenant=tenant):
        return scripted
    directory = request.app[STATE].directory
    if tenant not in directory.tenants | {"common", "organizations"}:
        refused = EntraError(errors.UNKNOWN_TENANT.number, 400, "invalid_tenant", errors.UNKNOWN_TENANT.text)
        return entra_answer(refused, request, tenant=tenant)
    base = f"{_origin(request)}/{tenant}"
    document = {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "tenant_region_scope": None,
    }
    return json_answer(document, headers=entra_headers(str(uuid4())))


async def _instance_discovery(request: web.Request) -> web.Response:
    host = request.host
    if not _is_authority(request.query.get("authorization_endpoint", ""), host):
        return entra_answer(errors.UNKNOWN_INSTANCE, request)
    metadata = [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]
    document = {
        "tenant_discovery_endpoint": f"{_origin(request)}/common/v2.0/.well-known/openid-configuration",
        "api-version": request.query.get("api-version", "1.1"),
        "metadata": metadata,
    }
    return json_answer(document)


def _is_authority(endpoint: str, own: str) -> bool:
    try:
        return urlsplit(endpoint).netloc in {own, *_PUBLIC_AUTHORITIES}
    except ValueError:
        return False


async def _key_set(request: web.Request) -> web.Response:
    return json_answer(request.app[STATE].signing_key.key_set())
