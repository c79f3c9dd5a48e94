"""Decisions explained from their records: what was decided is decided again, and no text is in it."""

import json
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.pipeline.assessment import new_id
from guardrails.pipeline.explaining import explain_now, explain_record
from guardrails.policy.compile import compile_policy
from guardrails.policy.coverage import coverage
from guardrails.policy.decide import decide
from guardrails.policy.select import narrow
from guardrails.policy.single import only
from guardrails.telemetry.records import decision_record, refusal_record

CANARY = "kanarienvogel"
FILE = """version: 1
policy: p
history: last_turn
checks:
  prompt_shield: {on_failure: flag}
  content_safety: {scan: [user, tool]}
  pii: {categories: [Email]}
rules:
  - {id: attack, check: prompt_shield, action: block}
  - {id: harm, check: content_safety, category: [Hate], at_least: 4, action: block}
  - {id: noted, check: content_safety, at_least: 2, action: flag}
  - {id: mail, stage: input, check: pii, action: redact}
media: {audio: flag}
"""
POLICY = compile_policy(FILE, "/etc/secret-place/p.yaml", SPECS)


def recorded(policy, inspection, reports, **words):
    verdict = decide(policy, inspection, reports)
    record = decision_record(
        decision_id=new_id(),
        moment=datetime(2026, 11, 24, tzinfo=UTC),
        request_id="r",
        caller=inspection.caller,
        door=words.pop("door", "/check"),
        stage=inspection.stage,
        verdict=verdict,
        reports=reports,
        coverage=coverage(policy, inspection, reports),
        duration_ms=1.0,
        **words,
    )
    return verdict, orjson.loads(orjson.dumps(record))


POINTERS = [f"/messages/{number}/content" for number in range(4)]
texts = st.sampled_from(["", "  ", CANARY, CANARY * 3])
segments = st.lists(
    st.tuples(texts, st.sampled_from(list(Origin)), st.sampled_from([Kind.TEXT, Kind.AUDIO]), *[st.booleans()] * 3),
    max_size=4,
).map(
    lambda many: tuple(
        Segment(text, origin, POINTERS[n], kind=kind, editable=editable, old=old, trusted=trusted)
        for n, (text, origin, kind, editable, old, trusted) in enumerate(many)
    )
)
categories = {
    "prompt_shield": [("UserPromptAttack", None)],
    "content_safety": [("Hate", 2), ("Hate", 4), ("Sexual", 0), ("blocklist", None)],
    "pii": [("Email", 0.4), ("Email", 0.9)],
}
findings = st.sampled_from([(check, one) for check, many in categories.items() for one in many])
places = st.tuples(st.sampled_from(POINTERS), st.sampled_from([None, Span(0, 3), Span(2, 99)]))
statuses = st.sampled_from([*[CheckStatus.COMPLETED] * 4, CheckStatus.FAILED, CheckStatus.SKIPPED])


@settings(max_examples=150)
@given(
    segments,
    st.lists(st.tuples(findings, places), max_size=6),
    st.fixed_dictionaries(dict.fromkeys(categories, statuses)),
    st.sampled_from(list(Stage)),
    st.sampled_from([None, *categories]),
)
def test_a_record_judged_again_by_its_own_policy_gives_its_own_verdict(segments, found, states, stage, single):
    policy = POLICY if single is None else only(POLICY, SPECS[single])
    door = "/check" if single is None else f"/check/{single.replace('_', '-')}"
    inspection = Inspection(stage, "app", segments)
    reports = tuple(
        CheckReport(
            name,
            states[name],
            tuple(
                Finding(*one, *place)
                for (check, one), place in found
                if check == name and seen(plan, inspection, place)
            ),
            FailureReason.NETWORK if states[name] is CheckStatus.FAILED else None,
        )
        for name, plan in policy.checks.items()
    )
    verdict, record = recorded(policy, inspection, reports, door=door)
    told = explain_record(record, POLICY, SPECS)
    assert (told["verdict"], told["blocked"], told["degraded"]) == (
        verdict.action.word, verdict.blocked, verdict.degraded,
    )  # fmt: skip
    assert told["decision"]["same_verdict"]
    assert len(told["reasons"]) == len(record["reasons"])
    now = explain_now(policy, inspection, reports, SPECS)
    assert {key: value for key, value in told.items() if key != "decision"} == {
        key: value for key, value in now.items() if key != "decision"
    }
    assert CANARY not in json.dumps([told, now])
    assert "secret-place" not in json.dumps([told, now])


SKIPPED = CheckStatus.SKIPPED
MAIL = (Finding("Email", 0.9, POINTERS[0], Span(0, 3)),)


@pytest.mark.parametrize(
    ("segment", "check", "status", "found", "verdict"),
    [
        (Segment(CANARY, Origin.USER, POINTERS[0]), "pii", CheckStatus.COMPLETED, MAIL, "redact"),
        (Segment(CANARY, Origin.USER, POINTERS[0], editable=False), "pii", CheckStatus.COMPLETED, MAIL, "block"),
        (Segment("xx", Origin.USER, POINTERS[0]), "pii", CheckStatus.COMPLETED, MAIL, "block"),
        (Segment("  ", Origin.USER, POINTERS[0]), "pii", SKIPPED, (), "allow"),
        (Segment(CANARY, Origin.USER, POINTERS[0]), "pii", SKIPPED, (), "block"),
        (Segment(CANARY, Origin.USER, POINTERS[0], old=True), "pii", SKIPPED, (), "allow"),
        (Segment(CANARY, Origin.USER, POINTERS[0], trusted=True), "prompt_shield", SKIPPED, (), "allow"),
        (Segment(CANARY, Origin.USER, POINTERS[0]), "prompt_shield", SKIPPED, (), "flag"),
        (Segment(CANARY, Origin.SYSTEM, POINTERS[0]), "content_safety", SKIPPED, (), "allow"),
        (Segment(CANARY, Origin.USER, POINTERS[0], kind=Kind.AUDIO), "pii", SKIPPED, (), "flag"),
    ],
)
def test_all_of_a_segment_that_a_verdict_depends_on_is_read_back(segment, check, status, found, verdict):
    reports = tuple(
        CheckReport(check, status, found) if name == check else CheckReport(name, CheckStatus.COMPLETED)
        for name in POLICY.checks
    )
    then, record = recorded(POLICY, inspected(segment), reports)
    told = explain_record(record, POLICY, SPECS)
    assert (then.action.word, told["verdict"], told["decision"]["same_verdict"]) == (verdict, verdict, True)


