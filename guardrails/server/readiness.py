"""Whether every check that a policy names can run now."""

import asyncio
from collections.abc import AsyncIterator, Callable

from guardrails.azure.target import Target, service_target
from guardrails.azure.tokens import TokenProvider
from guardrails.checks.catalogue import SPECS
from guardrails.policy.bundle import Bundle
from guardrails.settings.schema import Settings
from guardrails.web.services import Readiness

READY = "ready"
RECORDS = "decision_records"
"""What the states name beside the checks while requests are refused for want of records."""


class ReadinessProbe:
    """Answers /readyz from the tokens that are there. A token that is missing is asked for once, not per probe.

    `active` tells which bundle is in force, `can_record` whether requests are taken in at all
    (`telemetry.on_lost_records`).
    """

    def __init__(
        self, settings: Settings, active: Callable[[], Bundle], tokens: TokenProvider, can_record: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._active = active
        self._can_record = can_record
        self._tokens = tokens

    @property
    def targets(self) -> tuple[Target, ...]:
        """The resources of the checks that policies name, as far as they are configured."""
        targets = map(self._target, _planned(self._active()))
        return tuple(target for target in targets if target is not None)

    async def __call__(self) -> Readiness:
        """Look at every check that a policy of the bundle in force names."""
        bundle = self._active()
        names = _planned(bundle)
        states = dict(zip(names, await asyncio.gather(*map(self._state, names)), strict=True))
        if not self._can_record():
            states[RECORDS] = "decision records cannot be written, and nothing is judged without one"
        revisions = {name: policy.ref.revision for name, policy in bundle.policies.items()}
        return Readiness(all(state == READY for state in states.values()), states, revisions)

    async def unready(self, bundle: Bundle, *, beyond: Bundle) -> AsyncIterator[str]:
        """Why checks that a bundle names, and another one does not, cannot run; a sentence for each."""
        known = _planned(beyond)
        for name in _planned(bundle):
            state = await self._state(name) if name not in known else READY
            if state != READY:
                yield f"checks.{name}: {state}"

    async def _state(self, name: str) -> str:
        target = self._target(name)
        if target is None:
            return f"services.{SPECS[name].service} is not configured, and a policy names this check"
        error = await self._tokens.ready(target)
        return READY if error is None else error.detail

    def _target(self, name: str) -> Target | None:
        section = SPECS[name].service
        service = getattr(self._settings.services, section)
        return service_target(section, service, self._settings.azure) if service is not None else None


def _planned(bundle: Bundle) -> list[str]:
    return sorted({name for policy in bundle.policies.values() for name in policy.checks})
