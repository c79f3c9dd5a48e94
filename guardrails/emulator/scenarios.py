"""Scripted misbehaviour: which calls it meets and what happens to them.

A scenario is plain data. Tests add it in process (`state.scenarios.add`), programs through the control API. Of the
scenarios that match a call, the first one added wins; every one that matches counts the call.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from guardrails.emulator.scripted import ScriptedChoice

ANY: Final = "*"
_LEAST_STATUS: Final = 400
_MOST_STATUS: Final = 599
_LONGEST: Final = 3_600_000
STREAM_FAULTS: Final = (
    "cut_stream_after",
    "reset_stream_after",
    "hang_stream_after",
    "end_stream_after",
    "error_event_after",
    "malformed_event_after",
)
_EXCLUSIVE: Final = ("status", "reset", "hang", "malformed", "truncate", "refusal", *STREAM_FAULTS)
_ANSWERED_OTHERWISE: Final = ("status", "reset", "hang", "malformed", "refusal", "raw")


class Service(StrEnum):
    """The services a scenario, a rate limit or a recorded call can name."""

    ENTRA = "entra"
    LANGUAGE = "language"
    CONTENT_SAFETY = "content_safety"
    PROMPT_SHIELD = "prompt_shield"
    CHAT = "chat"


class Malformed(StrEnum):
    """What a 200 holds instead of the documented body."""

    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    EMPTY = "empty"


class Truncation(StrEnum):
    """How a body ends too early."""

    LENGTH = "length"
    CHUNKED = "chunked"


class EntraFault(StrEnum):
    """Refusals of the token endpoint, named after their cause."""

    WRONG_SECRET = "wrong_secret"  # noqa: S105 (the name of a fault)
    SECRET_EXPIRED = "secret_expired"  # noqa: S105 (the name of a fault)
    UNKNOWN_APP = "unknown_app"
    UNKNOWN_TENANT = "unknown_tenant"
    UNKNOWN_RESOURCE = "unknown_resource"
    FEDERATION_MISMATCH = "federation_mismatch"
    WRONG_AUDIENCE = "wrong_audience"
    OUTAGE = "outage"


class Refusal(StrEnum):
    """Refusals of the gate in front of the services."""

    UNAUTHORIZED = "unauthorized"
    WRONG_AUDIENCE = "wrong_audience"
    ROLE_MISSING = "role_missing"
    INVALID_KEY = "invalid_key"
    KEYS_DISABLED = "keys_disabled"
    REGIONAL_ENDPOINT = "regional_endpoint"
    NETWORK_RULES = "network_rules"
    UNKNOWN_DEPLOYMENT = "unknown_deployment"


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to a call.

    `latency_ms` comes first and goes with everything. `status` answers with the service's documented error body
    (`code` and `message` replace its texts, `retry_after` in seconds adds the headers). `document_error` is an
    `innererror.code` for Language: the handler puts it on the documents named by `document_ids` (all when empty)
    inside a 200. `filter_error` makes the model's content filter report that it could not run.

    To a stream: `slow_stream_ms` waits before each event. After so many events `cut_stream_after` closes the connection
    in the middle of the chunked encoding, `reset_stream_after` breaks it with a TCP reset, `hang_stream_after` falls
    silent, `end_stream_after` ends the body properly but without `[DONE]` (after all events at the latest),
    `error_event_after` sends an error in place of the rest, and `malformed_event_after` sends one event that is not
    JSON and goes on. Calls that do not stream know nothing of them.

    `says` is what the model answers, whatever it was asked, in the shapes of the API. `raw` is the answer's body, byte
    for byte: a stream sends (and counts) each piece as one event and adds no `[DONE]`; a number in between is a pause
    in milliseconds.
    """

    latency_ms: float = 0
    status: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: float | None = None
    reset: bool = False
    hang: bool = False
    truncate: Truncation | None = None
    malformed: Malformed | None = None
    slow_stream_ms: float = 0
    cut_stream_after: int | None = None
    reset_stream_after: int | None = None
    hang_stream_after: int | None = None
    end_stream_after: int | None = None
    error_event_after: int | None = None
    malformed_event_after: int | None = None
    entra: EntraFault | None = None
    refusal: Refusal | None = None
    document_error: str | None = None
    document_ids: tuple[str, ...] = ()
    filter_error: bool = False
    says: tuple[ScriptedChoice, ...] = ()
    raw: tuple[bytes | float, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if self.status is not None and not _LEAST_STATUS <= self.status <= _MOST_STATUS:
            raise ValueError(f"effect.status must be between {_LEAST_STATUS} and {_MOST_STATUS}")
        for name in ("latency_ms", "slow_stream_ms", "retry_after", *STREAM_FAULTS):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= _LONGEST:
                raise ValueError(f"effect.{name} must be between 0 and {_LONGEST}")
        for number, piece in enumerate(self.raw):
            if not isinstance(piece, bytes) and not 0 <= piece <= _LONGEST:
                raise ValueError(f"effect.raw[{number}] must be between 0 and {_LONGEST}")
        self._refuse_two_of(_EXCLUSIVE)
        if self.says:
            self._refuse_two_of(("says", *_ANSWERED_OTHERWISE))
        if self.raw:
            self._refuse_two_of(_ANSWERED_OTHERWISE)

    def _chosen(self, names: Sequence[str]) -> list[str]:
        values = {name: getattr(self, name) for name in names}
        return [name for name, value in values.items() if value is not None and value is not False and value != ()]

    def _refuse_two_of(self, names: Sequence[str]) -> None:
        chosen = self._chosen(names)
        if len(chosen) > 1:
            raise ValueError(f"effect.{chosen[0]} and effect.{chosen[1]} exclude each other")

    @property
    def stream_fault(self) -> tuple[str, int] | None:
        """Which of `STREAM_FAULTS` meets a stream, and after how many events."""
        chosen = self._chosen(STREAM_FAULTS)
        return (chosen[0], getattr(self, chosen[0])) if chosen else None


NO_EFFECT: Final = Effect()

# The services an effect's field means something to; a field that is not here means something to all of them.
_MEANT_FOR: Final[Mapping[str, frozenset[str]]] = {
    "entra": frozenset({Service.ENTRA}),
    "refusal": frozenset(set(Service) - {Service.ENTRA}),
    "document_error": frozenset({Service.LANGUAGE}),
    "filter_error": frozenset({Service.CHAT}),
    **{name: frozenset({Service.CHAT}) for name in ("slow_stream_ms", *STREAM_FAULTS, "says", "raw")},
}


def _meaningless(effect: Effect, service: str) -> str | None:
    """Return the first field of an effect that means nothing to a service."""
    for name, services in _MEANT_FOR.items():
        if service not in services and getattr(effect, name) != getattr(NO_EFFECT, name):
            return name
    return None


@dataclass(frozen=True, slots=True)
class Scenario:
    """An effect and the calls it meets.

    The first `after` matching calls pass untouched, the next `times` are met (every one when None). `operation`
    and `deployment` narrow the match when given.
    """

    effect: Effect
    service: str = ANY
    operation: str | None = None
    deployment: str | None = None
    after: int = 0
    times: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.service != ANY and self.service not in set(Service):
            raise ValueError(f"service must be one of {', '.join(Service)} or {ANY}")
        if self.after < 0 or (self.times is not None and self.times < 1):
            raise ValueError("after must be at least 0 and times at least 1")
        if self.service != ANY and (name := _meaningless(self.effect, self.service)):
            raise ValueError(f"effect.{name} means nothing for service {self.service}")

    def matches(self, service: str, operation: str, deployment: str | None) -> bool:
        """Tell whether a call is one this scenario is about; never one its effect means nothing to."""
        return (
            self.service in {ANY, service}
            and self.operation in {None, operation}
            and self.deployment in {None, deployment}
            and _meaningless(self.effect, service) is None
        )


@dataclass(slots=True)
class _Running:
    identifier: int
    scenario: Scenario
    seen: int = 0
    met: int = 0

    def meet(self) -> bool:
        self.seen += 1
        if self.seen <= self.scenario.after or self.exhausted:
            return False
        self.met += 1
        return True

    @property
    def exhausted(self) -> bool:
        times = self.scenario.times
        return times is not None and self.met >= times


@dataclass(slots=True)
class ScenarioBook:
    """The scenarios in force, in the order they were added; never more than `limit`."""

    limit: int = 1000
    _running: list[_Running] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, *scenarios: Scenario) -> list[int]:
        """Put scenarios in force and return their identifiers.

        Raises:
            ValueError: when more than `limit` would be in force.
        """
        if len(self._running) + len(scenarios) > self.limit:
            raise ValueError(f"at most {self.limit} scenarios can be in force")
        added = [_Running(next(self._numbers), scenario) for scenario in scenarios]
        self._running.extend(added)
        return [running.identifier for running in added]

    def remove(self, identifier: int) -> bool:
        """Take one scenario out of force; False when there is none of that number."""
        kept = [running for running in self._running if running.identifier != identifier]
        found = len(kept) != len(self._running)
        self._running = kept
        return found

    def clear(self) -> None:
        """Take every scenario out of force."""
        self._running = []

    def meet(self, service: str, operation: str, deployment: str | None = None) -> Effect:
        """Count a call against every matching scenario and return the effect of the first that meets it."""
        met = [
            running
            for running in self._running
            if running.scenario.matches(service, operation, deployment) and running.meet()
        ]
        self._running = [running for running in self._running if not running.exhausted]
        return met[0].scenario.effect if met else NO_EFFECT

    def __iter__(self) -> Iterator[tuple[int, Scenario, int]]:
        """Yield identifier, scenario and the number of calls it has met."""
        return iter([(running.identifier, running.scenario, running.met) for running in self._running])

    def __len__(self) -> int:
        return len(self._running)
