"""Access tokens of the emulated Entra: minting, publishing the key, verifying.

The claims are those of a version 1.0 application token. No SDK parses them; the gate does.
"""

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

ALGORITHM: Final = "RS256"
_VERIFIED_LIMIT: Final = 4096


def _base64url(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(slots=True)
class SigningKey:
    """The RSA key tokens are signed with. Verified tokens are remembered, because one is used for many calls."""

    private: RSAPrivateKey = field(repr=False)
    public: RSAPublicKey = field(init=False, repr=False)
    key_id: str = field(init=False)
    _verified: dict[bytes, dict[str, Any]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.public = self.private.public_key()
        der = self.public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.key_id = base64.urlsafe_b64encode(hashlib.sha256(der).digest()[:20]).rstrip(b"=").decode()

    @classmethod
    def generate(cls) -> "SigningKey":
        """Make a new key: slow (CPU), so not on an event loop."""
        return cls(generate_private_key(public_exponent=65537, key_size=2048))

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return the compact JWT of `claims`."""
        return jwt.encode(dict(claims), self.private, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def verify(self, token: str) -> dict[str, Any] | None:
        """Return the claims of an unexpired token this key signed, else None. The audience is not judged."""
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        claims = self._verified.get(digest)
        if claims is None:
            try:
                claims = jwt.decode(token, self.public, algorithms=[ALGORITHM], options={"verify_aud": False})
            except (jwt.InvalidTokenError, ValueError, RecursionError):
                return None
            if len(self._verified) >= _VERIFIED_LIMIT:
                self._verified.clear()
            self._verified[digest] = claims
        return claims if float(claims.get("exp", 0)) > time.time() else None

    def key_set(self) -> dict[str, object]:
        """Return the JSON Web Key Set that publishes the key."""
        numbers = self.public.public_numbers()
        key = {
            "kty": "RSA",
            "use": "sig",
            "alg": ALGORITHM,
            "kid": self.key_id,
            "n": _base64url(numbers.n),
            "e": _base64url(numbers.e),
        }
        return {"keys": [key]}


def access_token_claims(
    *, tenant_id: str, client_id: str, object_id: str, audience: str, lifetime: float, now: float, proof: str = "1"
) -> dict[str, object]:
    """Return the claims of an application's access token. `proof` is "1" for a secret, "2" for an assertion."""
    issuer = f"https://sts.windows.net/{tenant_id}/"
    return {
        "aud": audience,
        "iss": issuer,
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now + lifetime),
        "aio": uuid4().hex,
        "appid": client_id,
        "appidacr": proof,
        "idp": issuer,
        "idtyp": "app",
        "oid": object_id,
        "sub": object_id,
        "tid": tenant_id,
        "uti": uuid4().hex,
        "ver": "1.0",
    }
