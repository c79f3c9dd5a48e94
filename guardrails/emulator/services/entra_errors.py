"""The refusals of the token endpoint: one table, one builder.

Bodies and statuses follow recorded answers where there are some (7000215, 7000222, 700016, 90002); the statuses of
900144, 70011 and 70021 are known from third parties, the rest is inferred from Microsoft's error code reference.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from aiohttp import web

from guardrails.emulator.azure_errors import json_answer
from guardrails.emulator.scenarios import EntraFault

ERROR_PAGE: Final = "https://login.microsoftonline.com/error?code="
_SERVER: Final = "2.1.24000.1 - SEC ProdSlices"


@dataclass(frozen=True, slots=True)
class EntraError:
    """One AADSTS error: HTTP status, OAuth error and its text, with `{...}` for what the request said."""

    number: int
    status: int
    error: str
    text: str


WRONG_SECRET: Final = EntraError(
    7000215,
    401,
    "invalid_client",
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
    "the client secret ID, for a secret added to app '{client_id}'.",
)
SECRET_EXPIRED: Final = EntraError(
    7000222,
    401,
    "invalid_client",
    "The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal to create new keys "
    "for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "
    "https://aka.ms/certCreds.",
)
NO_CREDENTIAL: Final = EntraError(
    7000218,
    401,
    "invalid_client",
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
)
UNKNOWN_INSTANCE: Final = EntraError(50049, 400, "invalid_instance", "Unknown or invalid instance.")
UNKNOWN_APP: Final = EntraError(
    700016,
    400,
    "unauthorized_client",
    "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can happen if the "
    "application has not been installed by the administrator of the tenant or consented to by any user in the "
    "tenant. You may have sent your authentication request to the wrong tenant.",
)
UNKNOWN_TENANT: Final = EntraError(
    90002,
    400,
    "invalid_request",
    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
    "correct cloud. Check with your subscription administrator, this may happen if there are no active "
    "subscriptions for the tenant.",
)
MISSING_PARAMETER: Final = EntraError(
    900144, 400, "invalid_request", "The request body must contain the following parameter: '{parameter}'."
)
UNSUPPORTED_GRANT: Final = EntraError(
    70003, 400, "unsupported_grant_type", "The app requested an unsupported grant type '{parameter}'."
)
BAD_SCOPE: Final = EntraError(
    70011,
    400,
    "invalid_scope",
    "The provided request must include a 'scope' input parameter. The provided value for the input parameter "
    "'scope' is not valid. The scope {parameter} is not valid.",
)
UNKNOWN_RESOURCE: Final = EntraError(
    500011,
    400,
    "invalid_resource",
    "The resource principal named {parameter} was not found in the tenant named {tenant}. This can happen if the "
    "application has not been installed by the administrator of the tenant or consented to by any user in the "
    "tenant. You might have sent your authentication request to the wrong tenant.",
)
ASSERTION_MALFORMED: Final = EntraError(50027, 401, "invalid_client", "JWT token is invalid or malformed.")
ASSERTION_TIME: Final = EntraError(
    700024, 401, "invalid_client", "Client assertion is not within its valid time range. {parameter}"
)
ASSERTION_AUDIENCE: Final = EntraError(
    700023, 401, "invalid_client", "Client assertion audience claim does not match Realm issuer."
)
ASSERTION_SUBJECT: Final = EntraError(
    700021,
    401,
    "invalid_client",
    "Client assertion application identifier doesn't match 'client_id' parameter.",
)
CERTIFICATE_NOT_REGISTERED: Final = EntraError(
    700027,
    401,
    "invalid_client",
    "The certificate with identifier used to sign the client assertion is not registered on application. "
    "[Reason - {parameter}].",
)
FEDERATION_MISMATCH: Final = EntraError(
    70021, 401, "invalid_client", "No matching federated identity record found for presented assertion. {parameter}"
)
OUTAGE: Final = EntraError(
    90033,
    503,
    "temporarily_unavailable",
    "A transient error has occurred. Please try again. {parameter}",
)
THROTTLED: Final = EntraError(90055, 429, "temporarily_unavailable", "There are too many incoming requests.")
SERVER_ERROR: Final = EntraError(50000, 500, "server_error", "There was an error issuing a token.")

SCRIPTED: Final[Mapping[EntraFault, EntraError]] = {
    EntraFault.WRONG_SECRET: WRONG_SECRET,
    EntraFault.SECRET_EXPIRED: SECRET_EXPIRED,
    EntraFault.UNKNOWN_APP: UNKNOWN_APP,
    EntraFault.UNKNOWN_TENANT: UNKNOWN_TENANT,
    EntraFault.UNKNOWN_RESOURCE: UNKNOWN_RESOURCE,
    EntraFault.FEDERATION_MISMATCH: FEDERATION_MISMATCH,
    EntraFault.OUTAGE: OUTAGE,
}
BY_STATUS: Final[Mapping[int, EntraError]] = {429: THROTTLED, 500: SERVER_ERROR, 503: OUTAGE}


def entra_answer(
    error: EntraError,
    request: web.Request,
    *,
    tenant: str = "",
    client_id: str = "",
    parameter: str = "",
    status: int | None = None,
) -> web.Response:
    """Build the answer for an error; the trace id is also the header `x-ms-request-id`."""
    trace_id = str(uuid4())
    correlation_id = request.headers.get("client-request-id") or str(uuid4())
    timestamp = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    text = error.text.format(tenant=tenant, client_id=client_id, parameter=parameter).strip()
    description = (
        f"AADSTS{error.number}: {text} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"
    )
    body = {
        "error": error.error,
        "error_description": description,
        "error_codes": [error.number],
        "timestamp": timestamp,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "error_uri": f"{ERROR_PAGE}{error.number}",
    }
    return json_answer(body, status=status or error.status, headers=entra_headers(trace_id))


def entra_headers(request_id: str) -> dict[str, str]:
    """Return the headers of every token answer."""
    return {
        "Cache-Control": "no-store, no-cache",
        "Pragma": "no-cache",
        "Expires": "-1",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
        "P3P": 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
        "x-ms-request-id": request_id,
        "x-ms-ests-server": _SERVER,
        "Set-Cookie": "x-ms-gateway-slice=estsfd; path=/; secure; samesite=none; httponly",
    }
