"""Who is told how tries at deployments went. Telemetry implements this; nothing here knows telemetry."""

from typing import Final, Protocol


class Attempts(Protocol):
    """Told after each try. Returns at once and never raises."""

    def upstream_attempted(self, model: str, deployment: str, outcome: str) -> None:
        """One try at a deployment ended.

        Args:
            model: The model's name in the settings.
            deployment: The deployment's label, `account/deployment`.
            outcome: `ok`, a `FailureReason` value, or `not_found`.
        """


class _NoAttempts:
    def upstream_attempted(self, model: str, deployment: str, outcome: str) -> None:
        """Nobody listens."""


NO_ATTEMPTS: Final[Attempts] = _NoAttempts()
