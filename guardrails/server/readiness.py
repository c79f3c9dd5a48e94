"""Whether every check that a policy names can run now."""

import asyncio
from collections.abc import Callable, Iterator

from guardrails.azure.target import Target, service_target
from guardrails.azure.tokens import TokenProvider
from guardrails.checks.catalogue import SPECS
from guardrails.server.prepare import Prepared
from guardrails.settings.schema import Settings
from guardrails.web.services import Readiness

READY = "ready"
RECORDS = "decision_records"
"""What the states name beside the checks while requests are refused for want of records."""


class ReadinessProbe:
    """Answers /readyz from the tokens that are there. A token that is missing is asked for once, not per probe.

    `can_record` tells whether requests are taken in at all (`telemetry.on_lost_records`).
    """

    def __init__(self, prepared: Prepared, tokens: TokenProvider, can_record: Callable[[], bool]) -> None:
        self._can_record = can_record
        self._targets = dict(_targets(prepared))
        self._tokens = tokens
        self._policies = {name: policy.ref.revision for name, policy in prepared.bundle.policies.items()}

    @property
    def targets(self) -> tuple[Target, ...]:
        """The resources of the checks that policies name, as far as they are configured."""
        return tuple(target for target in self._targets.values() if target is not None)

    async def __call__(self) -> Readiness:
        """Look at every check that a policy of the bundle names."""
        told = await asyncio.gather(*(self._state(name, target) for name, target in self._targets.items()))
        states = dict(zip(self._targets, told, strict=True))
        if not self._can_record():
            states[RECORDS] = "decision records cannot be written, and nothing is judged without one"
        return Readiness(all(state == READY for state in states.values()), states, self._policies)

    async def _state(self, name: str, target: Target | None) -> str:
        if target is None:
            return f"services.{SPECS[name].service} is not configured, and a policy names this check"
        error = await self._tokens.ready(target)
        return READY if error is None else error.detail


def _targets(prepared: Prepared) -> Iterator[tuple[str, Target | None]]:
    planned = {name for policy in prepared.bundle.policies.values() for name in policy.checks}
    for name in sorted(planned):
        yield name, _target(SPECS[name].service, prepared.settings)


def _target(section: str, settings: Settings) -> Target | None:
    service = getattr(settings.services, section)
    return service_target(section, service, settings.azure) if service is not None else None
