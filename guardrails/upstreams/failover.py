"""A model with its deployments: asked by priority, until one of them answers."""

import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import structlog

from guardrails.azure.retry import retry_after
from guardrails.azure.trouble import CallError, Trouble
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import UpstreamError, UpstreamUnreachable
from guardrails.upstreams.event_stream import EventStream
from guardrails.upstreams.observer import NO_ATTEMPTS, Attempts
from guardrails.upstreams.upstream import ChatDeployment, Completion

LONGEST_REST_S: Final = 60.0
"""A deployment may ask for hours, when a day's quota is used up; once a minute it is asked whether that still holds."""

BRIEF_REST_S: Final = 5.0
"""The rest of a deployment that failed and did not say for how long."""

_THROTTLED: Final = 429
_BUSY: Final = 503
_SERVER_ERRORS: Final = 500
_WORDS: Final[Mapping[int, str]] = {
    401: FailureReason.UNAUTHORIZED.value,
    403: FailureReason.FORBIDDEN.value,
    404: "not_found",
    _THROTTLED: FailureReason.THROTTLED.value,
}

_AnswerT = TypeVar("_AnswerT", Completion, EventStream)

log = structlog.get_logger(__name__)


class Failover:
    """An upstream of one or more deployments.

    A lower priority is asked first; deployments of the same priority take turns. After a 429, a 5xx or no answer the
    next one is asked, within the deadline of the request. Any other answer is the answer: a 4xx tells of the request or
    of a mistake in the settings, and neither is to be hidden behind another deployment.

    A deployment that failed rests: for the time it asked for (429 and 503 with `Retry-After`), at most
    `LONGEST_REST_S`, else for `BRIEF_REST_S`. While it rests it is asked only when no other one has answered, and then
    only the one whose rest ends first. So a model with a single deployment is always asked.

    Args:
        name: The model as callers name it.
        deployments: At least one.
        timeout_s: Seconds for all tries of a request together.
        attempts: Told of each try.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        name: str,
        deployments: Sequence[ChatDeployment],
        timeout_s: float,
        attempts: Attempts = NO_ATTEMPTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._deployments = tuple(sorted(deployments, key=_priority))
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._clock = clock
        self._turns = itertools.count()
        self._rests_until: dict[ChatDeployment, float] = {}

    @property
    def name(self) -> str:
        """The model as callers name it."""
        return self._name

    @property
    def timeout_s(self) -> float:
        """Seconds a request may take, all tries together."""
        return self._timeout_s

    @property
    def deployments(self) -> tuple[ChatDeployment, ...]:
        """The deployments, by priority."""
        return self._deployments

    async def complete(self, body: Mapping[str, Any], deadline: Deadline, request_id: str) -> Completion:
        """See `Upstream.complete`. When all fail, what the first one asked had to say is raised."""
        return await self._first_answer(lambda one: one.complete(body, deadline, request_id), deadline)

    async def stream(self, body: Mapping[str, Any], deadline: Deadline, request_id: str) -> EventStream:
        """See `Upstream.stream`. Which deployment is asked, and what is raised when all fail, is as in `complete`."""
        return await self._first_answer(lambda one: one.stream(body, deadline, request_id), deadline)

    async def _first_answer(self, ask: Callable[[ChatDeployment], Awaitable[_AnswerT]], deadline: Deadline) -> _AnswerT:
        order = self._order()
        first: UpstreamError | UpstreamUnreachable | None = None
        for tries, deployment in enumerate(order, start=1):
            try:
                answer = await ask(deployment)
            except (UpstreamError, UpstreamUnreachable) as error:
                self._told(deployment, _outcome(error))
                if not _may_pass(error):
                    error.attempts = tries
                    raise
                first = first or error
                first.attempts = tries
                # Who was asked with little time left is not to blame for being late.
                if tries == 1 or deadline.remaining() > 0:
                    self._rests_until[deployment] = self._clock() + _rest_s(error)
                if deadline.remaining() <= 0:
                    break
                if tries < len(order):
                    self._warn(deployment, error)
            else:
                self._told(deployment, "ok")
                self._rests_until.pop(deployment, None)
                return replace(answer, attempts=tries)
        raise first or UpstreamUnreachable("no deployment could be asked")

    def _order(self) -> list[ChatDeployment]:
        now, turn = self._clock(), next(self._turns)
        resting = [one for one in self._deployments if self._rests_until.get(one, now) > now]
        awake = [one for one in self._deployments if one not in resting]
        order: list[ChatDeployment] = []
        for _, equals in itertools.groupby(awake, key=_priority):
            group = list(equals)
            begin = turn % len(group)
            order += group[begin:] + group[:begin]
        return order + sorted(resting, key=self._rests_until.__getitem__)[:1]

    def _told(self, deployment: ChatDeployment, outcome: str) -> None:
        self._attempts.upstream_attempted(self._name, deployment.label, outcome)

    def _warn(self, deployment: ChatDeployment, error: UpstreamError | UpstreamUnreachable) -> None:
        log.warning(
            "deployment_failed_next_is_asked",
            model=self._name,
            deployment=deployment.label,
            reason=_outcome(error),
            seconds=_rest_s(error),
        )


def _priority(deployment: ChatDeployment) -> int:
    return deployment.priority


def _may_pass(error: UpstreamError | UpstreamUnreachable) -> bool:
    """Whether another deployment may do better: it was too busy, it failed, or there was no answer."""
    if isinstance(error, UpstreamUnreachable):
        # An answer longer than we read is of the request's making: another deployment would be paid to give it again.
        cause = error.__cause__
        return not (isinstance(cause, CallError) and cause.trouble is Trouble.TOO_LARGE)
    return error.status == _THROTTLED or error.status >= _SERVER_ERRORS


def _rest_s(error: UpstreamError | UpstreamUnreachable) -> float:
    asked = None
    if isinstance(error, UpstreamError) and error.status in {_THROTTLED, _BUSY}:
        asked = retry_after(error.headers)
    return BRIEF_REST_S if asked is None else min(asked, LONGEST_REST_S)


def _outcome(error: UpstreamError | UpstreamUnreachable) -> str:
    if isinstance(error, UpstreamUnreachable):
        return error.reason.value
    if error.status >= _SERVER_ERRORS:
        return FailureReason.UNAVAILABLE.value
    return _WORDS.get(error.status, FailureReason.REJECTED.value)
