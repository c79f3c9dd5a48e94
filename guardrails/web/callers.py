"""Who calls: named applications, recognised by a key that only its hash is kept of."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping

from guardrails.domain.errors import NotAuthenticated, UnknownName
from guardrails.settings.schema import Caller
from guardrails.web.verdict_headers import POLICY_HEADER

_MAX_CREDENTIAL = 4096


class Callers:
    """The applications of the settings. Looking one up compares with all of them, in constant time."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = {name: (bytes.fromhex(caller.key_sha256), caller) for name, caller in callers.items()}

    def authenticate(self, headers: Mapping[str, str]) -> "KnownCaller":
        """The caller of a request, by `Authorization: Bearer`, `api-key`, `x-api-key` or a Basic password.

        Raises:
            NotAuthenticated: no credential was sent, or none that we know.
        """
        found: KnownCaller | None = None
        presented = False
        for credential in _presented(headers):
            presented = True
            digest = hashlib.sha256(credential).digest()
            for name, (expected, caller) in self._callers.items():
                if hmac.compare_digest(digest, expected) and found is None:
                    found = KnownCaller(name, caller)
        if found is None:
            raise NotAuthenticated(
                "This key is not known."
                if presented
                else "Send your key as Authorization: Bearer, api-key, x-api-key or the password of Basic."
            )
        return found


class KnownCaller:
    """An authenticated application and what it may choose from."""

    __slots__ = ("_caller", "name")

    def __init__(self, name: str, caller: Caller) -> None:
        self.name = name
        self._caller = caller

    def policy_name(self, in_body: str | None, headers: Mapping[str, str]) -> str:
        """The policy of a request: named in the body, else in `x-guardrails-policy`, else the caller's default.

        Raises:
            UnknownName: it is not one of the caller's policies (which others exist is not the caller's to know).
        """
        asked = in_body if in_body is not None else headers.get(POLICY_HEADER)
        if asked is None:
            return self._caller.default_policy
        if asked not in self._caller.policies:
            raise UnknownName("policy", asked, self._caller.policies)
        return asked

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies it may choose from."""
        return self._caller.policies

    @property
    def default_policy(self) -> str:
        """The policy of a request that names none."""
        return self._caller.default_policy

    def models(self, configured: Iterable[str]) -> tuple[str, ...]:
        """Those of the configured models that this caller may use."""
        allowed = self._caller.models
        return tuple(model for model in configured if allowed is None or model in allowed)


def _presented(headers: Mapping[str, str]) -> Iterator[bytes]:
    authorization = headers.get("Authorization", "")
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        yield from _bounded(rest.strip())
    elif scheme.lower() == "basic":
        yield from _bounded(_basic_password(rest.strip()))
    for header in ("api-key", "x-api-key"):
        yield from _bounded(headers.get(header, ""))


def _bounded(credential: str) -> Iterator[bytes]:
    if 0 < len(credential) <= _MAX_CREDENTIAL:
        yield credential.encode("utf-8", "surrogateescape")


def _basic_password(encoded: str) -> str:
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
    except ValueError:  # also of text that is not ASCII, which is no base64
        return ""
    return decoded.partition(":")[2]
