"""One token request to Entra, through azure-identity.

A credential object of azure-identity is made for every request and thrown away: it keeps a token cache of its own
that would answer a background refresh with the old token, and a 30 s memory of its last request that would delay one
(azure-identity 1.27, `GetTokenMixin`). A new object has neither, costs about a millisecond once an hour, and sees a
rotated secret or certificate by itself.
"""

import asyncio
import base64
import binascii
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Protocol

import aiohttp
from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.transport import AioHttpTransport
from azure.identity import CredentialUnavailableError
from azure.identity.aio import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
)

from guardrails.azure import aadsts
from guardrails.azure.retry import retry_after
from guardrails.azure.secrets import SecretReader
from guardrails.azure.trouble import Trouble, trouble_of_error
from guardrails.domain.check import FailureReason
from guardrails.domain.errors import TokenError
from guardrails.settings import schema as settings

EntraCredential = settings.ClientSecret | settings.Certificate | settings.WorkloadIdentity | settings.ManagedIdentity
"""The kinds that get a bearer; an API key does not."""


def quiet_sdk_logs() -> None:
    """Keep the SDKs from writing Entra's error bodies and a line per token to the log: we report both ourselves."""
    logging.getLogger("azure").setLevel(logging.WARNING)
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
    logging.getLogger("msal").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer and its times, in seconds of the monotonic clock: a step of the wall clock changes nothing."""

    headers: Mapping[str, str] = field(repr=False)
    fetched_at: float
    expires_at: float
    refresh_at: float | None = None

    @property
    def value(self) -> str:
        """The bearer itself."""
        return self.headers["Authorization"].removeprefix("Bearer ")


class Fetch(Protocol):
    """Asks for one new token."""

    async def __call__(self) -> Token:
        """Raise `TokenError` when there is none to be had."""


class _Sdk(Protocol):
    async def get_token_info(self, *scopes: str) -> AccessTokenInfo: ...
    async def close(self) -> None: ...


class EntraClient:
    """Fetches tokens for one configured credential. Keeps nothing between two requests.

    Args:
        name: The credential's name in the settings.
        credential: Its settings.
        azure: Authority and timeouts.
        secrets: Where its secret is read, anew for every request.
        session: The shared session; it stays open.
    """

    def __init__(
        self,
        name: str,
        credential: EntraCredential,
        azure: settings.Azure,
        secrets: SecretReader,
        session: aiohttp.ClientSession,
    ) -> None:
        self._name = name
        self._credential = credential
        self._azure = azure
        self._secrets = secrets
        self._session = session

    async def fetch(self, scope: str) -> Token:
        """Send one token request; a second one only when the first was refused for a secret that has changed meanwhile.

        Raises:
            TokenError: no token; the sentence says why and what mends it.
        """
        try:
            async with asyncio.timeout(self._azure.token_timeout_s):
                return await self._with_rotation(scope)
        except TimeoutError:
            raise self._failed(f"Entra did not answer within {self._azure.token_timeout_s:g} s.") from None

    async def _with_rotation(self, scope: str) -> Token:
        secret = await self._secret(fresh=False)
        try:
            return await self._request(scope, secret)
        except TokenError as error:
            if error.code not in aadsts.SECRET_TROUBLE or secret is None:
                raise
            again = await self._secret(fresh=True)
            if again == secret:
                raise
        return await self._request(scope, again)

    async def _secret(self, *, fresh: bool) -> str | None:
        if isinstance(self._credential, settings.ClientSecret):
            return await self._secrets.read(self._credential.client_secret, fresh=fresh)
        return None

    async def _request(self, scope: str, secret: str | None) -> Token:
        make = await self._maker(secret)
        try:
            # Off the loop: it parses keys, and azure-core looks at the platform's files for its User-Agent.
            sdk = await asyncio.to_thread(make)
        except (ValueError, TypeError):
            raise self._failed(self._unusable()) from None
        try:
            return self._token(await sdk.get_token_info(scope))
        except CredentialUnavailableError as error:
            raise self._failed(_NO_IDENTITY, status=error.status_code) from None
        except HttpResponseError as error:
            raise self._refused(error, scope) from None
        except AzureError as error:
            raise self._no_answer(error) from None
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            raise self._failed("Entra's answer is not a token response.") from None
        finally:
            await sdk.close()

    async def _maker(self, secret: str | None) -> Callable[[], _Sdk]:
        credential, common = self._credential, self._common()
        if isinstance(credential, settings.ClientSecret):
            return lambda: ClientSecretCredential(credential.tenant_id, credential.client_id, secret or "", **common)
        if isinstance(credential, settings.Certificate):
            certificate = _certificate(await self._secrets.read_bytes(credential.certificate))
            password = await self._secrets.read(credential.password) if credential.password else None
            return lambda: CertificateCredential(
                credential.tenant_id,
                credential.client_id,
                certificate_data=certificate,
                password=password,
                **common,
            )
        if isinstance(credential, settings.WorkloadIdentity):
            tenant, client, file = self._workload(credential)
            assertion = await self._secrets.read(settings.SecretRef.model_validate({"file": file}), fresh=True)
            return lambda: ClientAssertionCredential(tenant, client, lambda: assertion, **common)
        del common["authority"]
        return lambda: ManagedIdentityCredential(client_id=credential.client_id, **common)

    def _common(self) -> dict[str, Any]:
        if not self._azure.authority.startswith("https://"):
            raise self._failed("azure.authority must begin with https://: secrets never travel in the clear.")
        # azure-core's own timeouts are 300 s and replace the session's, so they are always given.
        transport = AioHttpTransport(
            session=self._session,
            session_owner=False,
            connection_timeout=self._azure.connect_timeout_s,
            read_timeout=self._azure.token_timeout_s,
        )
        return {
            "transport": transport,
            "authority": self._azure.authority,
            "retry_total": 0,
            "logging_enable": False,
        }

    def _workload(self, credential: settings.WorkloadIdentity) -> tuple[str, str, str]:
        tenant = credential.tenant_id or self._secrets.variable("AZURE_TENANT_ID")
        client = credential.client_id or self._secrets.variable("AZURE_CLIENT_ID")
        file = str(credential.token_file or self._secrets.variable("AZURE_FEDERATED_TOKEN_FILE") or "")
        if tenant and client and file:
            return tenant, client, file
        missing = [
            name
            for name, value in (
                ("tenant_id (AZURE_TENANT_ID)", tenant),
                ("client_id (AZURE_CLIENT_ID)", client),
                ("token_file (AZURE_FEDERATED_TOKEN_FILE)", file),
            )
            if not value
        ]
        raise self._failed(
            f'the workload identity lacks {", ".join(missing)}. Label the pod azure.workload.identity/use: "true" '
            "and annotate its service account with the client id, or give the values."
        )

    def _token(self, told: AccessTokenInfo) -> Token:
        now, wall = time.monotonic(), time.time()
        bearer: object = told.token  # the SDK hands over whatever the answer's JSON held
        if not isinstance(bearer, str) or not _BEARER.fullmatch(bearer):
            raise self._failed("Entra's answer holds no bearer.")
        if told.expires_on <= wall:
            raise self._failed("Entra's token has already expired. Check this machine's clock.")
        return Token(
            MappingProxyType({"Authorization": f"Bearer {bearer}"}),
            fetched_at=now,
            expires_at=now + told.expires_on - wall,
            refresh_at=now + told.refresh_on - wall if told.refresh_on else None,
        )

    def _names(self, scope: str) -> Mapping[str, str]:
        credential, variable = self._credential, self._secrets.variable
        return {
            "client_id": getattr(credential, "client_id", None) or variable("AZURE_CLIENT_ID") or "(unnamed)",
            "tenant_id": getattr(credential, "tenant_id", None) or variable("AZURE_TENANT_ID") or "(unnamed)",
            "secret": str(getattr(credential, "client_secret", "its secret")),
            "scope": scope,
            "authority": self._azure.authority,
        }

    def _refused(self, error: HttpResponseError, scope: str) -> TokenError:
        headers = {name.lower(): value for name, value in getattr(error.response, "headers", {}).items()}
        wait, status = retry_after(headers), error.status_code
        number = aadsts.number_in(str(error.message))
        if number is None:
            return self._failed(_without_number(status), status=status, wait=wait)
        words = aadsts.in_words(number, self._names(scope)) or _UNKNOWN_NUMBER
        return self._failed(f"AADSTS{number}: {words}", code=number, status=status, wait=wait)

    def _no_answer(self, error: AzureError) -> TokenError:
        trouble = trouble_of_error(error.inner_exception if error.inner_exception is not None else error)
        words = _NO_ANSWER.get(trouble, "the connection broke before an answer.")
        return self._failed(f"{self._azure.authority}: {words}")

    def _unusable(self) -> str:
        if isinstance(self._credential, settings.Certificate):
            return (
                f"the certificate in {self._credential.certificate} cannot be used: it must be PEM or PFX with its RSA "
                "private key, and the password must fit."
            )
        return "its tenant_id or client_id is not valid."

    def _failed(
        self, sentence: str, *, code: str | None = None, status: int | None = None, wait: float | None = None
    ) -> TokenError:
        return TokenError(
            FailureReason.TOKEN,
            f"No token for credential {self._name}: {sentence}",
            status=status,
            code=code,
            retry_after=wait,
        )


def _without_number(status: int | None) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "Entra answers 429, too many requests. It is asked again after the pause it wants."
    if status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"Entra answers {status}. It is asked again by itself."
    return f"Entra refused the token request ({status or 'no status'})."


_UNKNOWN_NUMBER = "Entra refused the token request. https://login.microsoftonline.com/error explains the number."
_BEARER = re.compile(r"[A-Za-z0-9._~+/=-]+")
_NO_IDENTITY = (
    "the managed identity endpoint gave no token. Check that this machine or app has an identity assigned (and that "
    "client_id names it)."
)
_NO_ANSWER: Mapping[Trouble, str] = {
    Trouble.UNKNOWN_HOST: "the host name is not known. Check azure.authority and this machine's DNS.",
    Trouble.REFUSED: "the connection was refused. Check azure.authority and the firewall.",
    Trouble.UNREACHABLE: "no connection could be made. Check the firewall and the network's way to Entra.",
    Trouble.TLS: "its TLS certificate is not trusted. Give the CA of your proxy or emulator as azure.ca_file.",
    Trouble.TIMEOUT: "no answer in time. Check the firewall and the network's way to Entra.",
}


def _certificate(raw: bytes) -> bytes:
    """PEM or PFX as it is; a PFX kept in an environment variable or text file is base64."""
    if b"-----BEGIN" in raw:
        return raw
    try:
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except binascii.Error:
        return raw
