"""Recorded decisions, read from files and judged again."""

import gzip
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime

import duckdb
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lab_records import one_that_holds, policy_of, record_of

from guardrails.checks.catalogue import SPECS
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Span, Stage
from guardrails.domain.errors import ConfigurationError
from guardrails.domain.finding import BLOCKLIST, Finding
from guardrails.lab.evidence import Unreplayable, read_evidence
from guardrails.lab.recorded import Limits, find_readable, read_alike
from guardrails.lab.rejudge import rejudge
from guardrails.lab.replay import Judge, outcome_of, replay

PII = {"checks": {"pii": {"categories": ["Email", "PhoneNumber"]}}}


def flags_from(measure, **more):
    return policy_of({**PII, "rules": [{"id": "mail", "check": "pii", "at_least": measure, "action": "flag"}], **more})


def blocks_from(measure, **more):
    return policy_of({**PII, "rules": [{"id": "mail", "check": "pii", "at_least": measure, "action": "block"}], **more})


def effect_on(files, policy, **options):
    return replay(read_alike(files, **options), Judge({policy.ref.name: policy}, SPECS))


def test_what_changes_is_counted_by_rule_category_caller_policy_and_stage_with_ids(mail, write):
    then = blocks_from(0.7)
    callers = ("orders", "orders", "search", "search")
    made = [mail(then, 0.5 + number / 10, number, caller) for number, caller in enumerate(callers)]
    effect = effect_on([write(made)], blocks_from(0.8))
    assert (effect.records.count, effect.replayed.count, effect.unchanged.count) == (4, 4, 3)
    allowed = effect.newly_allowed
    assert allowed.ids == [made[2]["id"]]
    assert {name: dict(counts) for name, counts in allowed.by.items()} == {
        "rule": {"mail": 1},
        "category": {"Email": 1},
        "caller": {"search": 1},
        "policy": {"default": 1},
        "stage": {"input": 1},
    }
    assert dict(effect.matrix["block"]) == {"allow": 1, "block": 1}
    back = replay(read_alike([write(made)]), Judge({"default": blocks_from(0.5)}, SPECS))
    assert sorted(back.newly_blocked.ids) == [made[0]["id"], made[1]["id"]]


def test_monitoring_blocks_nobody_and_enforcing_then_does(mail, write):
    file = write([mail(blocks_from(0.7, mode="monitor"))])
    effect = effect_on([file], blocks_from(0.7))
    assert effect.newly_blocked.count == 1
    assert dict(effect.matrix["block"]) == {"block": 1}


def test_what_the_evidence_does_not_tell_is_counted_and_never_guessed(mail, write):
    file = write([mail(flags_from(0.7))])
    other = {"checks": {**PII["checks"], "prompt_shield": {}}}
    rules = [{"id": "mail", "check": "pii", "action": "flag"}, {"id": "a", "check": "prompt_shield", "action": "block"}]
    effect = effect_on([file], policy_of({**other, "rules": rules}))
    assert effect.replayed.count == 0
    assert set(effect.not_replayed) == {"prompt_shield: did not run then"}
    # ... unless what is known is enough: nothing takes a block back.
    rules[0]["action"] = "block"
    assert effect_on([file], policy_of({**other, "rules": rules})).newly_blocked.count == 1


def test_the_policy_that_judges_may_be_another_one_for_all(mail, write):
    file = write([mail(flags_from(0.7))])
    strict = blocks_from(0.5)
    assert replay(read_alike([file]), Judge({}, SPECS)).skipped == 1
    assert replay(read_alike([file]), Judge({}, SPECS, strict)).newly_blocked.count == 1


def test_two_policies_are_compared_on_the_same_evidence(mail, write):
    file = write([mail(flags_from(0.7))])
    effect = replay(
        read_alike([file]),
        Judge({"default": blocks_from(0.5)}, SPECS),
        then=Judge({"default": blocks_from(0.6)}, SPECS),
    )
    assert (effect.unchanged.count, dict(effect.matrix["block"])) == (1, {"block": 1})


def test_lines_that_are_no_records_are_counted_by_what_is_wrong(mail, write):
    policy = flags_from(0.7)
    good = mail(policy)
    bad = [
        b'{"schema_version":2,"id":"torn","ti',
        b"not json at all",
        b"[1, 2]",
        {"event": "request", "status": 200},
        {**good, "schema_version": 1},
        {**good, "schema_version": 3},
        {**good, "checks": "oops"},
        {**good, "stage": "sideways"},
        {**good, "verdict": None, "upstream": {"deployment": "west/gpt-4o"}},
        {**good, "dropped": {"messages": [1]}},
        {**good, "checks": [{**good["checks"][0], "asked": None}]},
        {**good, "checks": [{**good["checks"][0], "findings": [{"category": "Email", "measure": "high"}]}]},
    ]
    effect = effect_on([write([good, *bad])], policy)
    assert (effect.records.count, effect.replayed.count, effect.unchanged.count) == (13, 1, 1)
    assert {why: share.count for why, share in effect.not_replayed.items()} == {
        "the line is no decision record": 4,
        "the record is not whole": 3,
        "the record has schema version 1, which does not hold all evidence": 1,
        "the record has schema version 3, which is newer than this command": 1,
        "the model's own filter refused, and there was no answer to judge": 1,
        "earlier messages were left out of the conversation": 1,
        "the record does not tell what its checks were asked": 1,
    }


