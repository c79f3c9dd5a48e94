"""The decision: policy and evidence in, a verdict out. One pure function, the same live, in replay and in tests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Segment, Span
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Reason, Verdict
from guardrails.policy.edits import Hit, edits_of
from guardrails.policy.media import media_reasons
from guardrails.policy.placeholders import PlaceholderKeys
from guardrails.policy.policy import CheckPlan, Policy, Rule
from guardrails.policy.select import narrow

NO_SPAN = "no span to redact"
NOT_EDITABLE = "cannot be redacted in place"


def decide(
    policy: Policy, inspection: Inspection, reports: Sequence[CheckReport], keys: PlaceholderKeys | None = None
) -> Verdict:
    """Judge the evidence.

    Every rule is tried on every finding of its check; the strongest action wins. It fails closed:

    - a check of the policy whose report failed or is missing gives a reason `on_failure` with the plan's action and
      makes the verdict degraded; so does a skipped report where there was something to read. Findings of a failed
      report count as well;
    - a redaction that cannot be carried out blocks: the finding has no span (or one outside its text), or its
      segment is not editable or not part of the inspection;
    - what is no text and read by no check of the policy gives a reason `media` with the policy's action for its kind.

    The mode is only noted: a monitoring policy gives the same action, reasons and edits, and whoever enforces must
    ask `verdict.mode`. Reports of checks that the policy does not use are ignored. `keys` make the placeholders and
    hashes of the edits and touch nothing else of a verdict; without them (a replay) these are labels.
    """
    segments = {segment.pointer: segment for segment in inspection.segments}
    failures = tuple(_failures(policy, inspection, reports))
    hits = tuple(hits_of(policy, inspection, reports, segments))
    reasons = tuple(dict.fromkeys((*failures, *media_reasons(policy, inspection), *map(reason_of, hits))))
    action = max((reason.action for reason in reasons), default=Action.ALLOW)
    order = {pointer: index for index, pointer in enumerate(segments)}
    return Verdict(
        action=action,
        policy=policy.ref,
        mode=policy.mode,
        reasons=tuple(sorted(reasons, key=lambda reason: _rank(reason, order))),
        degraded=bool(failures),
        edits=edits_of(hits, segments, inspection.caller, keys) if action is Action.REDACT else (),
    )


def failure_of(plan: CheckPlan, inspection: Inspection, reports: Iterable[CheckReport]) -> str | None:
    """Why a planned check must count as failed, as a reason code or a few words; None when its report holds."""
    own = [report for report in reports if report.check == plan.name]
    if not own:
        return "no report"
    for report in own:
        if report.status is CheckStatus.FAILED:
            return str(report.reason or FailureReason.INTERNAL)
        if report.status is CheckStatus.SKIPPED and narrow(plan, inspection).segments:
            return "skipped"
    return None


def _failures(policy: Policy, inspection: Inspection, reports: Sequence[CheckReport]) -> Iterator[Reason]:
    for plan in policy.checks.values():
        why = failure_of(plan, inspection, reports)
        if why is not None:
            yield Reason(rule=ON_FAILURE_RULE, action=plan.on_failure, check=plan.name, detail=why)


def hits_of(
    policy: Policy, inspection: Inspection, reports: Sequence[CheckReport], segments: Mapping[str, Segment]
) -> Iterator[Hit]:
    """Every rule of the stage that matches a finding of its check; `segments` by pointer."""
    rules = [rule for rule in policy.rules if inspection.stage in rule.stages]
    for report in reports:
        for rule in rules:
            if rule.check != report.check or rule.check not in policy.checks:
                continue
            for finding in report.findings:
                segment = segments.get(finding.pointer)
                if matches(rule, finding) and concerns(rule, segment):
                    yield _hit(rule, finding, segment)


def matches(rule: Rule, finding: Finding) -> bool:
    """Whether a rule asks for something on a finding of its check: category and threshold, nothing else.

    Without `at_least` any finding counts but one of measure 0, which is the service's word for "safe". With it a
    finding without a measure (a blocklist's) does not count. A measure that is not a number counts as the highest.
    """
    if rule.categories is not None and finding.category not in rule.categories:
        return False
    if finding.measure is None:
        return rule.at_least is None
    if rule.at_least is None:
        return not finding.measure <= 0
    return not finding.measure < rule.at_least


def concerns(rule: Rule, segment: Segment | None) -> bool:
    """Whether a rule is about texts of this one's origin. A finding in no known text is everybody's."""
    return rule.origins is None or segment is None or segment.origin in rule.origins


def _hit(rule: Rule, finding: Finding, segment: Segment | None) -> Hit:
    if rule.action is not Action.REDACT:
        return Hit(rule, finding, rule.action, finding.detail)
    if segment is None or not segment.editable:
        return Hit(rule, finding, Action.BLOCK, NOT_EDITABLE)
    span = finding.span
    if span is None or not 0 <= span.start < span.end <= len(segment.text):
        return Hit(rule, finding, Action.BLOCK, NO_SPAN)
    return Hit(rule, finding, Action.REDACT, finding.detail)


def reason_of(hit: Hit) -> Reason:
    """The hit as a verdict tells it."""
    return Reason(
        rule=hit.rule.id,
        action=hit.action,
        check=hit.rule.check,
        category=hit.finding.category,
        measure=hit.finding.measure,
        at_least=hit.rule.at_least,
        pointer=hit.finding.pointer,
        span=hit.finding.span,
        detail=hit.detail,
    )


def _rank(reason: Reason, order: Mapping[str, int]) -> tuple[object, ...]:
    """Strongest first, then failures, then by position in the inspection; the rest only makes it one order."""
    return (
        -reason.action,
        reason.pointer is not None,
        order.get(reason.pointer or "", len(order)),
        reason.pointer or "",
        reason.span or Span(-1, -1),
        reason.check,
        reason.category or "",
        reason.rule,
        repr((reason.measure, reason.detail)),
    )
