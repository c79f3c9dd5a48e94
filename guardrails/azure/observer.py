"""Who is told how calls to Azure went. Telemetry implements this; nothing here knows telemetry."""

from typing import Final, Protocol


class Observer(Protocol):
    """Told after each call on the wire. Both methods return at once and never raise."""

    def call_finished(self, service: str, outcome: str, seconds: float) -> None:
        """One HTTP call to a target ended; a stream ends when its body does, or when we close it.

        Args:
            service: The target's name.
            outcome: `ok`, a `FailureReason` value, or (for answers passed on whole) a status class such as `4xx`.
            seconds: From just before the call until its answer was read; of a stream, until its first bytes.
        """

    def token_fetched(self, credential: str, outcome: str, seconds: float) -> None:
        """One token request ended, for a credential of the settings. `outcome`: `ok` or a `FailureReason` value."""


class _NoObserver:
    def call_finished(self, service: str, outcome: str, seconds: float) -> None:
        """Nobody listens."""

    def token_fetched(self, credential: str, outcome: str, seconds: float) -> None:
        """Nobody listens."""


NO_OBSERVER: Final[Observer] = _NoObserver()
