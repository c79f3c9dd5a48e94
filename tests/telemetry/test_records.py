"""Decision records: everything about a verdict but its texts."""

from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.asked import Asked
from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.content import Edit, Origin, Span, Stage
from guardrails.domain.finding import Finding
from guardrails.domain.forwarded import FilterResult, Forwarded
from guardrails.domain.verdict import Action, Coverage, Mode, PolicyRef, Reason, Verdict
from guardrails.telemetry.pointers import safe_pointer
from guardrails.telemetry.records import SCHEMA_VERSION, decision_record, refusal_record

SECRET = "Sesame-4711"
POINTER = "/messages/0/content"
SPAN = Span(11, 30)


def record(**changes: object) -> dict[str, object]:
    finding = Finding("Email", 0.95, POINTER, SPAN)
    given_facts = {
        "decision_id": "chk_1",
        "moment": datetime(2026, 11, 24, 8, 0, 0, 5000, tzinfo=timezone(timedelta(hours=2))),
        "request_id": "req_1",
        "caller": "orders",
        "door": "check",
        "stage": Stage.INPUT,
        "verdict": Verdict(
            Action.REDACT,
            PolicyRef("default", "sha256:ab"),
            Mode.ENFORCE,
            (Reason("contact-data", Action.REDACT, "pii", "Email", 0.95, 0.7, POINTER, SPAN),),
            degraded=True,
            edits=(Edit(POINTER, SPAN, SECRET),),
        ),
        "reports": (
            CheckReport("pii", CheckStatus.COMPLETED, (finding,), calls=1, duration_ms=21.43219),
            CheckReport(
                "prompt_shield", CheckStatus.FAILED, reason=FailureReason.DEADLINE, unread={POINTER: "deadline"}
            ),
        ),
        "coverage": (Coverage(POINTER, Origin.USER, 44, ("pii",), {"prompt_shield": "deadline"}),),
        "duration_ms": 25.0,
        "asked": Asked({"pii": {"scan": ["user"]}}, "pii"),
        "language": "en",
    }
    return decision_record(**(given_facts | changes))


def test_a_refusal_by_the_models_own_filter_has_the_same_fields_and_no_verdict():
    verdict = Verdict(
        Action.REDACT, PolicyRef("default", "sha256:ab"), Mode.ENFORCE, edits=(Edit(POINTER, SPAN, SECRET),)
    )
    made = refusal_record(
        decision_id="chk_1",
        moment=datetime(2026, 11, 24, tzinfo=UTC),
        request_id="req_1",
        caller="orders",
        door="/guarded-chat",
        verdict=verdict,
        model="gpt-4o",
        forwarded=Forwarded("west/gpt-4o", 2, (FilterResult.PROMPT_FILTERED,), ("jailbreak",)),
    )
    assert set(made) == set(record())
    assert (made["stage"], made["verdict"], made["edits"], made["duration_ms"]) == ("output", None, 0, None)
    assert made["policy"]["mode"] == "enforce"
    assert made["upstream"] == {
        "deployment": "west/gpt-4o",
        "attempts": 2,
        "filter": ["prompt_filtered"],
        "filter_categories": ["jailbreak"],
    }
    assert SECRET not in orjson.dumps(made).decode()


def test_a_record_has_all_the_evidence():
    made = record()
    assert made["schema_version"] == SCHEMA_VERSION
    assert made["time"] == "2026-11-24T06:00:00.005Z"
    assert made["policy"] == {
        "name": "default", "revision": "sha256:ab", "mode": "enforce", "only": "pii", "trusted": None
    }  # fmt: skip
    assert (made["language"], made["sample_rate"]) == ("en", 1)
    assert (made["verdict"], made["blocked"], made["degraded"], made["edits"]) == ("redact", False, True, 1)
    pii, shield = made["checks"]
    assert pii["findings"] == [
        {"category": "Email", "measure": 0.95, "pointer": POINTER, "segment": 0, "span": [11, 30], "detail": None}
    ]
    assert pii["duration_ms"] == 21.432
    assert (shield["status"], shield["reason"]) == ("failed", "deadline")
    assert shield["unread"] == [{"pointer": POINTER, "segment": 0, "why": "deadline"}]
    assert (pii["asked"], shield["asked"]) == ({"scan": ["user"]}, None)
    assert made["coverage"] == [
        {
            "pointer": POINTER,
            "origin": "user",
            "kind": "text",
            "characters": 44,
            "blank": False,
            "editable": True,
            "old": False,
            "trusted": False,
            "checks": ["pii"],
            "not_read": [{"check": "prompt_shield", "why": "deadline"}],
        }
    ]
    assert made["reasons"][0]["rule"] == "contact-data"


