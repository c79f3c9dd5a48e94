"""What handlers work with: one frozen set of collaborators for the life of the app."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from guardrails.domain.check import CheckSpec
from guardrails.pipeline.bundles import Bundles
from guardrails.pipeline.guard import Guard
from guardrails.pipeline.guarded_chat import GuardedChat
from guardrails.policy.bundle import Bundle
from guardrails.settings.schema import Streams
from guardrails.telemetry.found import RecordedDecisions
from guardrails.telemetry.metrics import Metrics
from guardrails.telemetry.subjects import Subjects
from guardrails.web.callers import Callers


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the service can do its work now, and for each thing that it cannot, why: `{"pii": "..."}`."""

    ready: bool
    checks: Mapping[str, str]
    policies: Mapping[str, str]


class Probe(Protocol):
    """Asked by /readyz."""

    async def __call__(self) -> Readiness:
        """Look at every check a policy names; answers from what is known, and hammers nobody."""


@dataclass(frozen=True, slots=True)
class Services:
    """The collaborators of every handler.

    A handler that judges takes its bundle once, with `bundles.take`, before anything else. `watched` says
    whether the policy folder is read by itself. `gateway_deadline_s` bounds a whole answer at a gateway's door.
    """

    bundles: Bundles
    watched: bool
    specs: Mapping[str, CheckSpec]
    guard: Guard
    chat: GuardedChat
    callers: Callers
    metrics: Metrics
    readiness: Probe
    max_body: int
    streams: Streams
    recorded: RecordedDecisions
    subjects: Subjects
    gateway_deadline_s: float

    @property
    def bundle(self) -> Bundle:
        """The bundle in force at this moment, for who shows it. Who judges takes one with `bundles.take`."""
        return self.bundles.active


class Holder:
    """Where the services are once the app has started. An app's own state cannot change after it starts."""

    def __init__(self) -> None:
        self._services: Services | None = None

    def put(self, services: Services | None) -> None:
        """Open (or, with None, close) the doors."""
        self._services = services

    @property
    def services(self) -> Services:
        """The collaborators.

        Raises:
            RuntimeError: the app has not started, or has ended.
        """
        if self._services is None:
            raise RuntimeError("the service is not running")
        return self._services


HOLDER = web.AppKey("holder", Holder)


def services(request: web.Request) -> Services:
    """The collaborators of a request's app."""
    return request.config_dict[HOLDER].services
