"""The line to a running service: one call as a gateway makes it, and what is heard, within the gateway's patience."""

import io
import time
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import orjson

from guardrails.cli.caller import WrongAnswer
from guardrails.gateways.peer import Answer, Play
from guardrails.web.verdict_headers import POLICY_HEADER, VERDICT_HEADER

LONGEST_S: Final = 60.0
"""How long this command waits where a gateway would wait longer."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a call. `answer` is None where nothing came back in time, `verdict` where there was none."""

    answer: Answer | None
    verdict: str | None = None
    took_ms: float | None = None

    @property
    def code(self) -> str | None:
        """The stable word of an error of ours."""
        return self._of_error("code", "code")

    @property
    def told(self) -> str | None:
        """The sentence of an error of ours."""
        return self._of_error("detail", "message")

    def _of_error(self, as_problem: str, as_openai: str) -> str | None:
        body = self.answer.body if self.answer is not None and isinstance(self.answer.body, dict) else {}
        inner = body.get("error")
        found = body.get(as_problem) or (inner.get(as_openai) if isinstance(inner, dict) else None)
        return found if isinstance(found, str) else None


class Unreachable(Exception):
    """Nobody listens there."""


class Line:
    """Calls a service with a caller's key. Bodies are bytes here.

    Args:
        session: Whose timeouts are given with each call.
        url: The service's, without a slash at its end.
        key: The caller's.
        policy: One of the caller's policies; None for what the gateway's call leads to.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str, policy: str | None) -> None:
        self.session = session
        self.url = url
        self._key = key
        self._policy = policy

    async def call(self, play: Play, patience_s: float | None, *, key: str | None = None) -> Heard:
        """Make a call. `key` is sent in place of the caller's.

        Raises:
            Unreachable: no connection could be made.
            WrongAnswer: the URL is none, or its certificate is not trusted.
        """
        headers = {"api-key": key or self._key, "Content-Type": "application/json"}
        headers |= {POLICY_HEADER: self._policy} if self._policy is not None else {}
        return await self._asked(self.url, play, headers | dict(play.headers), patience_s)

    async def call_nobody(self, url: str, play: Play, patience_s: float | None) -> Heard:
        """Make the call where nobody listens; without the key, for whoever might.

        Raises:
            WrongAnswer: somebody does listen.
        """
        try:
            await self._asked(url, play, {}, patience_s)
        except Unreachable:
            return Heard(None)
        raise WrongAnswer(f"somebody listens on {url}, which was free a moment ago; try again")

    async def _asked(self, url: str, play: Play, headers: dict[str, str], patience_s: float | None) -> Heard:
        timeout = aiohttp.ClientTimeout(total=min(patience_s or LONGEST_S, LONGEST_S))
        began = time.perf_counter()
        try:
            async with self.session.request(
                play.method,
                url + play.path,
                data=io.BytesIO(play.body) if play.body else None,
                headers=headers,
                params=play.query,
                timeout=timeout,
                allow_redirects=False,
            ) as response:
                raw = await response.read()
        except aiohttp.InvalidURL:
            raise WrongAnswer("the URL must be such as http://127.0.0.1:8080") from None
        except aiohttp.ClientSSLError:
            told = f"the certificate of {url} is not trusted; SSL_CERT_FILE may name its authority"
            raise WrongAnswer(told) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreachable from error
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Heard(None, took_ms=_since(began))
        return Heard(Answer(response.status, _decoded(raw)), response.headers.get(VERDICT_HEADER), _since(began))


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def _decoded(raw: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
