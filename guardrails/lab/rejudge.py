"""Recorded evidence under another policy: the verdict it would have given, or why the evidence does not tell.

The verdict is `decide`'s. What is here is about the question only: whether what the policy asks now was asked then.
Nothing is guessed; a failure then is a failure now, as long as the check still has something to read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from guardrails.domain.asked import Gap, Options, Recast
from guardrails.domain.check import CheckReport, CheckSpec, CheckStatus
from guardrails.domain.content import MEDIA, Inspection, Kind, Segment, Stage
from guardrails.domain.verdict import Action, Verdict
from guardrails.lab.evidence import Evidence
from guardrails.pipeline.output import NO_RULE
from guardrails.policy.decide import decide
from guardrails.policy.policy import CheckPlan, OldTurns, Policy
from guardrails.policy.select import why_not
from guardrails.policy.single import only

TRUSTED_CHANGED = "the list of trusted texts was another one"
OTHER_WINDOWS = "the answer was judged in other windows"
REST_UNKNOWN = "the stream was cut, and what would have followed was not judged"
MIGHT_DROP = "its old turns might be dropped"


@dataclass(frozen=True, slots=True)
class Rejudged:
    """The verdict; or None, and every reason why the evidence does not tell it."""

    verdict: Verdict | None
    gaps: tuple[str, ...] = ()


def rejudge(policy: Policy, evidence: Evidence, specs: Mapping[str, CheckSpec]) -> Rejudged:
    """Judge recorded evidence by a policy.

    A record of a door of a single check is judged by that part of the policy.

    Args:
        policy: What judges now.
        evidence: What was seen then.
        specs: The checks that exist, by name.
    """
    if evidence.only is not None:
        if evidence.only not in specs:
            return Rejudged(None, (f"there is no check {evidence.only}",))
        policy = only(policy, specs[evidence.only])
    inspection = _as_read_now(policy, _as_trusted_now(policy, evidence), evidence)
    casts = [_Cast(plan, specs.get(plan.name), policy, evidence, inspection) for plan in policy.checks.values()]
    gaps = [(cast.plan.name, gap) for cast in casts for gap in cast.gaps()]
    gaps += [("chat", gap) for gap in _chat_gaps(policy, evidence)]
    told = tuple(dict.fromkeys(f"{name}: {gap.why}" for name, gap in gaps))
    if not all(gap.only_adds for _, gap in gaps):
        return Rejudged(None, told)
    verdict = decide(policy, inspection, [report for cast in casts for report in cast.reports()])
    if evidence.is_chat and _might_drop(policy, evidence, verdict):
        return Rejudged(None, (f"chat: {MIGHT_DROP}",))
    # More evidence never lowers a verdict, and nothing is above a block.
    return Rejudged(verdict) if not gaps or verdict.action is Action.BLOCK else Rejudged(None, told)


def _as_trusted_now(policy: Policy, evidence: Evidence) -> Inspection:
    """The segments as the policy trusts them. Where its list is another one nobody can tell: `_Cast` sees to that."""
    if policy.trusted_hash == evidence.trusted:
        return evidence.inspection
    segments = tuple(replace(segment, trusted=False) for segment in evidence.inspection.segments)
    return replace(evidence.inspection, segments=segments)


def _as_read_now(policy: Policy, inspection: Inspection, evidence: Evidence) -> Inspection:
    """Without the texts of an answer where the policy has no rule for answers: a guarded chat does not read them."""
    if not evidence.is_chat or inspection.stage is Stage.INPUT or policy.judges(Stage.OUTPUT):
        return inspection
    return replace(inspection, segments=tuple(one for one in inspection.segments if one.kind in MEDIA))


def _chat_gaps(policy: Policy, evidence: Evidence) -> Iterator[Gap]:
    if not policy.judges(Stage.OUTPUT):
        return
    if evidence.answer_unread:
        yield Gap(f"left out then: {NO_RULE}", only_adds=True)
    if evidence.stream is not None and evidence.stream != policy.chat.stream.told:
        yield Gap(OTHER_WINDOWS)
    if evidence.was_cut:
        yield Gap(REST_UNKNOWN, only_adds=True)


def _might_drop(policy: Policy, evidence: Evidence, verdict: Verdict) -> bool:
    """Whether the policy would perhaps leave old turns out and judge the rest. Its own record tells that it did not."""
    if policy.chat.old_turns is not OldTurns.DROP or not verdict.blocked or policy.ref.revision == evidence.revision:
        return False
    segments = {segment.pointer: segment for segment in evidence.inspection.segments}
    blocking = [segments.get(reason.pointer or "") for reason in verdict.reasons if reason.action is Action.BLOCK]
    found = [segment for segment in blocking if segment is not None]
    turns = [segment for segment in found if segment.kind is not Kind.TURNS]
    return len(found) == len(blocking) and bool(turns) and all(segment.old for segment in turns)


class _Cast:
    """One check's evidence of then, in answer to the plan of now."""

    def __init__(
        self, plan: CheckPlan, spec: CheckSpec | None, policy: Policy, evidence: Evidence, inspection: Inspection
    ) -> None:
        self.plan = plan
        self._stage = inspection.stage
        self._then = evidence.plans.get(plan.name)
        self._trusts_others = policy.trusted_hash not in {None, evidence.trusted} and plan.skips_trusted
        self._trusted_none = evidence.trusted is None
        self._read_now = {
            segment.pointer for segment in inspection.segments if why_not(plan, segment, inspection.stage) is None
        }
        self._segments = evidence.inspection.segments
        self._was_idle = self._then is not None and not any(
            why_not(self._then, segment, self._stage) is None for segment in self._segments
        )
        self._rules = [rule for rule in policy.rules if rule.check == plan.name and inspection.stage in rule.stages]
        known = {segment.pointer for segment in inspection.segments}
        self._casts = [
            (report, _recast(plan, self._then, spec, _about(report, self._read_now, known)))
            for report in evidence.reports
            if report.check == plan.name
        ]

    def gaps(self) -> Iterator[Gap]:
        if self._then is None:
            if self._read_now:
                yield Gap("did not run then", only_adds=not self._trusts_others)
            return
        for segment in self._newly_read(self._then):
            yield Gap(f"left out then: {why_not(self._then, segment, self._stage)}", only_adds=True)
        for report, cast in self._casts:
            yield from (gap for gap in cast.gaps if self._matters(gap))
            if self._read_now and self._trusts_others and not (self._trusted_none and _is_clean(report)):
                yield Gap(TRUSTED_CHANGED)

    def reports(self) -> Iterator[CheckReport]:
        """What it saw. One that has something to read now and had nothing then has seen nothing: a gap tells of it."""
        if not self._read_now:
            yield CheckReport(self.plan.name, CheckStatus.SKIPPED)
            return
        if self._then is None:
            yield CheckReport(self.plan.name, CheckStatus.COMPLETED)
        for report, cast in self._casts:
            status = report.status
            if status is CheckStatus.SKIPPED and self._was_idle:
                status = CheckStatus.COMPLETED
            yield replace(report, findings=cast.findings, status=status)

    def _newly_read(self, then: CheckPlan) -> Iterator[Segment]:
        for segment in self._segments:
            if segment.pointer in self._read_now and why_not(then, segment, self._stage) is not None:
                yield segment

    def _matters(self, gap: Gap) -> bool:
        """Whether a rule of this stage would look at what the gap is about."""
        return any(
            gap.category is None or rule.categories is None or gap.category in rule.categories for rule in self._rules
        )


def _is_clean(report: CheckReport) -> bool:
    """Whether reading less could change nothing: nothing was found, and nothing went wrong."""
    return not report.findings and report.status is not CheckStatus.FAILED


def _about(report: CheckReport, read: set[str], known: Iterable[str]) -> CheckReport:
    """The report without what it says of texts that the check is not given now."""
    gone = set(known) - read
    return replace(report, findings=tuple(finding for finding in report.findings if finding.pointer not in gone))


def _recast(plan: CheckPlan, then: CheckPlan | None, spec: CheckSpec | None, report: CheckReport) -> Recast:
    if then is None or _said(then) == _said(plan):
        return Recast(report.findings)
    if spec is None:
        return Recast((), (Gap("is a check that does not exist"),))
    try:
        return spec.recast(_said(then), _said(plan), report.findings)
    except (KeyError, TypeError, AttributeError):
        return Recast((), (Gap("was asked with options that are not known"),))


def _said(plan: CheckPlan) -> Options:
    """A check's options without those that are null: what turns records into tables fills in the keys of others."""
    return {key: value for key, value in plan.told.items() if value is not None}