def test_every_kind_of_file_gives_the_same(mail, write, tmp_path):
    made = [mail(flags_from(0.7), 0.5 + number / 20, number) for number in range(9)]
    plain = write(made)
    expected = effect_on([plain], blocks_from(0.8)).told()
    zipped = tmp_path / "decisions.jsonl.gz"
    zipped.write_bytes(gzip.compress(plain.read_bytes()))
    engine = duckdb.connect()
    engine.execute(f"COPY (FROM read_json('{plain}')) TO '{tmp_path}/d.parquet'")
    engine.execute(
        f"COPY (FROM read_csv('{plain}', header = false, columns = {{'line': 'VARCHAR'}}, delim = '\\0', quote = ''))"
        f" TO '{tmp_path}/d.jsonl.zst' (FORMAT csv, HEADER false, DELIMITER '\\0', QUOTE '', COMPRESSION zstd)"
    )
    for name in ("decisions.jsonl.gz", "d.parquet", "d.jsonl.zst"):
        again = effect_on([tmp_path / name], blocks_from(0.8)).told()
        assert again == expected, name
    both = effect_on([plain, tmp_path / "d.parquet"], blocks_from(0.8))
    assert both.records.count == 18


def test_records_of_a_time_are_picked_by_their_time(mail, write):
    made = [mail(flags_from(0.7), number=number) for number in range(10)]
    file = write(made)
    since, until = datetime(2026, 11, 24, 0, 0, 3), datetime(2026, 11, 24, 0, 0, 7)  # noqa: DTZ001 - UTC, as the engine wants it
    assert effect_on([file], flags_from(0.7), since=since).records.count == 7
    assert effect_on([file], flags_from(0.7), since=since, until=until).records.count == 4


def test_sampled_allows_stand_for_those_that_were_left_out(mail, write):
    policy = flags_from(0.7)
    file = write([mail(policy, 0.5, sample_rate=0.1), mail(policy, 0.9, 1)])
    effect = effect_on([file], policy)
    assert (effect.records.count, effect.records.stands_for) == (2, 11)


def test_ids_are_late_ones_and_as_many_as_asked_for(mail, write):
    then = flags_from(0.7)
    made = [mail(then, 0.9, number, f"caller-{number % 3}") for number in range(40)]
    now = Judge({"default": blocks_from(0.5)}, SPECS)
    ids = replay(read_alike([write(made)]), now, most_ids=8).newly_blocked.ids
    assert ids == sorted(ids, reverse=True)
    assert ids[0] == made[-1]["id"]
    assert len(set(ids)) == 8
    assert replay(read_alike([write(made)], examples=0), now, most_ids=0).newly_blocked.ids == []


def test_files_are_found_by_name_and_glob(write, tmp_path):
    write([], "decisions.jsonl")
    write([], "decisions.20261124T060000.000001Z.jsonl")
    found = find_readable([f"{tmp_path}/decisions*.jsonl", f"{tmp_path}/decisions.jsonl"])
    assert [file.name for file in found] == ["decisions.20261124T060000.000001Z.jsonl", "decisions.jsonl"]
    with pytest.raises(ConfigurationError, match="nothing matches"):
        find_readable([f"{tmp_path}/nothing*"])


def test_a_file_that_is_not_what_its_name_says_is_told_without_its_words(tmp_path):
    file = tmp_path / "d.parquet"
    file.write_bytes(b"zebra-canary" * 10)
    with pytest.raises(ConfigurationError, match="cannot be read") as told:
        list(read_alike([file]))
    assert "zebra" not in str(told.value)


def test_many_kinds_of_evidence_are_judged_with_bounded_memory(mail, write):
    then = flags_from(0.7)
    first = orjson.dumps(mail(then)).replace(b'"characters":38', b'"characters":%d')
    lines = [first.replace(b'"measure":0.8', b'"measure":0.%d' % (1000 + number)) % 38 for number in range(3000)]
    effect = effect_on([write(lines)], flags_from(0.7), limits=Limits("1GB", 2))
    assert effect.replayed.count == 3000


def test_too_little_memory_is_told(mail, write):
    with pytest.raises(ConfigurationError, match="--memory"):
        list(read_alike([write([mail(flags_from(0.7))])], limits=Limits("20MB", 1)))


