"""What no policy and no evidence can break: a replay tells the truth or says that it cannot."""

from dataclasses import replace

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab_records import one_that_holds, record_of
from replaying import recorded, told

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Span, Stage
from guardrails.domain.finding import BLOCKLIST, Finding
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.lab.evidence import read_evidence
from guardrails.lab.rejudge import rejudge
from guardrails.policy.decide import decide
from guardrails.policy.policy import CheckPlan, Policy, Rule
from guardrails.policy.select import narrow
from guardrails.policy.single import only

# ---- its own policy: the recorded verdict, exactly, whatever was planned and whatever was seen

CHECKS = ("pii", "harm", "shield")
CATEGORIES = ("A", "B", BLOCKLIST)
SEGMENTS = (
    Segment("x" * 20, Origin.USER, "/messages/0/content"),
    Segment("y" * 10, Origin.TOOL, "/messages/1/secret-name", old=True),
    Segment("y" * 7, Origin.TOOL, "/messages/1/other-name", trusted=True),
    Segment("{}", Origin.SYSTEM, "/tools/0", editable=False),
    Segment("  ", Origin.ASSISTANT, "/messages/2/content"),
    Segment("x" * 9, Origin.USER, "/messages/3/content", kind=Kind.PARTS),
)
POINTERS = (*(segment.pointer for segment in SEGMENTS), "/nowhere", "/not/here")
spans = st.none() | st.tuples(st.integers(-1, 22), st.integers(-1, 22)).map(lambda pair: Span(*pair))
findings = st.builds(
    Finding,
    st.sampled_from(CATEGORIES),
    st.none() | st.sampled_from([0, 0.3, 0.5, 0.85, 1, 2, 4, 6, 7]),
    st.sampled_from(POINTERS),
    spans,
    st.none() | st.just("company-terms"),
)


@st.composite
def rules(draw, number):
    action = draw(st.sampled_from(Action))
    hides = draw(st.sampled_from(["label", "mask", "hash"])) if action is Action.REDACT else None
    return Rule(
        f"r{number}",
        draw(st.frozensets(st.sampled_from(Stage), min_size=1)),
        draw(st.sampled_from(CHECKS)),
        draw(st.none() | st.frozensets(st.sampled_from(CATEGORIES), min_size=1)),
        draw(st.none() | st.sampled_from([0.2, 0.5, 2, 4, 7])),
        action,
        hides,
    )


@st.composite
def policies(draw):
    plans = {
        name: CheckPlan(
            name,
            draw(st.frozensets(st.sampled_from(Origin), min_size=1)),
            draw(st.sampled_from([Action.FLAG, Action.BLOCK])),
            None,
            draw(st.frozensets(st.sampled_from([Kind.TEXT, Kind.PARTS]), min_size=1)),
            draw(st.booleans()),
            draw(st.booleans()),
        )
        for name in CHECKS
    }
    made = tuple(draw(rules(number)) for number in range(draw(st.integers(0, 5))))
    trusted = draw(st.frozensets(st.just("0" * 64)))
    mode = draw(st.sampled_from(Mode))
    return Policy(PolicyRef("p", "sha256:0"), "", mode, 1.0, plans, made, "Stopped.", trusted=trusted)


@st.composite
def reports(draw):
    made = []
    for name in CHECKS:
        status = draw(st.sampled_from([*CheckStatus, *[CheckStatus.COMPLETED] * 4]))
        reason = draw(st.sampled_from(FailureReason)) if status is CheckStatus.FAILED else None
        made.append(CheckReport(name, status, tuple(draw(st.lists(findings, max_size=5))), reason))
    return tuple(made)


inspections = st.builds(
    Inspection,
    st.sampled_from(Stage),
    st.just("app"),
    st.lists(st.sampled_from(SEGMENTS), unique_by=lambda segment: segment.pointer).map(tuple),
)


