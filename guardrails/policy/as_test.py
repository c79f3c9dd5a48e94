"""A decision as a test in the policy's file: its evidence as canned findings, and what it came to."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from guardrails.domain.verdict import ON_FAILURE_RULE
from guardrails.policy.decide import NO_SPAN, NOT_EDITABLE
from guardrails.policy.media import CHECK as MEDIA_CHECK

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*", re.ASCII)
_NOT_PLAIN: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that YAML does not read as text."""


class Untestable(Exception):
    """A decision that a test's findings cannot stand for; says why."""


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One entry of `tests` (contract, section 3). Findings are the check, the category, and the measure or None."""

    name: str
    stage: str
    findings: tuple[tuple[str, str, float | None], ...]
    failed: tuple[str, ...]
    verdict: str
    rules: tuple[str, ...]


def as_test(name: str, told: Mapping[str, Any]) -> PolicyTest:
    """The test that an explanation (`explained.told`) comes to.

    Of the findings those of measure 0, which say that nothing was seen, and repetitions are left out; of the rules
    those are expected that the verdict rests on.

    Raises:
        Untestable: it rests on more than findings and failed checks, or there are too many of them.
    """
    if "verdict" not in told:
        raise Untestable(str(told.get("unexplained", "there is no verdict")))
    if told["omitted"]:
        raise Untestable("there are more findings than an explanation tells")
    deciding = [reason for reason in told["reasons"] if reason["decides"]]
    for reason in deciding:
        if reason["check"] == MEDIA_CHECK:
            raise Untestable(f"it rests on {reason['rule']}, and a test's findings are in a text")
        if reason["detail"] in {NO_SPAN, NOT_EDITABLE} and reason["rule"] != ON_FAILURE_RULE:
            raise Untestable(f"it rests on where {reason['category']} stands ({reason['detail']})")
    if any(isinstance(one["measure"], float) and not math.isfinite(one["measure"]) for one in told["findings"]):
        raise Untestable("a measure is no number")
    found = {(one["check"], one["category"], one["measure"]): None for one in told["findings"] if one["measure"] != 0}
    failed = {reason["check"]: None for reason in told["reasons"] if reason["rule"] == ON_FAILURE_RULE}
    rules = {reason["rule"]: None for reason in deciding}
    return PolicyTest(name, told["stage"], tuple(found), tuple(failed), told["verdict"], tuple(rules))


def lines_of(test: PolicyTest) -> list[str]:
    """The test as lines of YAML, an item of a block sequence without indentation."""
    return list(_lines(test))


def flow_of(test: PolicyTest) -> str:
    """The test as one line, an item of a flow sequence."""
    findings = f", findings: [{', '.join(map(_finding, test.findings))}]" if test.findings else ""
    failed = f", failed: {_list(test.failed)}" if test.failed else ""
    return f"{{name: {_quoted(test.name)}, stage: {test.stage}{findings}{failed}, expect: {_expected(test)}}}"


def _lines(test: PolicyTest) -> Iterator[str]:
    yield f"- name: {_quoted(test.name)}"
    yield f"  stage: {test.stage}"
    if test.findings:
        yield "  findings:"
        yield from (f"    - {_finding(one)}" for one in test.findings)
    if test.failed:
        yield f"  failed: {_list(test.failed)}"
    yield f"  expect: {_expected(test)}"


def _expected(test: PolicyTest) -> str:
    rules = f", rules: {_list(test.rules)}" if test.rules else ""
    return f"{{verdict: {test.verdict}{rules}}}"


def _finding(one: tuple[str, str, float | None]) -> str:
    check, category, measure = one
    number = "" if measure is None else f", measure: {json.dumps(measure)}"
    return f"{{check: {_quoted(check)}, category: {_quoted(category)}{number}}}"


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, words))}]"


def _quoted(word: str) -> str:
    is_plain = _PLAIN.fullmatch(word) is not None and word.lower() not in _NOT_PLAIN
    return word if is_plain else json.dumps(word, ensure_ascii=False)
