"""What a check saw."""

from dataclasses import dataclass

from guardrails.domain.content import Span

BLOCKLIST = "blocklist"
"""The category of a finding that comes from a customer's own list."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a check saw; never the matched text.

    Attributes:
        category: The service's name for it (`Email`, `Hate`, `UserPromptAttack`, `blocklist`).
        measure: The number in the check's own unit: severity 0-7, confidence 0-1, or None where the
            service gives a plain yes.
        pointer: The segment it was seen in.
        span: The range of that segment's text in code points; None for the whole segment.
        detail: Which list (`company-terms`) or which kind; never content.
    """

    category: str
    measure: float | None
    pointer: str
    span: Span | None = None
    detail: str | None = None