@settings(deadline=None)
@given(policies(), inspections, reports())
def test_evidence_under_its_own_policy_gives_the_recorded_verdict_exactly(policy, inspection, seen):
    if not policy.trusted:
        segments = tuple(replace(segment, trusted=False) for segment in inspection.segments)
        inspection = replace(inspection, segments=segments)
    ran = {name: plan.told for name, plan in policy.checks.items()}
    seen = tuple(
        report
        for report in seen
        # A check that had nothing to read has seen nothing: `run_checks` does not even ask it.
        if narrow(policy.checks[report.check], inspection).segments
        or (report.status is CheckStatus.SKIPPED and not report.findings)
    )
    seen += tuple(CheckReport(name, CheckStatus.SKIPPED) for name in ran if name not in {one.check for one in seen})
    # Nor does any check see what it is not given.
    seen = tuple(replace(one, findings=tuple(_given(policy.checks[one.check], inspection, one))) for one in seen)
    record = record_of(policy, inspection, seen)
    judged = rejudge(policy, read_evidence(record), {})
    assert judged.gaps == ()
    assert told(judged.verdict) == recorded(record)


def _given(plan, inspection, report):
    read = {segment.pointer for segment in narrow(plan, inspection).segments}
    known = {segment.pointer for segment in inspection.segments}
    return (finding for finding in report.findings if finding.pointer in read or finding.pointer not in known)


# ---- another policy: what Azure would have been asked and have answered, against what the replay makes of the record

HARMS = ("Hate", "SelfHarm", "Sexual", "Violence")
LISTS = ("ours", "theirs")
PII = ("Email", "PhoneNumber", "Person")
TRUSTED = tuple(f"{number:064x}" for number in range(3))
WORLD = tuple(
    Segment("x" * 10 * (number + 1), origin, f"/{number}", editable=origin is not Origin.SYSTEM, old=number == 1)
    for number, origin in enumerate((Origin.SYSTEM, Origin.USER, Origin.USER, Origin.TOOL, Origin.ASSISTANT))
)

words = st.sampled_from(["flag", "block", "redact"])
scans = st.none() | st.lists(st.sampled_from(["system", "user", "tool", "assistant"]), min_size=1, unique=True)


@st.composite
def world_rules(draw, number, planned):
    check = draw(st.sampled_from(planned))
    rule = {"id": f"r{number}", "check": check, "action": draw(words)}
    if stage := draw(st.sampled_from([None, "input", "output"])):
        rule["stage"] = stage
    if check == "prompt_shield":
        rule["action"] = rule["action"].replace("redact", "block")
    elif check == "pii":
        rule |= draw(st.sampled_from([{}, {"at_least": 0.6}]))
        rule |= draw(st.sampled_from([{}, {"category": "Email"}, {"category": ["Person", "PhoneNumber"]}]))
    else:
        rule["action"] = rule["action"].replace("redact", "flag")
        rule |= draw(
            st.sampled_from(
                [{"at_least": 4}, {"category": "Hate", "at_least": 3}, {"category": BLOCKLIST}, {"category": "Sexual"}]
            )
        )
    return rule


@st.composite
def world_policies(draw):
    checks = {}
    if draw(st.booleans()):
        checks["prompt_shield"] = {"window": draw(st.sampled_from([10000, 10000, 500]))}
    if draw(st.booleans()) or not checks:
        checks["content_safety"] = {
            "categories": draw(st.lists(st.sampled_from(HARMS), min_size=1, unique=True)),
            "severity_levels": draw(st.sampled_from(["four", "eight"])),
            "blocklists": draw(st.lists(st.sampled_from(LISTS), unique=True)),
            "halt_on_blocklist_hit": draw(st.booleans()),
        }
    if draw(st.booleans()):
        checks["pii"] = {
            "categories": draw(st.none() | st.lists(st.sampled_from(PII), min_size=1, unique=True)),
            "ignore": draw(st.sampled_from([[], ["a@b.c"]])),
            "language": draw(st.sampled_from(["en", "en", "de"])),
        }
    for name, section in checks.items():
        scan = draw(scans)
        if scan is not None:
            section["scan"] = [origin for origin in scan if name != "prompt_shield" or origin != "system"] or ["user"]
        section["on_failure"] = draw(st.sampled_from(["block", "flag"]))
    number = draw(st.integers(1, 4))
    policy = one_that_holds({
        "mode": draw(st.sampled_from(["enforce", "monitor"])),
        "checks": checks,
        "rules": [draw(world_rules(index, sorted(checks))) for index in range(number)],
    })  # fmt: skip
    # What the compiler does not take yet, and plans can already say.
    trusted = draw(st.frozensets(st.sampled_from(TRUSTED), max_size=2))
    skips = draw(st.booleans())
    plans = {name: replace(plan, skips_old=skips) for name, plan in policy.checks.items()}
    return replace(policy, checks=plans, trusted=trusted)


