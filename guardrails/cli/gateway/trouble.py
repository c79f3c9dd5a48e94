"""An outage of Azure, made by the control API of the emulator that the service stands in front of."""

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import orjson

from guardrails.cli.caller import WrongAnswer

_KEY_HEADER: Final = "x-emulator-key"
_SERVICES: Final = ("language", "content_safety", "prompt_shield")
"""Those of the checks. Tokens are still given: what a failed one leaves behind would outlast the outage."""
_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


class EmulatorControl:
    """Steers a running emulator.

    Args:
        session: Where its calls are made.
        url: As `guardrails emulate` and `guardrails serve --emulator` print it.
        key: Its control key, where it was given one.
        trust: Whom its certificate is believed from.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str | None, trust: ssl.SSLContext) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._headers = {_KEY_HEADER: key} if key else {}
        self._trust = trust

    async def require(self) -> None:
        """Make sure that it is there and listens to us.

        Raises:
            WrongAnswer: it is not.
        """
        await self._scenarios()

    @asynccontextmanager
    async def outage(self) -> AsyncIterator[None]:
        """Azure is unavailable for the checks while this is entered. It ends in every case, Ctrl-C included.

        Raises:
            WrongAnswer: the emulator does not do its part, or the service asked it nothing meanwhile.
        """
        name = f"guardrails gateway try {secrets.token_hex(4)}"
        adding = asyncio.ensure_future(self._add(name))
        met = 0
        try:
            await asyncio.shield(adding)
            yield
        finally:
            # What is under way must have arrived before it can be taken back.
            await asyncio.gather(adding, return_exceptions=True)
            met = await self._remove(name)
        if not met:
            raise WrongAnswer(
                f"the service asked {self._url} nothing during the outage: is this the emulator it stands in front of?"
            )

    async def _add(self, name: str) -> None:
        effect = {"status": 503}
        await self._call(
            "POST", "/scenarios", [{"name": name, "service": service, "effect": effect} for service in _SERVICES]
        )

    async def _remove(self, name: str) -> int:
        """Take the scenarios of a name out of force, and count the calls that they met."""
        met = 0
        for scenario in await self._scenarios():
            if scenario["name"] == name:
                met += scenario["met"]
                await self._call("DELETE", f"/scenarios/{scenario['id']}")
        return met

    async def _scenarios(self) -> list[dict[str, Any]]:
        told = await self._call("GET", "/scenarios")
        found = told.get("scenarios") if isinstance(told, dict) else None
        if not isinstance(found, list):
            raise WrongAnswer(f"{self._url} is not an emulator of this version")
        return found

    async def _call(self, method: str, path: str, document: object = None) -> Any:  # noqa: ANN401 - any JSON
        try:
            async with self._session.request(
                method,
                f"{self._url}/_emulator{path}",
                data=None if document is None else orjson.dumps(document),
                headers=self._headers,
                ssl=self._trust,
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as response:
                raw = await response.read()
        except aiohttp.InvalidURL:
            raise WrongAnswer("--emulator must be a URL such as https://localhost:8443") from None
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError):
            raise WrongAnswer(
                f"the certificate of {self._url} is not trusted; --emulator-ca-file names the authority that the "
                "emulator prints at its start"
            ) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise WrongAnswer(f"no answer from {self._url}; does the emulator run there?") from None
        return _answered(self._url, response.status, raw)


def _answered(url: str, status: int, raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    if status == 204:  # noqa: PLR2004 - nothing in it
        return None
    try:
        told = orjson.loads(raw)
    except orjson.JSONDecodeError:
        told = None
    if status in {200, 201}:
        return told
    error = told.get("error") if isinstance(told, dict) else None
    if isinstance(error, dict) and status in {401, 403}:
        raise WrongAnswer(f"the emulator at {url} does not listen: {error.get('message')} (--emulator-key)")
    raise WrongAnswer(f"{url} is no emulator: it answers {status}")
