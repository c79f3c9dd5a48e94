"""The number of each string in a record: pointers are made safe, and several strings may then share one."""

from collections.abc import Iterable, Mapping, Sequence

from guardrails.domain.check import CheckReport
from guardrails.domain.verdict import Coverage, Reason


def places(
    coverage: Sequence[Coverage], reports: Iterable[CheckReport], reasons: Iterable[Reason]
) -> Mapping[str, int]:
    """Pointer -> its string's place in `coverage`.

    What is pointed at and not part of the inspection, which is a check's fault, has a negative number: it is told
    apart, in the order of the pointers, and never taken for a string that is there.
    """
    known = {receipt.pointer: number for number, receipt in enumerate(coverage) if receipt.kind is not None}
    pointed = {finding.pointer for report in reports for finding in report.findings}
    pointed.update(reason.pointer for reason in reasons if reason.pointer is not None)
    strange = sorted(pointed - known.keys())
    return known | {pointer: number - len(strange) for number, pointer in enumerate(strange)}
