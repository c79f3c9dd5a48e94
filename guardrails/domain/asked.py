"""What checks were asked when they gave their evidence, and what that evidence says of another question.

A decision record keeps it beside the findings. Without it nobody can tell "Sexual was not seen" from "nobody asked".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guardrails.domain.finding import Finding

Options = Mapping[str, Any]
"""Those of a check's options that its evidence depends on, as plain JSON."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question behind the evidence of one verdict, as plain JSON.

    Attributes:
        checks: By name: `scan`, `scan_output`, `reads` and `skips` (which segments it was given), `options`.
        only: The one check that ran, at the doors of single checks; None where all of the policy did.
        trusted: A hash over the policy's list of trusted texts; None where it has none.
        stream: The windows in which a streamed answer is judged: `release`, `window`, `overlap`, `wait_ms`.
    """

    checks: Mapping[str, Mapping[str, object]]
    only: str | None = None
    trusted: str | None = None
    stream: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that another policy asks and that the evidence does not answer.

    Attributes:
        why: A few words, the same for every inspection, so that gaps can be counted.
        category: The one category it is about; None where it concerns everything the check reports.
        only_adds: Whether the answer could only add to what is known: then a text that what is known blocks is blocked.
    """

    why: str
    category: str | None = None
    only_adds: bool = False


@dataclass(frozen=True, slots=True)
class Recast:
    """What a check would have found under other options, as far as its evidence tells."""

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...] = ()


Recaster = Callable[[Options, Options, Sequence[Finding]], Recast]
"""Options then, options now, the findings of then -> what they say about now."""


def only_the_same(then: Options, now: Options, findings: Sequence[Finding]) -> Recast:
    """The recaster of a check that has none: evidence holds where nothing was asked differently, and only there."""
    changed = sorted(key for key in {*then, *now} if then.get(key) != now.get(key))
    return Recast(tuple(findings), tuple(Gap(f"its option {key} was another one") for key in changed))
