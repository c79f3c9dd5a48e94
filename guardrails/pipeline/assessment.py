"""What judging one inspection came to, and what of it travels on."""

import secrets
from dataclasses import dataclass

from guardrails.domain.check import CheckReport
from guardrails.domain.content import Edit, Inspection
from guardrails.domain.dropped import Dropped
from guardrails.domain.errors import GuardrailUnavailable, Refused
from guardrails.domain.shadow import ShadowVerdict
from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Coverage, Mode, Verdict


@dataclass(frozen=True, slots=True)
class Assessment:
    """A verdict with its evidence and its coverage receipt. `id` is what callers quote when they ask why.

    `duration_ms` is from the first check's start to the decision. `dropped` is there where earlier messages were left
    out of the inspection. `shadows` are the verdicts of the policies in this one's shadow.
    """

    id: str
    inspection: Inspection
    verdict: Verdict
    reports: tuple[CheckReport, ...]
    coverage: tuple[Coverage, ...]
    duration_ms: float = 0.0
    dropped: Dropped | None = None
    shadows: tuple[ShadowVerdict, ...] = ()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits to carry out: those of a redaction that is enforced."""
        return self.verdict.edits if self.verdict.mode is Mode.ENFORCE else ()

    @property
    def changes(self) -> bool:
        """Whether something else travels on than what was sent."""
        return bool(self.edits) or self.dropped is not None

    @property
    def dropped_messages(self) -> int:
        """How many earlier messages were left out."""
        return len(self.dropped.messages) if self.dropped is not None else 0

    @property
    def blocked_by_failure_only(self) -> bool:
        """Whether nothing but a check that could not run stands against the text."""
        blocking = [reason for reason in self.verdict.reasons if reason.action is Action.BLOCK]
        return self.verdict.blocked and all(reason.rule == ON_FAILURE_RULE for reason in blocking)

    def raise_if_blocked(self, refusal: str) -> None:
        """Let nothing on that the policy blocks; `refusal` is the policy's sentence for the caller.

        Raises:
            Refused: the verdict blocks, and the policy enforces.
            GuardrailUnavailable: it blocks only because a check could not run.
        """
        if self.blocked_by_failure_only:
            raise GuardrailUnavailable(self.verdict, self._unavailable(), self.id)
        if self.verdict.blocked:
            raise Refused(self.verdict, refusal, self.id)

    def _unavailable(self) -> str:
        failed = [f"{report.check} ({report.reason})" for report in self.reports if report.reason is not None]
        return f"A guardrail could not run, so the request was stopped: {', '.join(failed)}."


def new_id() -> str:
    """A fresh verdict id: `chk_` and 96 random bits."""
    return f"chk_{secrets.token_hex(12)}"
