from collections.abc import Callable
from typing import Any

import pytest

from guardrails.checks.prompt_shield import wire
from guardrails.checks.prompt_shield.check import SPEC, PromptShieldCheck
from guardrails.checks.prompt_shield.options import parse_options
from guardrails.domain.check import CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError

Build = Callable[..., Inspection]
ALL = parse_options({})


@pytest.fixture
def check(azure: Any, target: Any) -> PromptShieldCheck:
    return PromptShieldCheck(azure, target, "2024-09-01")


async def test_user_text_is_a_prompt_and_tool_and_document_text_are_documents(
    check: PromptShieldCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    inspection = inspect_of(
        (Origin.USER, "ask"), (Origin.ASSISTANT, "answer"), (Origin.TOOL, "result"), (Origin.DOCUMENT, "page")
    )
    report = await check.inspect(inspection, ALL, deadline)
    assert (report.status, report.findings, report.calls) == (CheckStatus.COMPLETED, (), 2)
    assert azure.bodies == [
        {"userPrompt": "ask", "documents": ["result", "page"]},
        {"userPrompt": "answer", "documents": []},
    ]


async def test_system_prompts_are_not_judged_even_when_handed_in(
    check: PromptShieldCheck, azure: Any, inspect_of: Build, deadline: Deadline, attack: str
) -> None:
    report = await check.inspect(inspect_of((Origin.SYSTEM, attack), "hello"), ALL, deadline)
    assert (report.status, report.findings) == (CheckStatus.COMPLETED, ())
    assert report.unread == {"/messages/0/content": "origin system"}
    assert attack not in str(azure.bodies)
    report = await check.inspect(inspect_of((Origin.SYSTEM, attack)), ALL, deadline)
    assert (report.status, report.calls) == (CheckStatus.SKIPPED, 0)
    assert Origin.SYSTEM not in SPEC.scan | SPEC.origins


async def test_the_finding_says_which_text_is_hostile(
    check: PromptShieldCheck, inspect_of: Build, deadline: Deadline, attack: str
) -> None:
    inspection = inspect_of(
        (Origin.DOCUMENT, "fine"),
        (Origin.DOCUMENT, f"page: {attack}"),
        "hello",
        (Origin.TOOL, "fine too"),
        f"now {attack}",
        (Origin.TOOL, attack),
    )
    report = await check.inspect(inspection, ALL, deadline)
    assert [(f.category, f.pointer, f.measure, f.span) for f in report.findings] == [
        ("DocumentAttack", "/messages/1/content", None, None),
        ("UserPromptAttack", "/messages/4/content", None, None),
        ("DocumentAttack", "/messages/5/content", None, None),
    ]
    assert report.calls == 2


async def test_a_text_that_is_both_prompt_and_document_is_judged_as_both(
    check: PromptShieldCheck, inspect_of: Build, deadline: Deadline, attack: str
) -> None:
    report = await check.inspect(inspect_of(attack, (Origin.TOOL, attack)), ALL, deadline)
    assert [finding.category for finding in report.findings] == ["UserPromptAttack", "DocumentAttack"]
    assert report.calls == 1


async def test_seven_documents_are_two_calls(
    check: PromptShieldCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    report = await check.inspect(inspect_of(*((Origin.TOOL, f"result {i}") for i in range(7))), ALL, deadline)
    assert report.calls == 2
    assert [len(body["documents"]) for body in azure.bodies] == [5, 2]
    assert all("userPrompt" not in body for body in azure.bodies)


async def test_documents_of_a_call_have_no_more_than_ten_thousand_characters_together(
    check: PromptShieldCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    sizes = [6_000, 4_000, 1, 9_999, 10_000, 3_000, 3_000]
    texts = [(Origin.DOCUMENT, str(index) + "x" * (size - 1)) for index, size in enumerate(sizes)]
    report = await check.inspect(inspect_of(*texts), ALL, deadline)
    packed = [[len(text) for text in body["documents"]] for body in azure.bodies]
    assert packed == [[6_000, 4_000], [1, 9_999], [10_000], [3_000, 3_000]]
    assert report.calls == 4


@pytest.mark.parametrize("origin", [Origin.USER, Origin.TOOL])
async def test_attacks_in_a_long_text_are_found_in_the_windows_that_hold_them(
    check: PromptShieldCheck, inspect_of: Build, deadline: Deadline, long_text: Any, attack: str, origin: Origin
) -> None:
    text = long_text(wire.TEXT_LIMIT, attack)
    report = await check.inspect(inspect_of((origin, text)), ALL, deadline)
    spans = [finding.span for finding in report.findings]
    assert all(span and attack in text[slice(*span)] for span in spans)
    for at in (text.index(attack), text.rindex(attack)):
        assert any(span and span.start <= at and at + len(attack) <= span.end for span in spans)


async def test_an_attack_is_whole_wherever_it_lies_in_a_text_without_borders(
    check: PromptShieldCheck, inspect_of: Build, deadline: Deadline, attack: str
) -> None:
    for filler in ("字", "😀"):
        for at in range(3_900, 10_050, 97):
            report = await check.inspect(inspect_of(filler * at + attack + filler * 5_000), ALL, deadline)
            assert report.findings, (filler, at)


async def test_smaller_windows_make_more_calls(
    check: PromptShieldCheck, azure: Any, inspect_of: Build, deadline: Deadline, attack: str
) -> None:
    text = "Some words here. " * 1_000 + attack
    report = await check.inspect(inspect_of(text), parse_options({"window": 1_000}), deadline)
    assert report.calls > 17
    assert all(len(body["userPrompt"]) <= 1_000 for body in azure.bodies)
    assert len(report.findings) >= 1


@pytest.mark.parametrize(
    "answer",
    [
        {"documentsAnalysis": [{"attackDetected": False}]},
        {"userPromptAnalysis": {"attackDetected": False}},
        {"userPromptAnalysis": {"attackDetected": False}, "documentsAnalysis": []},
        {"userPromptAnalysis": {"attackDetected": False}, "documentsAnalysis": [{"attackDetected": False}] * 2},
        {"userPromptAnalysis": {"attackDetected": False}, "documentsAnalysis": [{"attackDetected": None}]},
        {"userPromptAnalysis": {"attackDetected": 1}, "documentsAnalysis": [{"attackDetected": False}]},
    ],
    ids=range(6),
)
async def test_an_answer_that_leaves_a_text_out_is_a_bad_response(
    check: PromptShieldCheck, azure: Any, inspect_of: Build, deadline: Deadline, answer: Any
) -> None:
    azure.trouble = lambda _body, _answer: answer
    report = await check.inspect(inspect_of("hello", (Origin.TOOL, "result")), ALL, deadline)
    assert (report.status, report.reason, report.findings) == (CheckStatus.FAILED, FailureReason.BAD_RESPONSE, ())
    assert set(report.unread) == {"/messages/0/content", "/messages/1/content"}


async def test_an_answer_without_the_document_list_is_fine_when_none_was_sent(
    check: PromptShieldCheck, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    azure.trouble = lambda _body, _answer: {"userPromptAnalysis": {"attackDetected": True}}
    report = await check.inspect(inspect_of("hello"), ALL, deadline)
    assert [finding.category for finding in report.findings] == ["UserPromptAttack"]


async def test_a_failed_call_names_every_text_it_carried(
    check: PromptShieldCheck, azure: Any, inspect_of: Build, deadline: Deadline, attack: str
) -> None:
    def trouble(body: Any, answer: Any) -> Any:
        if body.get("userPrompt") == "hello":
            raise ServiceError(FailureReason.NETWORK, "reset", calls=1)
        return answer

    azure.trouble = trouble
    report = await check.inspect(inspect_of("hello", attack, (Origin.TOOL, "result")), ALL, deadline)
    assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.NETWORK)
    assert report.unread == {"/messages/0/content": "network", "/messages/2/content": "network"}
    assert [finding.pointer for finding in report.findings] == ["/messages/1/content"]


@pytest.mark.parametrize("window", [499, 10_001, "wide"])
def test_a_window_out_of_range_is_told(window: object) -> None:
    with pytest.raises(ValueError, match="window"):
        parse_options({"window": window})
