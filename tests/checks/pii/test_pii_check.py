from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from guardrails.checks import tally
from guardrails.checks.pii import wire
from guardrails.checks.pii.check import PiiCheck
from guardrails.checks.pii.options import parse_options
from guardrails.domain.check import CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment, Span, Stage
from guardrails.domain.deadline import Deadline
from guardrails.telemetry import log_fields

Build = Callable[..., Inspection]


@pytest.fixture
def check(azure: Any, target: Any) -> PiiCheck:
    return PiiCheck(azure, target, "2025-11-01")


def _entity(text: str, at: int, **changes: Any) -> dict[str, Any]:
    entity = {"text": text, "category": "Email", "offset": at, "length": len(text), "confidenceScore": 0.8}
    return entity | changes


def _body(*documents: dict[str, Any], errors: list[Any] | None = None) -> dict[str, Any]:
    return {
        "kind": "PiiEntityRecognitionResults",
        "results": {"documents": list(documents), "errors": errors or [], "modelVersion": "1"},
    }


async def test_every_address_in_a_long_text_is_found_whole(
    check: PiiCheck, inspect_of: Build, deadline: Deadline, long_text: Any, hate: str
) -> None:
    text = long_text(wire.TEXT_LIMIT, hate)
    report = await check.inspect(inspect_of(text), parse_options({}), deadline)
    assert report.status is CheckStatus.COMPLETED
    seen = [text[finding.span.start : finding.span.end] for finding in report.findings if finding.span]
    expected = [word for word in text.split() if "@" in word]
    assert len(expected) > 150
    assert seen == expected


async def test_addresses_that_the_borders_themselves_run_through_are_found_whole(
    check: PiiCheck, inspect_of: Build, deadline: Deadline
) -> None:
    addresses = [f"a{index}.{'x' * (index % 190)}@mail{index}.example.org" for index in range(1_700)]
    text = "|".join(addresses)
    assert len(text) > 190_000
    report = await check.inspect(inspect_of(text), parse_options({}), deadline)
    assert [text[slice(*finding.span)] for finding in report.findings if finding.span] == addresses


@given(at=st.integers(0, 11_000), gap=st.sampled_from(["", " ", ". ", "\n\n"]))
@settings(max_examples=60, deadline=None)
async def test_a_card_number_is_never_mistaken_where_chunks_meet(new_azure: Any, at: int, gap: str) -> None:
    check = PiiCheck(new_azure(), None, "2025-11-01")  # type: ignore[arg-type]
    text = "(" * at + gap + " 4111 1111 1111 1111 " + gap + ")" * (12_000 - at)
    report = await check.inspect(_inspection(text), parse_options({}), Deadline.after(20))
    found = [(finding.category, text[slice(*finding.span)]) for finding in report.findings if finding.span]
    assert found == [("CreditCardNumber", "4111 1111 1111 1111")]


@given(
    st.lists(
        st.sampled_from(["👩\u200d👩\u200d👧", "🇩🇪", "e\u0301", "שלום ", "مرحبا ", "漢字", "\u200f", "word ", "\n"]),
        max_size=40,
    ),
    st.integers(1, 200),
)
@settings(max_examples=60, deadline=None)
async def test_spans_are_exact_among_emoji_and_right_to_left_text(
    new_azure: Any, pieces: list[str], times: int
) -> None:
    block = "".join(pieces)
    text = (block * times + " anna@example.org ") * 3 + block
    check = PiiCheck(new_azure(), None, "2025-11-01")  # type: ignore[arg-type]
    report = await check.inspect(_inspection(text), parse_options({}), Deadline.after(20))
    found = [text[slice(*finding.span)] for finding in report.findings if finding.span]
    assert found == ["anna@example.org"] * 3


async def test_twelve_texts_are_three_calls(check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline) -> None:
    texts = [f"write to m{index}@example.org" for index in range(12)]
    report = await check.inspect(inspect_of(*texts), parse_options({}), deadline)
    assert report.calls == 3
    assert [len(body["analysisInput"]["documents"]) for body in azure.bodies] == [5, 5, 2]
    assert [(finding.pointer, finding.span) for finding in report.findings] == [
        (f"/messages/{index}/content", Span(9, len(texts[index]))) for index in range(12)
    ]


