from collections.abc import Callable
from typing import Any

import pytest

from guardrails.checks.content_safety import wire
from guardrails.checks.content_safety.check import SPEC, ContentSafetyCheck
from guardrails.checks.content_safety.options import parse_options
from guardrails.domain.check import CheckStatus, FailureReason
from guardrails.domain.content import Inspection
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError

Build = Callable[..., Inspection]
POINTER = "/messages/0/content"


@pytest.fixture
def check(azure: Any, target: Any) -> ContentSafetyCheck:
    return ContentSafetyCheck(azure, target, "2024-09-01")


async def test_every_severity_is_reported_also_zero(
    check: ContentSafetyCheck, azure: Any, inspect_of: Build, deadline: Deadline, hate: str
) -> None:
    report = await check.inspect(inspect_of(hate), parse_options({}), deadline)
    assert [(finding.category, finding.measure, finding.span) for finding in report.findings] == [
        ("Hate", 4, None),
        ("SelfHarm", 0, None),
        ("Sexual", 0, None),
        ("Violence", 0, None),
    ]
    assert azure.bodies == [
        {"text": hate, "categories": ("Hate", "SelfHarm", "Sexual", "Violence"), "outputType": "FourSeverityLevels"}
    ]


async def test_hostile_sentences_in_a_long_text_are_found_in_the_chunks_that_hold_them(
    check: ContentSafetyCheck, inspect_of: Build, deadline: Deadline, long_text: Any, hate: str
) -> None:
    text = long_text(wire.TEXT_LIMIT, hate)
    report = await check.inspect(inspect_of(text), parse_options({}), deadline)
    assert report.status is CheckStatus.COMPLETED
    spans = [finding.span for finding in report.findings if finding.category == "Hate"]
    assert all(span and hate in text[slice(*span)] for span in spans)
    for at in (text.index(hate), text.rindex(hate)):
        assert any(span and span.start <= at and at + len(hate) <= span.end for span in spans)
    assert [(f.category, f.measure, f.span) for f in report.findings if f.category != "Hate"] == [
        ("SelfHarm", 0, None),
        ("Sexual", 0, None),
        ("Violence", 0, None),
    ]


async def test_a_hostile_sentence_is_whole_wherever_it_lies_in_a_text_without_borders(
    check: ContentSafetyCheck, inspect_of: Build, deadline: Deadline, hate: str
) -> None:
    for at in range(8_900, 10_050, 23):
        report = await check.inspect(inspect_of("字" * at + hate + "字" * 5_000), parse_options({}), deadline)
        assert any(finding.category == "Hate" and finding.measure == 4 for finding in report.findings)


