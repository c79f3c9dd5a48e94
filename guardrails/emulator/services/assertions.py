"""Client assertions: signed by an application's certificate, or by another issuer it federates with.

azure-identity pads the base64url of its assertions, MSAL does not; both are read.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from guardrails.emulator.directory import Application
from guardrails.emulator.services.entra_errors import (
    ASSERTION_AUDIENCE,
    ASSERTION_MALFORMED,
    ASSERTION_SUBJECT,
    ASSERTION_TIME,
    CERTIFICATE_NOT_REGISTERED,
    FEDERATION_MISMATCH,
    EntraError,
)

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CERTIFICATE_ALGORITHMS: Final = ("PS256", "RS256")
_CLOCK_SKEW_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an assertion is not accepted; `parameter` fills the error's text."""

    error: EntraError
    parameter: str = ""


def register_certificate(application: Application, certificate_pem: bytes) -> str:
    """Register a certificate (PEM) on an application and return its SHA-256 thumbprint.

    Raises:
        ValueError: when it is not a certificate with an RSA key.
    """
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the certificate must hold an RSA key")  # noqa: TRY004 (the PEM's value, not its type)
    sha256 = _thumbprint(certificate.fingerprint(hashes.SHA256()))
    der = certificate.public_bytes(serialization.Encoding.DER)
    # The older thumbprint is what RS256 assertions name; it protects nothing here.
    sha1 = _thumbprint(hashlib.sha1(der, usedforsecurity=False).digest())
    application.certificates.update({sha256: key, sha1: key})
    return sha256


def judge_assertion(application: Application, assertion: str, *, token_url: str, now: float) -> Refused | None:
    """Return why an assertion does not prove the application's identity, None when it does."""
    try:
        header = jwt.get_unverified_header(assertion)
        claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return Refused(ASSERTION_MALFORMED)
    if "x5t#S256" in header or "x5t" in header:
        return _judge_certificate(application, assertion, header, claims, token_url=token_url, now=now)
    return _judge_federated(application, assertion, claims, now=now)


def _judge_certificate(
    application: Application,
    assertion: str,
    header: dict[str, Any],
    claims: dict[str, Any],
    *,
    token_url: str,
    now: float,
) -> Refused | None:
    thumbprint = str(header.get("x5t#S256") or header.get("x5t")).rstrip("=")
    key = application.certificates.get(thumbprint)
    if key is None:
        reason = f"The key was not found., Thumbprint of key used by client: '{_hex(thumbprint)}'"
        return Refused(CERTIFICATE_NOT_REGISTERED, reason)
    if not _signed(assertion, key, _CERTIFICATE_ALGORITHMS):
        return Refused(CERTIFICATE_NOT_REGISTERED, "The key was found but the signature is not valid.")
    if [claims.get("iss"), claims.get("sub")] != [application.client_id] * 2:
        return Refused(ASSERTION_SUBJECT)
    if not _addressed(claims.get("aud"), token_url):
        return Refused(ASSERTION_AUDIENCE)
    return _judge_time(claims, now)


def _judge_federated(application: Application, assertion: str, claims: dict[str, Any], *, now: float) -> Refused | None:
    issuer, subject, audience = (str(claims.get(name, "")) for name in ("iss", "sub", "aud"))
    for trusted in application.federated:
        if (trusted.issuer, trusted.subject) != (issuer, subject) or trusted.audience not in _audiences(claims):
            continue
        if _signed(assertion, trusted.public_key, ("RS256",)):
            return _judge_time(claims, now)
    presented = f"Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'."
    return Refused(FEDERATION_MISMATCH, presented)


def _judge_time(claims: dict[str, Any], now: float) -> Refused | None:
    begins, ends = claims.get("nbf", claims.get("iat", 0)), claims.get("exp")
    if isinstance(begins, (int, float)) and isinstance(ends, (int, float)):
        within = begins - _CLOCK_SKEW_SECONDS <= now < ends + _CLOCK_SKEW_SECONDS
        if within:
            return None
    return Refused(ASSERTION_TIME, f"Current time: {int(now)}, assertion valid from {begins}, expiry time {ends}.")


def _signed(assertion: str, key: RSAPublicKey, algorithms: tuple[str, ...]) -> bool:
    options: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        jwt.decode(assertion, key, algorithms=list(algorithms), options=options)
    except jwt.InvalidTokenError:
        return False
    return True


def _audiences(claims: dict[str, Any]) -> list[str]:
    audience = claims.get("aud")
    return [str(one) for one in audience] if isinstance(audience, list) else [str(audience)]


def _addressed(audience: object, token_url: str) -> bool:
    """Accept the token endpoint and the tenant's issuer, on the host the client speaks to."""
    if not isinstance(audience, str):
        return False
    try:
        given, own = urlsplit(audience), urlsplit(token_url)
    except ValueError:
        return False
    tenant = own.path.split("/")[1]
    return given.netloc == own.netloc and given.path in {own.path, f"/{tenant}/v2.0", f"/{tenant}/", f"/{tenant}"}


def _thumbprint(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _hex(thumbprint: str) -> str:
    try:
        return base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4)).hex().upper()
    except ValueError:
        return "?"
