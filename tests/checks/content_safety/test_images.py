"""Content Safety judges images beside texts, one call for each that is different."""

from typing import Any

import pytest

from guardrails.checks.content_safety.check import ContentSafetyCheck
from guardrails.checks.content_safety.options import parse_options
from guardrails.checks.parallel import CALLS_AT_ONCE
from guardrails.domain.check import CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Kind, Origin, Segment, Stage
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError


@pytest.fixture
def check(azure: Any, target: Any) -> ContentSafetyCheck:
    return ContentSafetyCheck(azure, target, "2024-09-01")


def shown(*images: str, text: str = "") -> Inspection:
    segments = [
        Segment(content, Origin.USER, f"/messages/0/content/{index}/image_url/url", editable=False, kind=Kind.IMAGE)
        for index, content in enumerate(images)
    ]
    return Inspection(Stage.INPUT, "tests", (Segment(text, Origin.USER, "/messages/1/content"), *segments))


async def test_an_image_is_judged_for_the_harms_of_the_policy_at_four_levels_and_without_lists(
    check: ContentSafetyCheck, azure: Any, deadline: Deadline
) -> None:
    options = parse_options(
        {"categories": ["Violence", "Hate"], "severity_levels": "eight", "blocklists": ["terms"],
         "halt_on_blocklist_hit": True}
    )  # fmt: skip
    report = await check.inspect(shown("harmful"), options, deadline)
    assert azure.bodies == [
        {"image": {"content": "harmful"}, "categories": ("Violence", "Hate"), "outputType": "FourSeverityLevels"}
    ]
    assert report.status is CheckStatus.COMPLETED
    assert [(one.category, one.measure, one.pointer, one.span) for one in report.findings] == [
        ("Violence", 6, "/messages/0/content/0/image_url/url", None),
        ("Hate", 0, "/messages/0/content/0/image_url/url", None),
    ]


async def test_equal_images_are_judged_once_and_found_everywhere_in_the_order_of_the_body(
    check: ContentSafetyCheck, azure: Any, deadline: Deadline, hate: str
) -> None:
    report = await check.inspect(shown("harmful", "fine", "harmful", text=hate), parse_options({}), deadline)
    assert (report.calls, len(azure.bodies)) == (3, 3)
    harmful = [(one.pointer, one.category) for one in report.findings if one.measure]
    assert harmful == [
        ("/messages/1/content", "Hate"),
        ("/messages/0/content/0/image_url/url", "Violence"),
        ("/messages/0/content/2/image_url/url", "Violence"),
    ]
    assert len(report.findings) == 16


async def test_texts_and_images_share_one_bound_on_calls_and_one_deadline(
    check: ContentSafetyCheck, azure: Any
) -> None:
    azure.delay_s = 0.01
    images = [f"image{index}" for index in range(30)]
    report = await check.inspect(shown(*images, text="word " * 30_000), parse_options({}), Deadline.after(20))
    assert report.status is CheckStatus.COMPLETED
    assert azure.most_at_once == CALLS_AT_ONCE
    azure.delay_s = 5
    report = await check.inspect(shown(*images, text="hi"), parse_options({}), Deadline.after(0.05))
    assert (report.status, report.reason, len(report.unread)) == (CheckStatus.FAILED, FailureReason.DEADLINE, 31)


async def test_an_image_that_was_not_judged_fails_the_check_and_leaves_the_other_findings(
    check: ContentSafetyCheck, azure: Any, deadline: Deadline
) -> None:
    def trouble(body: Any, answer: Any) -> Any:
        if body.get("image") == {"content": "broken"}:
            raise ServiceError(FailureReason.REJECTED, "no image", calls=1)
        return answer

    azure.trouble = trouble
    report = await check.inspect(shown("broken", "harmful", text="hello"), parse_options({}), deadline)
    assert (report.status, report.reason, report.calls) == (CheckStatus.FAILED, FailureReason.REJECTED, 3)
    assert report.unread == {"/messages/0/content/0/image_url/url": "rejected"}
    assert {one.pointer for one in report.findings if one.measure} == {"/messages/0/content/1/image_url/url"}


@pytest.mark.parametrize(
    "answer",
    [
        {"categoriesAnalysis": []},
        {"categoriesAnalysis": [], "blocklistsMatch": [{"blocklistName": "terms"}]},
        {"categoriesAnalysis": [{"category": "Hate", "severity": 0}]},
        {},
        [],
    ],
    ids=range(5),
)
async def test_an_answer_that_judges_no_harm_is_a_bad_response(
    check: ContentSafetyCheck, azure: Any, deadline: Deadline, answer: Any
) -> None:
    azure.trouble = lambda _body, _answer: answer
    options = parse_options({"blocklists": ["terms"], "halt_on_blocklist_hit": True})
    report = await check.inspect(shown("fine"), options, deadline)
    assert (report.status, report.reason, report.findings) == (CheckStatus.FAILED, FailureReason.BAD_RESPONSE, ())