@st.composite
def worlds(draw):
    """Everything that there is to see, at the finest scale; and which check fails when it is called."""
    seen = {name: [] for name in SPECS}
    for segment in WORLD:
        for harm in HARMS:
            seen["content_safety"].append(Finding(harm, draw(st.sampled_from([0, 0, 0, 3, 5])), segment.pointer))
        if draw(st.sampled_from([False, False, True])):
            hit = Finding(BLOCKLIST, None, segment.pointer, None, draw(st.sampled_from(LISTS)))
            seen["content_safety"].append(hit)
        if draw(st.sampled_from([False, False, True])):
            found = (draw(st.sampled_from(PII)), draw(st.sampled_from([0.5, 0.9])), segment.pointer, Span(0, 5))
            seen["pii"].append(Finding(*found))
        if draw(st.sampled_from([False, False, True])):
            seen["prompt_shield"].append(Finding("UserPromptAttack", None, segment.pointer))
    failing = draw(st.sampled_from([None, None, None, *SPECS]))
    return draw(st.sampled_from(Stage)), seen, failing


def looked_at(policy, world):
    """The inspection and the reports there would be under this policy, had Azure been asked."""
    stage, seen, failing = world
    segments = tuple(
        replace(segment, trusted=TRUSTED[number % 3] in policy.trusted) for number, segment in enumerate(WORLD)
    )
    inspection = Inspection(stage, "app", segments)
    made = []
    for name, plan in policy.checks.items():
        read = {segment.pointer for segment in narrow(plan, inspection).segments}
        if not read:
            made.append(CheckReport(name, CheckStatus.SKIPPED))
        elif name == failing:
            made.append(CheckReport(name, CheckStatus.FAILED, reason=FailureReason.DEADLINE))
        else:
            found = [finding for finding in seen[name] if finding.pointer in read]
            made.append(CheckReport(name, CheckStatus.COMPLETED, tuple(_answered(name, plan.told, found))))
    return inspection, made


def _answered(name, options, found):
    if name == "prompt_shield":
        # Attacks that only small windows see.
        yield from (one for one in found if options["window"] == 500 or one.pointer != "/3")
    elif name == "pii":
        wanted = options["categories"] or ["Email", "PhoneNumber"]
        seen = found if options["language"] == "en" else found[::2]
        yield from (one for one in seen if one.category in wanted and not (options["ignore"] and one.measure > 0.8))
    else:
        hits = [one for one in found if one.category == BLOCKLIST and one.detail in options["blocklists"]]
        halted = {one.pointer for one in hits} if options["halt_on_blocklist_hit"] else set()
        yield from hits
        for one in found:
            if one.category in options["categories"] and one.pointer not in halted:
                coarse = options["severity_levels"] == "four"
                yield replace(one, measure=one.measure - one.measure % 2) if coarse else one


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(world_policies(), world_policies(), worlds())
def test_a_replay_says_what_azure_would_have_led_to_or_that_it_cannot_tell(then, now, world):
    record = record_of(then, *looked_at(then, world))
    assert orjson.dumps(record)
    judged = rejudge(now, read_evidence(record), SPECS)
    truth = decide(now, *looked_at(now, world))
    if judged.verdict is not None:
        assert judged.verdict.action is truth.action
        assert judged.verdict.blocked is truth.blocked
        if judged.verdict.action is not Action.BLOCK:
            assert {reason.rule for reason in judged.verdict.reasons} == {reason.rule for reason in truth.reasons}
            assert judged.verdict.degraded is truth.degraded
    else:
        assert judged.gaps


@settings(max_examples=60, deadline=None)
@given(world_policies(), worlds(), st.sampled_from(sorted(SPECS)))
def test_a_record_of_a_single_door_is_judged_by_that_check_alone(then, world, name):
    alone = only(then, SPECS[name])
    record = record_of(alone, *looked_at(alone, world))
    judged = rejudge(then, read_evidence(record), SPECS)
    assert judged.gaps == ()
    assert told(judged.verdict) == recorded(record)
