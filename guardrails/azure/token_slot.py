"""The current token for one credential and scope: one fetch at a time, renewed before it expires.

Invariants, each one a test:

- However many callers wait, one fetch is under way. It runs in a task of its own: a caller who leaves harms nobody.
- While the token is good no caller waits, whether a renewal is under way, failing or hanging.
- A failed fetch is remembered for a moment; until then callers get its error and Entra gets no request.
- A token that a service refused is forgotten once; if the next one is refused too, it is kept for a while, and longer
  each time: a service that refuses every token must not become a flood on Entra, nor slow the others who use it.
"""

import asyncio
import hmac
import random
import time
from dataclasses import dataclass

from guardrails.azure.credentials import Fetch, Token
from guardrails.azure.observer import Observer
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import TokenError


@dataclass(frozen=True, slots=True)
class Timing:
    """When tokens are renewed and failures forgotten; seconds.

    Attributes:
        margin: A token this close to its end is not handed out any more (or a tenth of its life, if that is less).
        renew_before: A token is renewed this long before its end, or at half of its life if that is later.
        spread: Renewals come earlier by up to this share of the way there, so that replicas do not ask in step.
        remember_failure: How long a failed fetch is remembered.
        longest_memory: The most that a `Retry-After` of Entra can make of it.
        first_pause: Before the second try of a renewal; then it doubles,
        longest_pause: up to this.
        between_drops: A refused token is forgotten at most this often, and when that does not end, twice as rarely
            each time,
        longest_between_drops: up to this.
    """

    margin: float = 10.0
    renew_before: float = 300.0
    spread: float = 0.1
    remember_failure: float = 1.5
    longest_memory: float = 60.0
    first_pause: float = 1.0
    longest_pause: float = 30.0
    between_drops: float = 10.0
    longest_between_drops: float = 600.0


class TokenSlot:
    """Holds one token. Belongs to the event loop that first asks it."""

    def __init__(self, name: str, fetch: Fetch, observer: Observer, timing: Timing) -> None:
        self._name = name
        self._fetch = fetch
        self._observer = observer
        self._timing = timing
        self._token: Token | None = None
        self._good_until = float("-inf")
        self._under_way: asyncio.Task[Token | TokenError] | None = None
        self._failure: TokenError | None = None
        self._failure_until = float("-inf")
        self._failures = 0
        self._timer: asyncio.TimerHandle | None = None
        self._dropped_at = float("-inf")
        self._between_drops = timing.between_drops
        self._closed = False

    @property
    def token(self) -> Token | None:
        """The token at hand, good or not."""
        return self._token

    async def get(self, deadline: Deadline | None) -> Token:
        """The current token at once while it is good, else the one being fetched.

        Raises:
            TokenError: Entra gave none, now or a moment ago; or the deadline passed while waiting (reason `deadline`).
        """
        now = time.monotonic()
        if self._token is not None and now < self._good_until:
            return self._token
        if self._failure is not None and now < self._failure_until:
            raise _again(self._failure)
        task = self._begin()
        timeout = None if deadline is None else max(0.0, deadline.remaining())
        done, _ = await asyncio.wait({task}, timeout=timeout)
        if not done:
            raise TokenError(
                FailureReason.DEADLINE,
                f"No token for credential {self._name}: Entra did not answer before the deadline.",
            )
        if task.cancelled():
            raise _closed(self._name)
        outcome = task.result()
        if isinstance(outcome, TokenError):
            raise _again(outcome)
        return outcome

    def warm(self) -> None:
        """Begin to fetch when there is no good token; wait for nothing."""
        now = time.monotonic()
        if now >= self._good_until and now >= self._failure_until:
            self._under_way = self._begin()

    def drop(self, authorization: str) -> bool:
        """Forget the token if it is the one a service refused.

        Returns:
            Whether a call with the token that comes next differs from the one refused, so that it is worth making.
        """
        if self._token is None:
            return True
        current = self._token.headers["Authorization"]
        if not hmac.compare_digest(current.encode(), authorization.encode()):
            return True
        now = time.monotonic()
        since = now - self._dropped_at
        if since < self._between_drops:
            return False
        longer = min(2 * self._between_drops, self._timing.longest_between_drops)
        self._between_drops = longer if since < 2 * self._between_drops else self._timing.between_drops
        self._dropped_at = now
        self._token, self._good_until = None, float("-inf")
        self._cancel_timer()
        return True

    async def close(self) -> None:
        """End the fetch under way and the renewals; whoever waits gets a `TokenError`."""
        self._closed = True
        self._cancel_timer()
        self._token, self._good_until = None, float("-inf")
        if self._under_way is not None:
            self._under_way.cancel()
            await asyncio.wait({self._under_way})

    def _begin(self) -> asyncio.Task[Token | TokenError]:
        if self._closed:
            raise _closed(self._name)
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._run(), name=f"token {self._name}")
        return self._under_way

    async def _run(self) -> Token | TokenError:
        began = time.monotonic()
        outcome: Token | TokenError
        try:
            outcome = await self._fetch()
        except Exception as error:  # noqa: BLE001 - whatever the SDK or a crypto library raises, no caller may hang on it
            # A new object: this one's context may hold the SDK's request, and that the secret.
            outcome = _again(error) if isinstance(error, TokenError) else _unforeseen(self._name, error)
            self._failed(outcome)
        else:
            self._renewed(outcome)
        finally:
            self._under_way = None
        word = outcome.reason.value if isinstance(outcome, TokenError) else "ok"
        self._observer.token_fetched(self._name, word, time.monotonic() - began)
        return outcome

    def _renewed(self, token: Token) -> None:
        life = token.expires_at - token.fetched_at
        self._token = token
        self._good_until = token.expires_at - min(self._timing.margin, life / 10)
        self._failure, self._failures = None, 0
        at = token.refresh_at
        if at is None or not token.fetched_at < at < self._good_until:
            at = token.fetched_at + max(life / 2, life - self._timing.renew_before)
        spread = random.uniform(0, self._timing.spread)  # noqa: S311 - keeps replicas apart, guards nothing
        self._renew_in(max(self._timing.first_pause, (at - time.monotonic()) * (1 - spread)))

    def _failed(self, error: TokenError) -> None:
        timing = self._timing
        asked = min(error.retry_after or 0.0, timing.longest_memory)
        self._failure = error
        self._failure_until = time.monotonic() + max(timing.remember_failure, asked)
        if self._token is None:
            return  # nobody has been served yet: the next caller, or readiness, asks again
        pause = min(timing.first_pause * 2**self._failures, timing.longest_pause)
        self._failures = min(self._failures + 1, 16)
        self._renew_in(max(pause * random.uniform(0.75, 1.25), asked))  # noqa: S311 - keeps replicas apart

    def _renew_in(self, seconds: float) -> None:
        self._cancel_timer()
        self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._renew)

    def _renew(self) -> None:
        self._timer = None
        if not self._closed:
            self._under_way = self._begin()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _again(error: TokenError) -> TokenError:
    """A new exception for each caller: one raised by many would grow a traceback for each of them."""
    return TokenError(error.reason, error.detail, status=error.status, code=error.code, retry_after=error.retry_after)


def _unforeseen(name: str, error: Exception) -> TokenError:
    kind = type(error).__name__  # its message may hold anything
    return TokenError(FailureReason.TOKEN, f"No token for credential {name}: an unforeseen {kind} while asking for it.")


def _closed(name: str) -> TokenError:
    return TokenError(FailureReason.TOKEN, f"No token for credential {name}: the service is shutting down.")