def test_ctrl_c_ends_the_engine():
    script = (
        "import _thread, threading; from guardrails.lab import recorded;"
        "recorded.groups = lambda *_: 'SELECT sum(a.range) FROM range(10000000) a, range(10000000) b "
        "WHERE $since IS NULL AND $until IS NULL AND len($lines) > 0';"
        "threading.Timer(0.5, _thread.interrupt_main).start();"
        "list(recorded.read_alike([recorded.Path('x.jsonl')]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=90, check=False)  # noqa: S603
    assert done.stderr.splitlines()[-1] == "KeyboardInterrupt"


# ---- the engine puts together only what `decide` cannot tell apart

SEGMENTS = (
    Segment("x" * 20, Origin.USER, "/messages/0/content"),
    Segment("x" * 10, Origin.USER, "/messages/1/content"),
    Segment("y" * 7, Origin.TOOL, "/messages/2/content", old=True),
    Segment("{}", Origin.SYSTEM, "/tools/0", editable=False),
    Segment("  ", Origin.ASSISTANT, "/messages/3/content"),
    Segment("x" * 9, Origin.USER, "/messages/4/content", kind=Kind.PARTS),
)
POINTERS = (*(segment.pointer for segment in SEGMENTS), "/nowhere", "/not/here")
found = {
    "pii": st.builds(
        Finding,
        st.sampled_from(["Email", "PhoneNumber"]),
        st.sampled_from([0.5, 0.85, 1]),
        st.sampled_from(POINTERS),
        st.none() | st.tuples(st.integers(-1, 22), st.integers(-1, 22)).map(lambda pair: Span(*pair)),
    ),
    "content_safety": st.builds(
        Finding,
        st.sampled_from(["Hate", "Sexual", BLOCKLIST]),
        st.none() | st.integers(0, 7),
        st.sampled_from(POINTERS),
    ),
}
RULES = (
    {"check": "pii", "category": "Email", "at_least": 0.6, "action": "redact"},
    {"check": "pii", "category": "PhoneNumber", "action": "redact", "stage": "input"},
    {"check": "pii", "at_least": 0.9, "action": "block"},
    {"check": "content_safety", "category": ["Hate"], "at_least": 4, "action": "block"},
    {"check": "content_safety", "at_least": 2, "action": "flag"},
    {"check": "content_safety", "category": BLOCKLIST, "action": "flag"},
)
PLANS = {
    "pii": ({"on_failure": "flag"}, {"scan": ["user"]}),
    "content_safety": ({"on_failure": "flag"}, {"scan": ["user", "tool"], "categories": ["Hate"]}),
}


@st.composite
def documents(draw):
    checks = {name: draw(st.sampled_from(plans)) for name, plans in PLANS.items()}
    rules = draw(st.lists(st.sampled_from(RULES), min_size=1, max_size=4))
    return one_that_holds(
        {"checks": checks, "rules": [{"id": f"r{number}", **rule} for number, rule in enumerate(rules)]}
    )


@st.composite
def seen(draw, policy):
    segments = draw(st.lists(st.sampled_from(SEGMENTS), min_size=1, unique_by=lambda segment: segment.pointer))
    inspection = Inspection(draw(st.sampled_from(Stage)), draw(st.sampled_from(["a", "b"])), tuple(segments))
    reports = []
    for name in policy.checks:
        status = draw(st.sampled_from([*CheckStatus, CheckStatus.COMPLETED]))
        reason = FailureReason.DEADLINE if status is CheckStatus.FAILED else None
        reports.append(CheckReport(name, status, tuple(draw(st.lists(found[name], max_size=4))), reason))
    return inspection, tuple(reports)


@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
@given(documents(), documents(), st.data())
def test_records_judged_in_groups_are_judged_as_each_one_is(tmp_path_factory, then, now, data):
    then = replace(then, ref=replace(then.ref, name="p"))
    records = [record_of(then, *data.draw(seen(then)), number) for number in range(data.draw(st.integers(1, 20)))]
    file = tmp_path_factory.mktemp("records") / "decisions.jsonl"
    file.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    effect = replay(read_alike([file]), Judge({"p": now}, SPECS))
    assert effect.records.count == len(records)
    assert counted(effect) == one_by_one(records, now)


def counted(effect):
    changes = (effect.newly_blocked, effect.newly_allowed, effect.otherwise_changed)
    return (
        {then: dict(now) for then, now in effect.matrix.items() if now},
        {why: share.count for why, share in effect.not_replayed.items()},
        sum((change.by["rule"] for change in changes), Counter()),
    )


def one_by_one(records, policy):
    matrix, gaps, rules = {}, Counter(), Counter()
    for record in records:
        try:
            judged = rejudge(policy, read_evidence(record), SPECS)
        except Unreplayable as reason:
            gaps.update(reason.whys)
            continue
        if judged.verdict is None:
            gaps.update(judged.gaps)
            continue
        after = outcome_of(judged.verdict)
        matrix.setdefault(record["verdict"], Counter())[after.action.word] += 1
        if record["verdict"] != after.action.word:
            order = ["allow", "flag", "redact", "block"]
            rises = order.index(after.action.word) > order.index(record["verdict"])
            before = {reason["rule"] for reason in record["reasons"] if reason["action"] == record["verdict"]}
            rules.update({rule for rule, _ in after.strongest} if rises else before)
    return {then: dict(now) for then, now in matrix.items()}, dict(gaps), rules
