"""A policy's own tests: findings that are made up, judged by the one decision. Nothing is asked of any service."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from guardrails.domain.check import CheckReport, CheckSpec, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Verdict
from guardrails.policy.decide import decide
from guardrails.policy.document import ExpectSection, FindingSection, TestSection
from guardrails.policy.policy import Policy
from guardrails.policy.positions import Path

CALLER: Final = "policy test"
_TEXT: Final = "a text with something in it"


class Complaint(NamedTuple):
    """What a test found wrong: its place in the file, and a sentence."""

    path: Path
    sentence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one test: the rules that fired, and what is wrong; None where it passed."""

    index: int
    name: str
    fired: frozenset[str] = field(default_factory=frozenset)
    problem: Complaint | None = None


def run_canned(policy: Policy, tests: Sequence[TestSection], specs: Mapping[str, CheckSpec]) -> tuple[Outcome, ...]:
    """Run the tests that need no service, in their order."""
    return tuple(
        outcome_of(policy, index, test, _judged(policy, test, specs))
        for index, test in enumerate(tests)
        if test.is_canned
    )


def outcome_of(policy: Policy, index: int, test: TestSection, verdict: Verdict) -> Outcome:
    """Whether a verdict is what a test expects."""
    own = frozenset(reason.rule for reason in verdict.reasons) & {rule.id for rule in policy.rules}
    deciding = frozenset(reason.rule for reason in verdict.reasons if reason.action is verdict.action)
    expected, got = _words(test.expect.verdict, test.expect.rules), _words(verdict.action.word, sorted(deciding))
    if _is_met(test.expect, verdict.action.word, deciding):
        return Outcome(index, test.name, own)
    sentence = f"the test {test.name!r} fails: expected {expected}, got {got}"
    return Outcome(index, test.name, own, Complaint(("tests", index), sentence))


def untested(policy: Policy, outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """The rules that no test makes fire, in their order."""
    fired = frozenset[str]().union(*(outcome.fired for outcome in outcomes))
    return tuple(rule.id for rule in policy.rules if rule.id not in fired)


def default_origin(stage: Stage) -> Origin:
    """Who wrote the text of a finding that does not say."""
    return Origin.USER if stage is Stage.INPUT else Origin.ASSISTANT


def _judged(policy: Policy, test: TestSection, specs: Mapping[str, CheckSpec]) -> Verdict:
    made = test.findings or []
    origins = dict.fromkeys([default_origin(test.stage), *(_origin(test, one) for one in made)])
    segments = tuple(Segment(_TEXT, origin, _pointer(origin)) for origin in origins)
    found: dict[str, list[Finding]] = defaultdict(list)
    for one in made:
        span = Span(0, len(_TEXT)) if specs[one.check].spans else None
        found[one.check].append(Finding(one.category, one.measure, _pointer(_origin(test, one)), span, one.detail))
    reports = [_report(name, found[name], failed=name in (test.failed or ())) for name in policy.checks]
    return decide(policy, Inspection(test.stage, CALLER, segments), reports)


def _report(name: str, findings: Sequence[Finding], *, failed: bool) -> CheckReport:
    if failed:
        return CheckReport(name, CheckStatus.FAILED, tuple(findings), FailureReason.UNAVAILABLE)
    return CheckReport(name, CheckStatus.COMPLETED, tuple(findings))


def _origin(test: TestSection, finding: FindingSection) -> Origin:
    return finding.origin or default_origin(test.stage)


def _pointer(origin: Origin) -> str:
    return f"/{origin.value}"


def _is_met(expect: ExpectSection, verdict: str, deciding: frozenset[str]) -> bool:
    return expect.verdict == verdict and (expect.rules is None or frozenset(expect.rules) == deciding)


def _words(verdict: str, rules: Iterable[str] | None) -> str:
    if rules is None:
        return verdict
    return f"{verdict} by {', '.join(rules) or 'no rule'}"