async def test_a_long_text_that_was_not_read_to_its_end_is_never_said_to_be_free_of_harm(
    check: ContentSafetyCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    def trouble(body: Any, answer: Any) -> Any:
        if "b" in body["text"]:
            raise ServiceError(FailureReason.THROTTLED, "busy")
        return answer

    azure.trouble = trouble
    report = await check.inspect(inspect_of("a " * 9_000 + "b"), parse_options({}), deadline)
    assert (report.status, report.findings) == (CheckStatus.FAILED, ())
    assert report.unread == {POINTER: "throttled"}


async def test_a_list_that_is_hit_is_a_finding_that_names_the_list_only(
    check: ContentSafetyCheck, azure: Any, inspect_of: Build, deadline: Deadline, listed: str
) -> None:
    options = parse_options({"blocklists": ["company-terms", "partners"]})
    report = await check.inspect(inspect_of(f"about {listed}"), options, deadline)
    hits = [finding for finding in report.findings if finding.category == "blocklist"]
    assert [(hit.measure, hit.detail, hit.span) for hit in hits] == [
        (None, "company-terms", None),
        (None, "partners", None),
    ]
    assert len(report.findings) == 6
    assert listed not in repr(report)
    assert azure.bodies[0]["blocklistNames"] == ("company-terms", "partners")
    assert azure.bodies[0]["haltOnBlocklistHit"] is False


async def test_two_items_of_one_list_are_one_finding(
    check: ContentSafetyCheck, azure: Any, inspect_of: Build, deadline: Deadline, listed: str
) -> None:
    def trouble(_body: Any, answer: Any) -> Any:
        answer["blocklistsMatch"] *= 3
        return answer

    azure.trouble = trouble
    report = await check.inspect(inspect_of(listed), parse_options({"blocklists": ["terms"]}), deadline)
    assert [finding.detail for finding in report.findings if finding.category == "blocklist"] == ["terms"]


async def test_a_list_hit_in_a_long_text_has_the_chunks_span(
    check: ContentSafetyCheck, inspect_of: Build, deadline: Deadline, listed: str
) -> None:
    text = "fine words. " * 1_500 + listed
    report = await check.inspect(inspect_of(text), parse_options({"blocklists": ["terms"]}), deadline)
    (hit,) = [finding for finding in report.findings if finding.category == "blocklist"]
    assert hit.span
    assert listed in text[slice(*hit.span)]


async def test_halted_by_a_list_no_harm_is_reported_and_none_is_denied(
    check: ContentSafetyCheck, inspect_of: Build, deadline: Deadline, listed: str
) -> None:
    options = parse_options({"blocklists": ["terms"], "halt_on_blocklist_hit": True})
    for text in (listed, "fine words. " * 1_500 + listed):
        report = await check.inspect(inspect_of(text), options, deadline)
        assert report.status is CheckStatus.COMPLETED
        assert [finding.category for finding in report.findings] == ["blocklist"]


@pytest.mark.parametrize(
    "analysis",
    [
        [],
        [{"category": "Hate", "severity": 0}],
        [{"category": name, "severity": 0} for name in ("Hate", "SelfHarm", "Sexual", "Violence", "Hate")],
        [{"category": name} for name in ("Hate", "SelfHarm", "Sexual", "Violence")],
        [{"category": name, "severity": 8} for name in ("Hate", "SelfHarm", "Sexual", "Violence")],
        [{"category": name, "severity": True} for name in ("Hate", "SelfHarm", "Sexual", "Violence")],
        [{"category": name, "severity": None} for name in ("Hate", "SelfHarm", "Sexual", "Violence")],
    ],
    ids=range(7),
)
async def test_an_answer_that_leaves_a_harm_out_is_a_bad_response(
    check: ContentSafetyCheck, azure: Any, inspect_of: Build, deadline: Deadline, analysis: Any
) -> None:
    azure.trouble = lambda _body, _answer: {"blocklistsMatch": [], "categoriesAnalysis": analysis}
    report = await check.inspect(inspect_of("hello"), parse_options({}), deadline)
    assert (report.status, report.reason, report.findings) == (CheckStatus.FAILED, FailureReason.BAD_RESPONSE, ())


async def test_halting_excuses_an_empty_analysis_only_with_a_hit(
    check: ContentSafetyCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    azure.trouble = lambda _body, _answer: {"blocklistsMatch": [], "categoriesAnalysis": []}
    options = parse_options({"blocklists": ["terms"], "halt_on_blocklist_hit": True})
    report = await check.inspect(inspect_of("hello"), options, deadline)
    assert report.reason is FailureReason.BAD_RESPONSE


async def test_only_the_harms_asked_for_are_judged_at_the_levels_asked_for(
    check: ContentSafetyCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    options = parse_options({"categories": ["Violence", "Hate"], "severity_levels": "eight"})
    report = await check.inspect(inspect_of("hello"), options, deadline)
    assert [finding.category for finding in report.findings] == ["Violence", "Hate"]
    assert azure.bodies[0]["outputType"] == "EightSeverityLevels"


async def test_a_call_is_made_for_every_text(
    check: ContentSafetyCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    report = await check.inspect(inspect_of("one", "two", "three"), parse_options({}), deadline)
    assert report.calls == len(azure.bodies) == 3
    assert len(report.findings) == 12


async def test_a_text_of_emoji_counts_in_code_points(
    check: ContentSafetyCheck, inspect_of: Build, deadline: Deadline
) -> None:
    assert (await check.inspect(inspect_of("😀" * 10_000), parse_options({}), deadline)).calls == 1
    report = await check.inspect(inspect_of("😀" * 10_001), parse_options({}), deadline)
    assert report.calls == 2
    assert all(finding.span is None for finding in report.findings)


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ({"categories": ["Hat"]}, "unknown category 'Hat'; did you mean 'Hate'"),
        ({"severity_levels": "six"}, "'four' or 'eight'"),
        ({"blocklists": ["not a name"]}, "pattern"),
    ],
)
def test_mistakes_in_options_are_told(section: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_options(section)


def test_the_specification_offers_no_spans_to_redact() -> None:
    assert not SPEC.spans
    assert SPEC.categories == {"Hate", "SelfHarm", "Sexual", "Violence", "blocklist"}
