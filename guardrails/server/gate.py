"""What a service or a secret must answer before a bundle takes effect in a service that runs.

For reloads only: at start the doors are still closed, keys are read before they open, and readiness tells of checks.
"""

import asyncio

from guardrails.azure.secrets import SecretReader
from guardrails.domain.errors import ConfigurationError
from guardrails.pipeline.guard import Guard
from guardrails.policy.bundle import Bundle
from guardrails.server.activation import require
from guardrails.server.placeholder_keys import read_placeholder_keys
from guardrails.server.prepare import Prepared
from guardrails.server.readiness import ReadinessProbe
from guardrails.settings.schema import Settings


class Gate:
    """Lets a bundle into a running service, or says why not."""

    def __init__(self, settings: Settings, guard: Guard, readiness: ReadinessProbe, secrets: SecretReader) -> None:
        self._settings = settings
        self._guard = guard
        self._readiness = readiness
        self._secrets = secrets

    async def require(self, bundle: Bundle, active: Bundle) -> None:
        """See that a bundle can do its work here, beyond fitting the settings.

        A check that the active bundle does not name must have its service and a token: a reload reaches all replicas
        within seconds, and must not make a service that works unready. Keys of placeholders that are needed for the
        first time are read, and given to the guard.

        Raises:
            ConfigurationError: it cannot; all problems at once.
        """
        await asyncio.to_thread(require, self._settings, bundle)
        problems = [problem async for problem in self._readiness.unready(bundle, beyond=active)]
        if problems:
            raise ConfigurationError(problems)
        if not self._guard.has_keys:
            keys = await read_placeholder_keys(Prepared(self._settings, bundle), self._secrets)
            if keys is not None:
                self._guard.equip(keys)
