"""What was left out of a conversation, and what spoke against it."""

from dataclasses import dataclass

from guardrails.domain.check import CheckReport
from guardrails.domain.verdict import Coverage, Reason


@dataclass(frozen=True, slots=True)
class Dropped:
    """Earlier messages that do not go on to the model.

    Attributes:
        messages: Their places in the body as it was sent.
        reasons: Why the whole conversation would have been blocked.
        reports: What the checks saw in these messages, and in the joined window that they were part of.
        coverage: The receipt for the strings of these messages.
    """

    messages: tuple[int, ...]
    reasons: tuple[Reason, ...]
    reports: tuple[CheckReport, ...]
    coverage: tuple[Coverage, ...]
