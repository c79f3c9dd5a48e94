"""The receipt tells for every string who read it, and who did not and why."""

from dataclasses import replace

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Stage
from guardrails.domain.verdict import Action, Mode, PolicyRef
from guardrails.policy.coverage import coverage
from guardrails.policy.policy import CheckPlan, Policy
from guardrails.policy.select import narrow, why_not

SEGMENTS = (
    Segment("be kind", Origin.SYSTEM, "/messages/0/content"),
    Segment("hi \U0001f600", Origin.USER, "/messages/1/content"),
    Segment("\n ", Origin.TOOL, "/messages/2/content"),
)
INSPECTION = Inspection(Stage.INPUT, "app", SEGMENTS, "de")
SHIELD = CheckPlan("shield", frozenset({Origin.USER, Origin.TOOL}), Action.BLOCK, None)
PII = CheckPlan("pii", frozenset(Origin), Action.BLOCK, None)


def receipt(*reports):
    policy = Policy(PolicyRef("p", "sha256:0"), "", Mode.ENFORCE, 1.0, {"pii": PII, "shield": SHIELD}, (), "Stopped.")
    return coverage(policy, INSPECTION, reports)


def test_each_string_tells_its_readers_and_its_length_in_code_points():
    done = [CheckReport(name, CheckStatus.COMPLETED) for name in ("pii", "shield")]
    system, user, blank = receipt(*done)
    assert (system.pointer, system.origin, system.characters) == ("/messages/0/content", Origin.SYSTEM, 7)
    assert (system.checks, dict(system.not_read)) == (("pii",), {"shield": "origin system"})
    assert (user.checks, user.characters, dict(user.not_read)) == (("pii", "shield"), 4, {})
    assert (blank.checks, dict(blank.not_read)) == ((), {"pii": "blank", "shield": "blank"})


def test_a_failed_check_has_read_only_what_its_report_vouches_for():
    unread = {"/messages/1/content": "deadline"}
    partly = CheckReport("pii", CheckStatus.FAILED, reason=FailureReason.DEADLINE, unread=unread)
    system, user, _ = receipt(partly, CheckReport("shield", CheckStatus.COMPLETED))
    assert system.checks == ("pii",)
    assert dict(user.not_read) == {"pii": "failed: deadline"}
    wholly = CheckReport("pii", CheckStatus.FAILED, reason=FailureReason.TOKEN)
    assert [dict(entry.not_read)["pii"] for entry in receipt(wholly)] == ["failed: token", "failed: token", "blank"]


def test_a_missing_report_has_read_nothing():
    _, user, _ = receipt(CheckReport("pii", CheckStatus.COMPLETED))
    assert (user.checks, dict(user.not_read)) == (("pii",), {"shield": "failed: no report"})


def test_a_skipped_report_where_there_was_something_to_read_has_read_nothing():
    _, user, _ = receipt(CheckReport("pii", CheckStatus.SKIPPED), CheckReport("shield", CheckStatus.SKIPPED))
    assert dict(user.not_read) == {"pii": "failed: skipped", "shield": "failed: skipped"}


def test_what_a_completed_check_did_not_read_to_its_end_is_told():
    warned = CheckReport("pii", CheckStatus.COMPLETED, unread={"/messages/1/content": "warning LongWords"})
    assert dict(receipt(warned)[1].not_read)["pii"] == "warning LongWords"


def test_a_reason_is_not_prefixed_twice():
    failed = CheckReport("pii", CheckStatus.FAILED, unread={"/messages/1/content": "failed: deadline"})
    assert dict(receipt(failed)[1].not_read)["pii"] == "failed: deadline"


def test_a_check_is_handed_only_what_it_may_read():
    narrowed = narrow(SHIELD, INSPECTION)
    assert narrowed.segments == (SEGMENTS[1],)
    assert (narrowed.stage, narrowed.caller, narrowed.language) == (Stage.INPUT, "app", "de")


def test_a_check_reads_only_the_kinds_it_can_read():
    joined = Segment("a@example.orgPlease write", Origin.USER, "/messages/0/content", editable=False, kind=Kind.PARTS)
    turns = Segment("first\nsecond", Origin.USER, "/messages", editable=False, kind=Kind.TURNS)
    image = Segment("aGk=", Origin.USER, "/messages/0/content/1/image_url/url", kind=Kind.IMAGE)
    reader = replace(PII, reads=frozenset({Kind.TEXT, Kind.PARTS}))
    assert [why_not(PII, segment, Stage.INPUT) for segment in (joined, turns, image)] == [
        "read part by part",
        "read turn by turn",
        "kind image",
    ]
    assert why_not(reader, joined, Stage.INPUT) is None


def test_trusted_and_earlier_texts_are_left_out_where_the_plan_says_so():
    text = Segment("be kind", Origin.USER, "/text", old=True, trusted=True)
    assert why_not(PII, text, Stage.INPUT) is None
    assert why_not(replace(PII, skips_trusted=True), text, Stage.INPUT) == "trusted"
    assert why_not(replace(PII, skips_old=True), text, Stage.INPUT) == "earlier turn"