def test_receipts_of_what_no_check_was_given_are_bounded_and_evidence_is_not():
    text = [Coverage(f"/messages/{index}/content", Origin.USER, 1, ("pii",), {}) for index in range(1_500)]
    role = [Coverage(f"/messages/{index}/role", Origin.USER, 4, (), {"pii": "x"}, None) for index in range(1_500)]
    made = record(coverage=(*text, *role))
    kinds = [receipt["kind"] for receipt in made["coverage"]]
    assert (kinds.count("text"), kinds.count(None)) == (1_500, 1_000)
    assert made["coverage_omitted"] == 500
    assert record()["coverage_omitted"] == 0


@pytest.mark.parametrize("chosen", ["bob@contoso.com", "4111 1111 1111 1111", "4111111111111111"])
def test_a_request_id_that_is_personal_data_is_not_kept(chosen):
    assert record(request_id=chosen)["request_id"] == "[withheld]"


def test_a_record_is_plain_json():
    assert orjson.loads(orjson.dumps(record())) == record()


def test_a_replacement_never_gets_into_a_record():
    assert SECRET not in repr(record())


@pytest.mark.parametrize(
    ("pointer", "kept"),
    [
        ("/messages/0/content", "/messages/0/content"),
        ("/choices/12/message/tool_calls/0/function/arguments", "/choices/12/message/tool_calls/0/function/arguments"),
        ("/messages/0/metadata/Sesame-4711", "/messages/0/metadata/*"),
        ("/messages/0/0123456789", "/messages/0/*"),
        ("/a~1b", "/*"),
        ("", ""),
        ("no pointer at all", "*"),
    ],
)
def test_a_key_the_caller_chose_is_not_kept(pointer, kept):
    assert safe_pointer(pointer) == kept


def test_strings_that_share_a_safe_pointer_are_told_apart():
    pointers = ("/messages/0/one", "/messages/0/two", "/nowhere", "/elsewhere")
    found = tuple(Finding("Email", 0.9, pointer) for pointer in pointers)
    made = record(
        verdict=Verdict(Action.ALLOW, PolicyRef("default", "sha256:ab"), Mode.ENFORCE),
        reports=(CheckReport("pii", CheckStatus.COMPLETED, found),),
        coverage=tuple(Coverage(pointer, Origin.USER, 5, ("pii",), {}) for pointer in pointers[:2]),
    )
    seen = [(one["pointer"], one["segment"]) for one in made["checks"][0]["findings"]]
    assert seen == [("/messages/0/*", 0), ("/messages/0/*", 1), ("/*", -1), ("/*", -2)]


def test_what_a_caller_says_of_the_language_is_kept_only_if_it_is_a_word():
    assert record(language="bob@contoso.com")["language"] == "[withheld]"


@given(st.text())
def test_whatever_a_pointer_holds_a_record_stays_json_without_it(key):
    planted = f"/messages/0/{SECRET}{key}"
    finding = Finding("Email", 0.9, planted)
    made = record(
        moment=datetime.now(UTC),
        reports=(CheckReport("pii", CheckStatus.FAILED, (finding,), unread={planted: "deadline"}),),
        coverage=(Coverage(planted, Origin.USER, 1, (), {}),),
    )
    assert SECRET not in orjson.dumps(made).decode()