async def test_documents_that_come_back_in_another_order_are_told_apart(
    check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    def trouble(_body: Any, answer: Any) -> Any:
        answer["results"]["documents"].reverse()
        return answer

    azure.trouble = trouble
    report = await check.inspect(inspect_of("a@example.org", "none", "say b@example.org"), parse_options({}), deadline)
    assert [(finding.pointer, finding.span) for finding in report.findings] == [
        ("/messages/0/content", Span(0, 13)),
        ("/messages/2/content", Span(4, 17)),
    ]


async def test_an_error_for_one_document_fails_the_check_and_keeps_the_others(
    check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    def trouble(_body: Any, answer: Any) -> Any:
        documents = answer["results"]["documents"]
        answer["results"]["errors"] = [
            {
                "id": documents.pop(1)["id"],
                "error": {
                    "code": "InvalidArgument",
                    "message": "Invalid document in request.",
                    "innererror": {"code": "UnsupportedLanguageCode", "message": "secret text"},
                },
            }
        ]
        return answer

    azure.trouble = trouble
    with capture_logs() as logs:
        report = await check.inspect(inspect_of("a@example.org", "b@example.org"), parse_options({}), deadline)
    assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.DOCUMENT_ERROR)
    assert report.unread == {"/messages/1/content": "document_error UnsupportedLanguageCode"}
    assert [finding.pointer for finding in report.findings] == ["/messages/0/content"]
    assert report.calls == 1
    told = log_fields.describe(logs[0]["error"])
    assert told["code"] == "UnsupportedLanguageCode"
    assert "secret text" not in str(told)


@pytest.mark.parametrize("code", ["call 555 1234", "x" * 100, ""])
async def test_a_code_that_is_none_never_reaches_a_report(
    check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline, code: str
) -> None:
    azure.trouble = lambda _body, _answer: _body_with_error(code)
    report = await check.inspect(inspect_of("hello"), parse_options({}), deadline)
    assert report.unread == {"/messages/0/content": "document_error unknown"}


def _body_with_error(code: str) -> dict[str, Any]:
    return _body(errors=[{"id": "0", "error": {"code": code, "message": ""}}])


@pytest.mark.parametrize(
    "answer",
    [
        _body(),
        _body({"id": "1", "entities": []}),
        _body({"id": "0", "entities": []}, {"id": "0", "entities": []}),
        _body({"id": "0", "entities": []}, {"id": "1", "entities": []}),
        _body({"id": "0", "entities": []}, errors=[{"id": "0", "error": {"code": "x"}}]),
        _body({"id": 0, "entities": []}),
        _body({"id": "0"}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 5)]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 3)]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", -1)]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 4, length=7)]}),
        _body({"id": "0", "entities": [_entity("", 4)]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 4, confidenceScore=1.5)]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 4, confidenceScore=float("nan"))]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 4, confidenceScore="0.9")]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 4, offset=4.0)]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 4, offset=True)]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 4, category="")]}),
        _body({"id": "0", "entities": [_entity("a@b.cd", 4, category="a@b.cd")]}),
        {"kind": "Other", "results": {"documents": [{"id": "0", "entities": []}], "errors": []}},
    ],
    ids=range(20),
)
async def test_an_answer_that_does_not_account_for_the_text_is_a_bad_response(
    check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline, answer: Any
) -> None:
    azure.trouble = lambda _body, _answer: answer
    with capture_logs() as logs:
        report = await check.inspect(inspect_of("say a@b.cd"), parse_options({}), deadline)
    assert (report.status, report.reason, report.findings) == (CheckStatus.FAILED, FailureReason.BAD_RESPONSE, ())
    assert "a@b.cd" not in str(log_fields.describe(logs[0]["error"]))