def seen(plan, inspection, place):
    """Only what was given to a check can be reported by it."""
    return place[0] in {segment.pointer for segment in narrow(plan, inspection).segments}


def inspected(*segments):
    return Inspection(Stage.INPUT, "app", segments or (Segment(CANARY, Origin.USER, POINTERS[0]),))


def clean(policy=POLICY):
    return tuple(CheckReport(name, CheckStatus.COMPLETED) for name in policy.checks)


def test_names_that_a_caller_chose_are_in_no_pointer():
    named = Segment("x", Origin.USER, f"/tools/0/function/parameters/properties/{CANARY}")
    reports = (*clean()[:1], CheckReport("content_safety", CheckStatus.COMPLETED, (Finding("Hate", 6, named.pointer),)))
    told = explain_now(POLICY, inspected(named), reports, SPECS)
    assert CANARY not in json.dumps(told)
    assert told["reasons"][-1]["pointer"].endswith("/*")


def test_strings_whose_recorded_pointers_are_alike_stay_apart():
    one, two = (Segment("x" * 9, Origin.USER, f"/tools/0/{name}") for name in ("anna", "berta"))
    _, record = recorded(POLICY, inspected(one, two), clean())
    assert [receipt["pointer"] for receipt in record["coverage"]] == ["/tools/0/*"] * 2
    for report in record["checks"]:
        if report["check"] == "content_safety":
            place = {"pointer": "/tools/0/*", "segment": 1, "span": None, "detail": None}
            report["findings"] = [{"category": "Hate", "measure": 6, **place}]
    told = explain_record(record, POLICY, SPECS)
    assert {one["pointer"] for one in told["findings"]} == {"/tools/0/* (2)"}


def test_what_the_policy_asks_for_now_and_was_not_asked_then_counts_as_failed_and_is_said():
    smaller = compile_policy(
        "version: 1\npolicy: p\nchecks: {pii: {}, prompt_shield: {}}\nrules: [{id: a, check: pii, action: flag}]",
        "p.yaml",
        SPECS,
    )
    _, record = recorded(smaller, inspected(), clean(smaller))
    told = explain_record(record, POLICY, SPECS)
    assert [(one["rule"], one["check"], one["detail"]) for one in told["reasons"]] == [
        ("on_failure", "content_safety", "no report")
    ]
    assert told["decision"]["revision_changed"]
    assert "content_safety was not asked then, so it counts as failed here." in told["decision"]["notes"]


def test_an_answer_that_no_check_was_asked_about_is_no_failure():
    verdict, record = recorded(POLICY, Inspection(Stage.OUTPUT, "app", ()), clean())
    record["checks"] = []
    told = explain_record(record, POLICY, SPECS)
    assert (told["verdict"], told["decision"]["notes"]) == ("allow", ["No check was asked."])
    assert verdict.action.word == "allow"


def test_what_was_decided_on_more_than_evidence_says_so():
    _, record = recorded(POLICY, inspected(), clean())
    reason = {"rule": "on_failure", "action": "block", "check": "stream", "category": None, "detail": "unreadable"}
    record |= {"verdict": "block", "blocked": True, "reasons": [{**reason, "pointer": None, "span": None}]}
    decision = explain_record(record, POLICY, SPECS)["decision"]
    assert decision["reasons"] == [reason]
    assert "rests on more than the evidence" in decision["notes"][0]


def test_a_refusal_by_the_models_own_filter_is_said_to_be_one():
    from guardrails.domain.forwarded import FilterResult, Forwarded  # noqa: PLC0415 - here only

    record = refusal_record(
        decision_id=new_id(), moment=datetime.now(UTC), request_id="r", caller="app", door="/guarded-chat",
        verdict=decide(POLICY, inspected(), clean()), model="m",
        forwarded=Forwarded("d", 1, (next(iter(FilterResult)),), ()),
    )  # fmt: skip
    told = explain_record(record, POLICY, SPECS)
    assert (told["stage"], told["decision"]) == ("output", None)
    assert "the model's own filter refused" in told["unexplained"]


@pytest.mark.parametrize(
    "harm",
    [
        lambda record: record.pop("checks"),
        lambda record: record.update(coverage=[{}]),
        lambda record: record.update(policy=7),
        lambda record: record["coverage"][0].update(characters=10**12),
        lambda record: record["coverage"][0].update(characters="many"),
        lambda record: record.update(stage="sideways"),
        lambda record: record["checks"][0].update(findings=[{"category": "x", "measure": "4", "pointer": "/x"}]),
        lambda record: record["checks"][0].update(findings=[{"category": "x", "measure": True, "pointer": "/x"}]),
    ],
)
def test_a_record_that_is_not_whole_is_said_to_be_so(harm):
    _, record = recorded(POLICY, inspected(), clean())
    harm(record)
    assert explain_record(record, POLICY, SPECS)["unexplained"] == "the record is not whole"
