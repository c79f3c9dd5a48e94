"""Managed identity endpoints: the metadata service of virtual machines and the one of App Service.

The SDKs call both without TLS, so `Emulator(managed_identity=True)` listens a second time. One identity is assigned,
that of the configured application, whether asked for by client id or not at all.
"""

import hmac
import math
import time
from typing import Final

from aiohttp import web

from guardrails.emulator.azure_errors import json_answer
from guardrails.emulator.directory import Application
from guardrails.emulator.scenarios import EntraFault
from guardrails.emulator.services.entra import FOREIGN_AUDIENCE, issue
from guardrails.emulator.state import EFFECT, IDENTITY, STATE, EmulatorState

IDENTITY_HEADER: Final = "X-IDENTITY-HEADER"
_STATUS_TEXTS: Final = {429: "Too many requests", 404: "Not found"}


def add_routes(app: web.Application) -> None:
    """Add the virtual machine's path and App Service's (`IDENTITY_ENDPOINT` is `{identity_url}/msi/token`)."""
    app.router.add_get("/metadata/identity/oauth2/token", _instance_metadata)
    app.router.add_get("/msi/token", _app_service)


async def _instance_metadata(request: web.Request) -> web.Response:
    if request.headers.get("Metadata", "").lower() != "true":
        return _refusal(400, "invalid_request", "Required metadata header not specified")
    return _answer(request)


async def _app_service(request: web.Request) -> web.Response:
    expected = request.app[STATE].directory.identity_header.encode()
    if not hmac.compare_digest(expected, request.headers.get(IDENTITY_HEADER, "").encode("utf-8", "replace")):
        return _refusal(401, "unauthorized", "The identity header is missing or wrong")
    return _answer(request)


def _answer(request: web.Request) -> web.Response:
    state, effect = request.app[STATE], request[EFFECT]
    status = 503 if effect.entra is EntraFault.OUTAGE else effect.status
    if status is not None:
        response = _refusal(status, "temporarily_unavailable", _STATUS_TEXTS.get(status, "Service unavailable"))
        if effect.retry_after is not None:
            response.headers["Retry-After"] = str(math.ceil(effect.retry_after))
        return response
    application = _identity(state, request)
    if application is None:
        return _refusal(400, "invalid_request", "Identity not found")
    resource = request.query.get("resource", "").rstrip("/")
    if resource not in state.directory.resources:
        return _refusal(400, "invalid_resource", "AADSTS500011: The resource principal was not found in the tenant.")
    request[IDENTITY] = application.object_id
    audience = FOREIGN_AUDIENCE if effect.entra is EntraFault.WRONG_AUDIENCE else resource
    return json_answer(_body(state, application, audience))


def _identity(state: EmulatorState, request: web.Request) -> Application | None:
    asked = request.query.get("client_id", state.directory.managed_identity)
    if asked != state.directory.managed_identity:
        return None
    return state.directory.applications.get(asked)


def _body(state: EmulatorState, application: Application, audience: str) -> dict[str, object]:
    issued = issue(state, application, audience, "2")
    now = int(time.time())
    lifetime = state.directory.expires_in
    # Numbers are strings here, unlike in the token endpoint's answer.
    body: dict[str, object] = {
        "access_token": issued["access_token"],
        "client_id": application.client_id,
        "expires_in": str(lifetime),
        "expires_on": str(now + lifetime),
        "ext_expires_in": str(lifetime),
        "not_before": str(now),
        "resource": audience,
        "token_type": "Bearer",
    }
    if state.directory.refresh_in is not None:
        body["refresh_in"] = str(state.directory.refresh_in)
    return body


def _refusal(status: int, error: str, description: str) -> web.Response:
    return json_answer({"error": error, "error_description": description}, status=status)