async def test_offsets_in_another_unit_are_noticed(
    check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    text = "👩\u200d👧 mail a@b.cd and c@d.ef"
    utf16 = len(text[: text.index("a@")].encode("utf-16-le")) // 2
    azure.trouble = lambda _body, _answer: _body_of(_entity("a@b.cd", utf16))
    report = await check.inspect(inspect_of(text), parse_options({}), deadline)
    assert report.reason is FailureReason.BAD_RESPONSE


def _body_of(*entities: dict[str, Any], **document: Any) -> dict[str, Any]:
    return _body({"id": "0", "entities": list(entities), "warnings": []} | document)


async def test_a_closer_name_is_the_detail_and_may_be_the_one_a_policy_asks_for(
    check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    entity = _entity("4 May", 0, category="Date", type="DateOfBirth", confidenceScore=1)
    azure.trouble = lambda _body, _answer: _body_of(entity)
    (finding,) = (await check.inspect(inspect_of("4 May"), parse_options({}), deadline)).findings
    assert (finding.category, finding.detail, finding.measure) == ("Date", "DateOfBirth", 1.0)
    asked = parse_options({"categories": ["DateOfBirth"]})
    (finding,) = (await check.inspect(inspect_of("4 May"), asked, deadline)).findings
    assert (finding.category, finding.detail) == ("DateOfBirth", None)
    asked = parse_options({"categories": ["Email"]})
    assert (await check.inspect(inspect_of("4 May"), asked, deadline)).findings == ()


async def test_categories_are_asked_for_and_others_dropped_unless_the_service_chooses(
    check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    text = "a@example.org 4111 1111 1111 1111"
    for asked, seen in (
        ({"categories": ["Email"]}, {"Email"}),
        ({"categories": ["Default", "PIN"]}, {"Email", "CreditCardNumber"}),
        ({}, {"Email", "CreditCardNumber"}),
    ):
        report = await check.inspect(inspect_of(text), parse_options(asked), deadline)
        assert {finding.category for finding in report.findings} == seen
        sent = azure.bodies[-1]["parameters"].get("piiCategories")
        assert sent == (tuple(asked["categories"]) if asked else None)


async def test_ignored_values_are_compared_whole_in_any_case_and_never_sent(
    check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    options = parse_options({"ignore": ["Support@Contoso.com"]})
    text = "support@contoso.COM or not-support@contoso.com"
    report = await check.inspect(inspect_of(text), options, deadline)
    assert [finding.span for finding in report.findings] == [Span(23, 46)]
    assert "Support@Contoso.com" not in str(azure.bodies)
    assert "Contoso" not in repr(options)


async def test_an_ignored_value_across_a_chunk_border_is_still_ignored(
    check: PiiCheck, inspect_of: Build, deadline: Deadline
) -> None:
    options = parse_options({"ignore": ["support@contoso.com"]})
    for at in range(5120 - 530, 5120 + 20, 3):
        text = "(" * at + " support@contoso.com " + ")" * 6000
        assert (await check.inspect(inspect_of(text), options, deadline)).findings == ()


async def test_a_text_the_service_cut_short_fails_and_other_warnings_are_noted(
    check: PiiCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    def warn(code: str) -> Any:
        warning = {"code": code, "message": "..."}
        return lambda _body, _answer: _body_of(_entity("a@b.cd", 0), warnings=[warning])

    azure.trouble = warn("LongWordsInDocument")
    report = await check.inspect(inspect_of("a@b.cd"), parse_options({}), deadline)
    assert report.status is CheckStatus.COMPLETED
    assert report.unread == {"/messages/0/content": "warning LongWordsInDocument"}
    azure.trouble = warn("DocumentTruncated")
    report = await check.inspect(inspect_of("a@b.cd"), parse_options({}), deadline)
    assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.DOCUMENT_ERROR)
    assert report.unread == {"/messages/0/content": "document_error DocumentTruncated"}
    assert len(report.findings) == 1


async def test_the_language_told_with_the_texts_wins(check: PiiCheck, azure: Any, inspect_of: Build) -> None:
    german = parse_options({"language": "de"})
    for told, sent in ((None, "de"), ("ja", "ja"), ("auto", "auto")):
        await check.inspect(inspect_of("hello", language=told), german, Deadline.after(5))
        assert azure.bodies[-1]["analysisInput"]["documents"][0]["language"] == sent


def _inspection(text: str) -> Inspection:
    return Inspection(Stage.INPUT, "tests", (Segment(text, Origin.USER, "/text"),))


async def test_a_text_of_nothing_but_addresses_is_not_turned_into_findings_without_end(
    check: PiiCheck, inspect_of: Build, deadline: Deadline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "MAX_FINDINGS", 1_000)
    report = await check.inspect(inspect_of("a@b.co " * 20_000), parse_options({}), deadline)
    assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.TOO_MANY_FINDINGS)
    assert 0 < len(report.findings) <= 1_000
    assert report.unread == {"/messages/0/content": "too_many_findings"}
