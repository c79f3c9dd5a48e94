"""The token provider: every bearer and key that leaves this process comes from here."""

import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import aiohttp

from guardrails.azure.credentials import EntraClient, Token, quiet_sdk_logs
from guardrails.azure.observer import NO_OBSERVER, Observer
from guardrails.azure.secrets import SecretReader
from guardrails.azure.target import Target
from guardrails.azure.token_slot import Timing, TokenSlot
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import TokenError
from guardrails.settings import schema as settings

READY_WITHIN_S = 2.0
"""How long readiness waits for a first token; kubelet's own patience is a second or more."""


class TokenProvider:
    """Gives the header that opens a target: a bearer, fetched once for all and renewed in the background, or a key.

    Args:
        configuration: The credentials, and how Entra is reached.
        secrets: Reads the secrets they refer to.
        session: The shared session; the provider never closes it.
        observer: Told of every token request.
        timing: When tokens are renewed.
    """

    def __init__(
        self,
        configuration: settings.Settings,
        secrets: SecretReader,
        session: aiohttp.ClientSession,
        observer: Observer = NO_OBSERVER,
        timing: Timing | None = None,
    ) -> None:
        quiet_sdk_logs()
        self._settings = configuration
        self._secrets = secrets
        self._session = session
        self._observer = observer
        self._timing = timing or Timing()
        self._slots: dict[tuple[str, str], TokenSlot] = {}

    async def start(self, targets: Iterable[Target] = ()) -> None:
        """Begin to fetch the tokens of these targets, so that the first requests find them; wait for nothing."""
        for target in targets:
            slot = self._slot(target)
            if slot is not None:
                slot.warm()

    async def close(self) -> None:
        """End every fetch and renewal. Callers still waiting get a `TokenError`."""
        for slot in self._slots.values():
            await slot.close()

    async def headers(self, target: Target, deadline: Deadline | None = None) -> Mapping[str, str]:
        """The header to send: `Authorization` with a bearer, or the key in `target.key_header`.

        Raises:
            TokenError: there is none; reason `deadline` when the deadline passed while waiting, else `token`.
        """
        slot = self._slot(target)
        if slot is not None:
            return (await slot.get(deadline)).headers
        return await self._key(target)

    async def token(self, target: Target, deadline: Deadline | None = None) -> Token:
        """The bearer with its times, for what needs more than a header.

        Raises:
            TokenError: as `headers`; also when the target's credential is an API key.
        """
        slot = self._slot(target)
        if slot is None:
            raise TokenError(FailureReason.TOKEN, f"Credential {target.credential} is an API key and has no token.")
        return await slot.get(deadline)

    def uses_key(self, target: Target) -> bool:
        """Whether the target's credential is an API key."""
        return isinstance(self._settings.credentials.get(target.credential), settings.ApiKey)

    async def drop(self, target: Target, headers: Mapping[str, str]) -> bool:
        """Forget what a service has refused with 401, if it is still what we would send.

        A key is not forgotten but read again.

        Returns:
            Whether trying once more is worth it: what would be sent now is another token or key than `headers` has.
        """
        slot = self._slot(target)
        if slot is not None:
            return slot.drop(headers.get("Authorization", ""))
        return await self._key(target, fresh=True) != headers

    async def ready(self, target: Target, within_s: float = READY_WITHIN_S) -> TokenError | None:
        """Whether calls to the target would find a bearer or key: None, or why not. Never floods Entra."""
        try:
            await self.headers(target, Deadline.after(within_s))
        except TokenError as error:
            return error
        return None

    def ages(self) -> Mapping[str, float]:
        """Seconds since the fetch of each credential's token (the oldest, where it has several scopes)."""
        now = time.monotonic()
        ages: dict[str, float] = {}
        for (name, _), slot in self._slots.items():
            if slot.token is not None:
                ages[name] = max(ages.get(name, 0.0), now - slot.token.fetched_at)
        return ages

    def expires_in(self) -> Mapping[str, float]:
        """Seconds until each credential's token expires (the first of several); negative when it has."""
        now = time.monotonic()
        left: dict[str, float] = {}
        for (name, _), slot in self._slots.items():
            if slot.token is not None:
                left[name] = min(left.get(name, float("inf")), slot.token.expires_at - now)
        return left

    def _slot(self, target: Target) -> TokenSlot | None:
        slot = self._slots.get((target.credential, target.scope))
        if slot is not None:
            return slot
        credential = self._settings.credentials.get(target.credential)
        if credential is None:
            raise TokenError(FailureReason.TOKEN, f"There is no credential {target.credential} in the settings.")
        if isinstance(credential, settings.ApiKey):
            return None
        entra = EntraClient(target.credential, credential, self._settings.azure, self._secrets, self._session)
        scope = target.scope

        async def fetch() -> Token:
            return await entra.fetch(scope)

        slot = TokenSlot(target.credential, fetch, self._observer, self._timing)
        self._slots[target.credential, scope] = slot
        return slot

    async def _key(self, target: Target, *, fresh: bool = False) -> Mapping[str, str]:
        credential = self._settings.credentials[target.credential]
        if not isinstance(credential, settings.ApiKey):
            raise TokenError(FailureReason.TOKEN, f"Credential {target.credential} is not an API key.")
        key = await self._secrets.read(credential.key, fresh=fresh)
        if not key.isascii() or not key.isprintable() or " " in key:
            raise TokenError(
                FailureReason.TOKEN,
                f"The secret in {credential.key} is no key: it has spaces or unusual characters.",
            )
        return MappingProxyType({target.key_header: key})
