"""The verdict cache: a text is asked about once, and no verdict is ever another one because of it."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seer import EXCHANGE, Options, Plain, Seer, cache_of, guard_of, inspection, policy

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action
from guardrails.pipeline.reports import about, together
from guardrails.pipeline.sealing import LONGEST
from guardrails.policy.policy import History
from guardrails.store.memory import MemoryStore
from guardrails.telemetry.metrics import Metrics


async def report_of(guard, what, ruled=None):
    assessment = await guard.judge(what, ruled or policy(), EXCHANGE)
    (report,) = assessment.reports
    return report


async def test_a_text_is_asked_about_once_and_its_evidence_stays():
    check = Seer()
    guard = guard_of(check, cache_of())
    first = await report_of(guard, inspection("a bad word", "x@y"))
    second = await report_of(guard, inspection("new", "x@y", "a bad word"))
    assert (first.calls, first.cached) == (2, 0)
    assert (second.status, second.calls, second.cached) == (CheckStatus.COMPLETED, 1, 2)
    assert second.findings == (
        Finding("Email", 0.9, "/messages/1/content", Span(1, 2), "kind"),
        Finding("Attack", None, "/messages/2/content"),
    )
    assert check.asked == ["a bad word", "x@y", "new"]


async def test_all_of_an_inspection_may_be_remembered_and_then_nobody_is_asked():
    check = Seer()
    guard = guard_of(check, cache_of())
    await report_of(guard, inspection("clean"))
    assessment = await guard.judge(inspection("clean", "clean"), policy(), EXCHANGE)
    (report,) = assessment.reports
    assert (report.status, report.calls, report.cached, report.findings) == (CheckStatus.COMPLETED, 0, 1, ())
    assert [receipt.checks for receipt in assessment.coverage] == [("seer",)] * 2
    assert assessment.verdict.action is Action.ALLOW


@pytest.mark.parametrize("history", [History.ALL, History.LAST_TURN])
async def test_only_a_policy_that_wants_it_uses_the_cache(history):
    class Never(MemoryStore):
        async def get_many(self, names):
            raise AssertionError

        put_many = get_many

    check = Seer()
    guard = guard_of(check, cache_of(Never(10**6)))
    for _ in range(2):
        await report_of(guard, inspection("clean"), policy(history))
    assert check.times == {"clean": 2}


@pytest.mark.parametrize(
    "other",
    [
        {"what": inspection("text", caller="another")},
        {"what": inspection("text", language="de")},
        {"what": inspection("text", language="")},
        {"what": inspection("text", origin=Origin.DOCUMENT)},
        {"what": inspection("text", kind=Kind.IMAGE)},
        {"what": inspection("text ")},
        {"ruled": policy(options=Options(level="eight"))},
        {"ruled": policy(options=Options(model_version="2025"))},
        {"cache": {"judges": {"seer": "https://contoso 2025"}}},
        {"cache": {"judges": {"seer": "https://fabrikam 2024"}}},
        {"cache": {"key": b"K" * 32}},
    ],
    ids=[
        "caller",
        "language",
        "empty language",
        "origin",
        "kind",
        "text",
        "option",
        "model",
        "api-version",
        "endpoint",
        "key",
    ],
)
async def test_evidence_of_another_question_is_never_used(other):
    store, check = MemoryStore(10**6), Seer()
    await report_of(guard_of(check, cache_of(store)), inspection("text"))
    guard = guard_of(check, cache_of(store, **other.get("cache", {})))
    again = await report_of(guard, other.get("what", inspection("text")), other.get("ruled"))
    assert (again.calls, again.cached) == (1, 0)


async def test_another_check_has_its_own_evidence():
    store = MemoryStore(10**6)
    judges = {"seer": "https://contoso 2024", "other": "https://contoso 2024"}
    await report_of(guard_of(Seer(), cache_of(store, judges=judges)), inspection("text"))
    other = Seer("other")
    await report_of(guard_of(other, cache_of(store, judges=judges)), inspection("text"), policy(name="other"))
    assert other.asked == ["text"]


async def test_a_change_of_rules_decides_anew_on_the_same_evidence():
    check = Seer()
    guard = guard_of(check, cache_of())
    assert (await guard.judge(inspection("bad"), policy(), EXCHANGE)).verdict.action is Action.BLOCK
    lenient = replace(policy(), rules=())
    assert (await guard.judge(inspection("bad"), lenient, EXCHANGE)).verdict.action is Action.ALLOW
    assert check.asked == ["bad"]


@pytest.mark.parametrize("changes", [{"options": Plain()}, {"name": "unknown"}])
async def test_a_check_whose_question_cannot_be_told_is_asked_each_time(changes):
    check = Seer(changes.get("name", "seer"))
    guard = guard_of(check, cache_of())
    for _ in range(2):
        await report_of(guard, inspection("text"), policy(**changes))
    assert check.times == {"text": 2}


async def test_no_part_of_a_failed_report_is_kept():
    check = Seer()
    guard = guard_of(check, cache_of())
    failed = await report_of(guard, inspection("good", "broken"))
    assert (failed.status, failed.reason) == (CheckStatus.FAILED, FailureReason.THROTTLED)
    again = await report_of(guard, inspection("good", "broken"))
    assert (again.cached, check.times["good"]) == (0, 2)


@pytest.mark.parametrize("error", [ValueError("broke"), TimeoutError()])
async def test_a_check_that_breaks_leaves_no_memory_and_takes_none_away(error):
    check = Seer()
    guard = guard_of(check, cache_of())
    await report_of(guard, inspection("bad"))
    check.error = error
    ruled = policy(on_failure=Action.FLAG)
    assessment = await guard.judge(inspection("bad", "new"), ruled, EXCHANGE)
    assert (assessment.verdict.action, assessment.verdict.degraded) == (Action.BLOCK, True)
    check.error = None
    assert (await report_of(guard, inspection("new"))).cached == 0


async def test_a_text_that_was_not_read_to_its_end_is_read_again():
    check = Seer()
    guard = guard_of(check, cache_of())
    for _ in range(2):
        report = await report_of(guard, inspection("half", "whole"))
        assert dict(report.unread) == {"/messages/0/content": "warning"}
    assert check.times == {"half": 2, "whole": 1}


async def test_evidence_that_is_too_long_to_keep_is_asked_for_again():
    check = Seer()
    guard = guard_of(check, cache_of())
    for _ in range(2):
        assert (await report_of(guard, inspection("@" * (LONGEST // 20)))).cached == 0
    assert len(check.asked) == 2


async def test_evidence_ends_with_its_time(monkeypatch):
    check = Seer()
    guard = guard_of(check, cache_of(ttl_s=60))
    await report_of(guard, inspection("text"))
    moment = __import__("time").time()
    monkeypatch.setattr("guardrails.pipeline.verdict_cache.time.time", lambda: moment + 61)
    assert (await report_of(guard, inspection("text"))).cached == 0


class Evil(MemoryStore):
    """Gives back what somebody has made of it."""

    def __init__(self):
        super().__init__(10**6)
        self.entries = {}
        self.forge = lambda entries: entries

    async def get_many(self, names):
        entries = self.forge(self.entries)
        return [entries.get(name) for name in names]

    async def put_many(self, values, ttl_s):
        self.entries.update(values)


@pytest.mark.parametrize(
    "forge",
    [
        lambda entries: dict.fromkeys(entries, b"[]"),
        lambda entries: dict.fromkeys(entries, b""),
        lambda entries: {name: value[:-1] for name, value in entries.items()},
        lambda entries: dict.fromkeys(entries, min(entries.values(), key=len)),
        lambda entries: dict(zip(entries, reversed(entries.values()), strict=True)),
    ],
    ids=["made up", "empty", "cut", "a clean one for all", "exchanged"],
)
async def test_who_can_write_the_store_cannot_make_a_bad_text_clean(forge):
    store, check, metrics = Evil(), Seer(), Metrics()
    guard = guard_of(check, cache_of(store, metrics=metrics))
    await report_of(guard, inspection("bad", "clean"))
    store.forge = forge
    assessment = await guard.judge(inspection("bad", "clean"), policy(), EXCHANGE)
    assert assessment.verdict.action is Action.BLOCK
    assert check.times["bad"] == 2
    assert 'guardrails_cache_trouble_total{reason="forged"}' in metrics.render().decode()


class Stuck(MemoryStore):
    """Never answers, and has nothing around it that would stop waiting."""

    async def get_many(self, names):
        await asyncio.sleep(30)
        raise AssertionError

    async def put_many(self, values, ttl_s):
        await asyncio.sleep(30)


async def test_a_store_that_never_answers_leaves_a_short_deadline_enough_to_ask_in():
    check = Seer()
    assessment = await guard_of(check, cache_of(Stuck(10**6))).judge(
        inspection("bad"), replace(policy(), deadline_s=0.5), EXCHANGE
    )
    (report,) = assessment.reports
    assert (report.status, report.calls, assessment.verdict.degraded) == (CheckStatus.COMPLETED, 1, False)


async def test_hits_and_misses_are_counted_by_texts():
    metrics = Metrics()
    guard = guard_of(Seer(), cache_of(metrics=metrics))
    for texts in (("a", "b"), ("a", "b", "c", "c")):
        await report_of(guard, inspection(*texts))
    told = metrics.render().decode()
    assert 'guardrails_cache_texts_total{check="seer",result="hit"} 2.0' in told
    assert 'guardrails_cache_texts_total{check="seer",result="miss"} 3.0' in told


async def test_no_text_and_no_caller_reaches_the_store():
    store = Evil()
    await report_of(guard_of(Seer(), cache_of(store)), inspection("bad secret@text", caller="orders"))
    assert len(store.entries) == 1
    for name, value in store.entries.items():
        assert not any(word in name + value for word in (b"secret", b"text@", b"orders"))


async def test_many_texts_and_long_ones_are_worked_on_beside_the_loop():
    check = Seer()
    guard = guard_of(check, cache_of())
    texts = [f"{number} @" for number in range(6000)]
    await report_of(guard, inspection(*texts, "x" * 2_000_000))
    report = await report_of(guard, inspection(*texts, "x" * 2_000_000))
    assert (report.cached, report.calls, len(report.findings)) == (6001, 0, 6000)


def test_reports_are_one_in_the_order_of_the_segments():
    segments = inspection("a", "b", "c").segments
    first = CheckReport("seer", CheckStatus.COMPLETED, (Finding("A", 1, segments[2].pointer),), cached=1)
    second = CheckReport("seer", CheckStatus.COMPLETED, (Finding("B", 1, segments[0].pointer),), calls=2)
    both = together(first, second, segments)
    assert [finding.category for finding in both.findings] == ["B", "A"]
    assert (both.status, both.calls, both.cached) == (CheckStatus.COMPLETED, 2, 1)


def test_more_findings_than_a_report_may_have_are_a_failure_with_the_cache_as_without():
    segments = inspection("a", "b").segments
    many = [CheckReport("seer", CheckStatus.COMPLETED, (Finding("A", 1, one.pointer),) * 30_000) for one in segments]
    both = together(*many, segments)
    assert (both.status, both.reason) == (CheckStatus.FAILED, FailureReason.TOO_MANY_FINDINGS)
    assert len(both.findings) == 50_000


def test_the_gravest_failure_of_two_is_told_and_a_skipped_one_is_none():
    failed = CheckReport("seer", CheckStatus.FAILED, reason=FailureReason.DEADLINE)
    worse = replace(failed, reason=FailureReason.FORBIDDEN)
    skipped = CheckReport("seer", CheckStatus.SKIPPED)
    assert together(failed, worse, ()).reason is FailureReason.FORBIDDEN
    assert together(skipped, failed, ()).status is CheckStatus.FAILED
    assert together(skipped, skipped, ()).status is CheckStatus.SKIPPED


def test_a_report_about_some_segments_keeps_what_happened_to_the_check():
    report = CheckReport(
        "seer", CheckStatus.FAILED, (Finding("A", 1, "/a"), Finding("B", 1, "/b")), unread={"/a": "x", "/b": "y"}
    )
    cut = about(report, {"/a"})
    assert (cut.status, cut.findings, cut.unread) == (CheckStatus.FAILED, (Finding("A", 1, "/a"),), {"/a": "x"})


_TEXTS = st.sampled_from(
    ["bad", "broken", "broken bad", "a@b", "bad @ @", "clean", "half bad", "half", "other", "", "  "]
)
_SEGMENTS = st.lists(
    st.tuples(
        _TEXTS,
        st.sampled_from([Origin.USER, Origin.ASSISTANT]),
        st.sampled_from([Kind.TEXT, Kind.TURNS, Kind.PARTS]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_SEGMENTS, min_size=1, max_size=5), st.booleans())
def test_a_cache_never_changes_a_verdict(talks, flags):
    async def judged(guard, history):
        on_failure = Action.FLAG if flags else Action.BLOCK
        ruled = policy(history, on_failure=on_failure)
        return [await guard.judge(_inspection(talk), ruled, EXCHANGE) for talk in talks]

    async def both():
        return await judged(guard_of(Seer()), History.ALL), await judged(guard_of(Seer(), cache_of()), History.NEW)

    for without, with_cache in zip(*asyncio.run(both()), strict=True):
        assert with_cache.verdict == without.verdict
        assert with_cache.coverage == without.coverage
        assert [report.findings for report in with_cache.reports] == [report.findings for report in without.reports]
        assert [report.status for report in with_cache.reports] == [report.status for report in without.reports]


def _inspection(talk):
    segments = [
        Segment(text, origin, f"/messages/{place}", kind=kind) for place, (text, origin, kind) in enumerate(talk)
    ]
    return Inspection(Stage.INPUT, "app", tuple(segments))
