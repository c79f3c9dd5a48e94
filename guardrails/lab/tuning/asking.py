"""Asks the checks about every text that nothing is known of, with the pipeline's own `run_checks`."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from guardrails.domain.check import Check, CheckReport, CheckStatus, FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import GuardrailsError
from guardrails.lab.tuning.evidence import EvidenceFile, Instrument
from guardrails.lab.tuning.questions import Question
from guardrails.pipeline.run_checks import run_checks
from guardrails.policy.policy import Policy

AT_ONCE: Final = 8
"""Texts that are asked about at once, and so the most that a killed run loses."""
TEXT_DEADLINE_S: Final = 300.0
"""For one text, pauses after a 429 included."""
MAX_FAILURES_IN_A_ROW: Final = 16
_HOPELESS: Final = frozenset(
    {FailureReason.TOKEN, FailureReason.UNAUTHORIZED, FailureReason.FORBIDDEN, FailureReason.NOT_CONFIGURED}
)


class CannotAsk(GuardrailsError):
    """A check fails in a way that the next text would find as well: the run ends, and what it learned is kept."""

    def __init__(self, check: str, reason: FailureReason) -> None:
        super().__init__(f"{check} cannot be asked: {reason.value}")
        self.check = check
        self.reason = reason


@dataclass(slots=True)
class Progress:
    """How far a run is. `failed` counts answers that were not to be had, by check and reason."""

    texts: int = 0
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)


class Asker:
    """Asks about texts and keeps what is said of them.

    Args:
        policy: Which checks there are, and their options.
        checks: The checks by name, whose client keeps a pace.
        evidence: Where answers are kept.
        instruments: What each check measures with.
        told: Called after every text, on the loop.
    """

    def __init__(
        self,
        policy: Policy,
        checks: Mapping[str, Check],
        evidence: EvidenceFile,
        instruments: Mapping[str, Instrument],
        told: Callable[[Progress], None],
    ) -> None:
        self._policy = policy
        self._checks = checks
        self._evidence = evidence
        self._instruments = instruments
        self._told = told
        self._in_a_row = 0
        self._hopeless: CannotAsk | None = None
        self.progress = Progress()

    async def ask(self, questions: Iterator[Question], *, at_once: int = AT_ONCE) -> Progress:
        """Ask everything, a few texts at once. Reading and writing files happens in threads.

        Raises:
            CannotAsk: it makes no sense to go on.
            ConfigurationError: a row of the data does not hold.
        """
        turn = asyncio.Lock()

        async def work() -> None:
            # The others finish what they are asking: cut off, its answers would be paid for and lost.
            while self._hopeless is None:
                async with turn:
                    batch = await asyncio.to_thread(lambda: list(islice(questions, 1)))
                if not batch:
                    return
                await self._one(batch[0])

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(at_once):
                    group.create_task(work())
        except BaseExceptionGroup as several:
            # Each worker may have met the same trouble: one of them tells it.
            raise several.exceptions[0] from None
        if self._hopeless is not None:
            raise self._hopeless
        return self.progress

    async def _one(self, question: Question) -> None:
        plans = {name: self._policy.checks[name] for name in question.keys}
        policy = replace(self._policy, checks=plans)
        reports = await run_checks(policy, question.inspection(), self._checks, Deadline.after(TEXT_DEADLINE_S))
        for report in reports:
            if report.status is CheckStatus.FAILED:
                self._failed(report)
            else:
                self._in_a_row = 0
                await asyncio.to_thread(self._keep, question, report)
        self.progress.texts += 1
        self._told(self.progress)

    def _keep(self, question: Question, report: CheckReport) -> None:
        key, instrument = question.keys[report.check], self._instruments[report.check]
        self._evidence.add(key, question.sample, instrument, report)

    def _failed(self, report: CheckReport) -> None:
        reason = report.reason or FailureReason.INTERNAL
        self.progress.failed[report.check, reason.value] += 1
        self._in_a_row += 1
        if reason in _HOPELESS or self._in_a_row >= MAX_FAILURES_IN_A_ROW:
            self._hopeless = self._hopeless or CannotAsk(report.check, reason)
