"""What no policy and no evidence can break."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage, apply_edits
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Mode, PolicyRef
from guardrails.policy.coverage import coverage
from guardrails.policy.decide import decide as decide_with
from guardrails.policy.placeholders import PlaceholderKeys
from guardrails.policy.policy import CheckPlan, Policy, Rule
from guardrails.policy.shadow import shadow_verdicts

CHECKS = ("pii", "harm", "shield")
CATEGORIES = ("A", "B", "blocklist")
# Every code point of the texts is another one, so that what survives a redaction can be told.
TEXTS = ("".join(map(chr, range(0x4E00, 0x4E14))), "".join(map(chr, range(0x1F600, 0x1F60A))))
SEGMENTS = (
    Segment(TEXTS[0], Origin.USER, "/messages/0/content"),
    Segment(TEXTS[1], Origin.TOOL, "/messages/1/content"),
    Segment("{}", Origin.SYSTEM, "/tools/0", editable=False),
    Segment("  ", Origin.ASSISTANT, "/messages/2/content"),
)
KEYS = PlaceholderKeys((b"k" * 32,))


def decide(policy, inspection, told):
    return decide_with(policy, inspection, told, KEYS)


measures = st.one_of(st.none(), st.sampled_from([0, 0.3, 0.5, 1, 2, 4, 6, 7]))
spans = st.one_of(st.none(), st.tuples(st.integers(-1, 22), st.integers(-1, 22)).map(lambda pair: Span(*pair)))
findings = st.builds(
    Finding,
    st.sampled_from(CATEGORIES),
    measures,
    st.sampled_from([*(segment.pointer for segment in SEGMENTS), "/nowhere"]),
    spans,
)
actions = st.sampled_from(Action)


@st.composite
def rules(draw, number=0):
    action = draw(actions)
    return Rule(
        id=f"r{number}",
        stages=draw(st.frozensets(st.sampled_from(Stage), min_size=1)),
        check=draw(st.sampled_from(CHECKS)),
        categories=draw(st.none() | st.frozensets(st.sampled_from(CATEGORIES), min_size=1)),
        at_least=draw(st.none() | st.sampled_from([0.2, 0.5, 2, 4, 7])),
        action=action,
        replacement=draw(st.sampled_from(["label", "mask", "hash", "placeholder"]))
        if action is Action.REDACT
        else None,
        restore=draw(st.booleans()),
        origins=draw(st.none() | st.frozensets(st.sampled_from(Origin), min_size=1)),
    )


@st.composite
def policies(draw):
    plans = {
        name: CheckPlan(
            name,
            draw(st.frozensets(st.sampled_from(Origin), min_size=1)),
            draw(st.sampled_from([Action.FLAG, Action.BLOCK])),
            None,
            scan_output=draw(st.none() | st.frozensets(st.sampled_from(Origin))),
        )
        for name in CHECKS
    }
    number = draw(st.integers(0, 5))
    return Policy(
        PolicyRef("p", "sha256:0"), "", draw(st.sampled_from(Mode)), 1.0, plans,
        tuple(draw(rules(index)) for index in range(number)), "Stopped.",
    )  # fmt: skip


@st.composite
def reports(draw):
    made = []
    for name in CHECKS:
        status = draw(st.sampled_from([None, *CheckStatus, *[CheckStatus.COMPLETED] * 4]))
        if status is not None:
            reason = FailureReason.DEADLINE if status is CheckStatus.FAILED else None
            made.append(CheckReport(name, status, tuple(draw(st.lists(findings, max_size=5))), reason))
    return tuple(made)


inspections = st.builds(
    Inspection,
    st.sampled_from(Stage),
    st.just("app"),
    st.lists(st.sampled_from(SEGMENTS), unique_by=lambda segment: segment.pointer).map(tuple),
)


@given(policies(), inspections, reports(), st.randoms())
def test_the_order_of_rules_and_reports_and_findings_never_matters(policy, inspection, told, random):
    shuffled = list(policy.rules)
    random.shuffle(shuffled)
    others = [replace(report, findings=tuple(random.sample(report.findings, len(report.findings)))) for report in told]
    random.shuffle(others)
    assert decide(policy, inspection, told) == decide(replace(policy, rules=tuple(shuffled)), inspection, others)


@given(policies(), inspections, reports(), rules(number=99))
def test_adding_a_rule_never_lowers_the_action(policy, inspection, told, rule):
    more = replace(policy, rules=(*policy.rules, rule))
    assert decide(more, inspection, told).action >= decide(policy, inspection, told).action


@given(policies(), inspections, reports(), st.data())
def test_a_stricter_threshold_never_allows_more(policy, inspection, told, data):
    with_limit = [index for index, rule in enumerate(policy.rules) if rule.at_least is not None]
    if not with_limit:
        return
    index = data.draw(st.sampled_from(with_limit))
    stricter = list(policy.rules)
    stricter[index] = replace(stricter[index], at_least=data.draw(st.floats(0.01, stricter[index].at_least)))
    after = decide(replace(policy, rules=tuple(stricter)), inspection, told)
    assert after.action >= decide(policy, inspection, told).action


@given(policies(), inspections, reports())
def test_a_failed_or_missing_check_never_reads_as_clean(policy, inspection, told):
    verdict = decide(policy, inspection, told)
    fine = {report.check for report in told if report.status is not CheckStatus.FAILED}
    for name, plan in policy.checks.items():
        if name not in fine:
            assert verdict.degraded
            assert verdict.action >= plan.on_failure >= Action.FLAG
            assert any(reason.rule == ON_FAILURE_RULE and reason.check == name for reason in verdict.reasons)


@given(policies(), inspections, reports())
def test_monitor_changes_only_the_mode(policy, inspection, told):
    enforced = decide(replace(policy, mode=Mode.ENFORCE), inspection, told)
    monitored = decide(replace(policy, mode=Mode.MONITOR), inspection, told)
    assert replace(monitored, mode=Mode.ENFORCE) == enforced
    assert not monitored.blocked


redacted_spans = st.tuples(st.integers(0, 19), st.integers(1, 20)).map(lambda pair: Span(pair[0], min(20, sum(pair))))


@given(st.lists(st.tuples(redacted_spans, st.sampled_from(CATEGORIES)), min_size=1, max_size=8))
def test_no_character_of_a_redacted_span_survives_and_all_others_do(seen):
    text, at = TEXTS[0], SEGMENTS[0].pointer
    found = tuple(Finding(category, 1, at, span) for span, category in seen)
    hide = {"A": "mask", "B": "placeholder", "blocklist": "mask"}
    made = tuple(
        Rule(name, frozenset(Stage), "pii", frozenset({name}), None, Action.REDACT, how) for name, how in hide.items()
    )
    plans = {"pii": CheckPlan("pii", frozenset(Origin), Action.BLOCK, None)}
    policy = Policy(PolicyRef("p", "sha256:0"), "", Mode.ENFORCE, 1.0, plans, made, "Stopped.")
    inspection = Inspection(Stage.INPUT, "app", SEGMENTS[:1])
    verdict = decide(policy, inspection, (CheckReport("pii", CheckStatus.COMPLETED, found),))
    assert verdict.action is Action.REDACT
    gone = {text[place] for span, _ in seen for place in range(*span)}
    result = apply_edits(text, verdict.edits)
    assert gone.isdisjoint(result)
    assert [char for char in text if char not in gone] == [char for char in result if char in text]
    if all(hide[category] == "mask" for _, category in seen):
        assert len(result) == len(text)


@given(policies(), inspections, reports())
def test_edits_come_with_a_redaction_and_with_nothing_else(policy, inspection, told):
    verdict = decide(policy, inspection, told)
    assert bool(verdict.edits) is (verdict.action is Action.REDACT)


@given(policies(), inspections, reports())
def test_the_verdict_is_its_strongest_reason_and_edits_never_overlap(policy, inspection, told):
    verdict = decide(policy, inspection, told)
    assert verdict.action == max((reason.action for reason in verdict.reasons), default=Action.ALLOW)
    assert [reason.action for reason in verdict.reasons] == sorted((r.action for r in verdict.reasons), reverse=True)
    ends = {}
    for edit in verdict.edits:
        assert edit.span.start >= ends.get(edit.pointer, 0)
        ends[edit.pointer] = edit.span.end


@given(policies(), inspections, reports())
def test_the_receipt_accounts_for_every_check_on_every_string(policy, inspection, told):
    receipt = coverage(policy, inspection, told)
    assert [entry.pointer for entry in receipt] == [segment.pointer for segment in inspection.segments]
    finished = {report.check for report in told if report.status is CheckStatus.COMPLETED}
    for entry in receipt:
        assert {*entry.checks, *entry.not_read} == set(policy.checks)
        assert not {*entry.checks} & {*entry.not_read}
        assert {*entry.checks} <= finished


@given(policies(), inspections, reports())
def test_a_policy_in_its_own_shadow_agrees_with_itself_or_cannot_tell(judged, inspection, told):
    (shadow,) = shadow_verdicts(replace(judged, shadows=(judged,)), inspection, told)
    if shadow.action is None:
        return
    mine = [
        replace(one, findings=tuple(found for found in one.findings if _is_read(judged, inspection, one.check, found)))
        for one in told
    ]
    assert shadow.action is decide(judged, inspection, mine).action


def _is_read(judged, inspection, check, finding):
    segments = {segment.pointer: segment for segment in inspection.segments}
    segment = segments.get(finding.pointer)
    origins = judged.checks[check].scans(inspection.stage)
    return segment is None or (segment.origin in origins and bool(segment.text.strip()))


@given(policies(), inspections, reports(), st.frozensets(st.sampled_from(Origin)))
def test_what_a_stage_does_not_let_be_read_is_in_the_receipt_as_not_read(policy, inspection, told, output):
    plans = {name: replace(plan, scan_output=output) for name, plan in policy.checks.items()}
    narrowed = replace(policy, checks=plans)
    for receipt in coverage(narrowed, inspection, told):
        for name, plan in plans.items():
            if receipt.origin not in plan.scans(inspection.stage):
                assert name not in receipt.checks
                assert receipt.not_read[name] == f"origin {receipt.origin}"


@given(policies(), inspections, reports())
def test_the_origin_of_a_rule_never_touches_the_receipt_or_a_failure(policy, inspection, told):
    everyone = replace(policy, rules=tuple(replace(rule, origins=None) for rule in policy.rules))
    mine, all_of_it = decide(policy, inspection, told), decide(everyone, inspection, told)
    assert mine.action <= all_of_it.action
    assert mine.degraded == all_of_it.degraded
    assert coverage(policy, inspection, told) == coverage(everyone, inspection, told)
