"""Whatever goes wrong, and whenever: a failed report, never one that reads as clean."""

import asyncio
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from azure_calls import until
from passing_time import PassTime
from structlog.testing import capture_logs

from guardrails.checks.parallel import CALLS_AT_ONCE
from guardrails.checks.tally import GRAVEST_FIRST
from guardrails.domain.check import Check, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError, TokenError
from guardrails.telemetry import log_fields

Build = Callable[..., Inspection]


@pytest.mark.parametrize("reason", list(FailureReason))
@pytest.mark.parametrize("texts", [["hello"], ["hello", "x" * 30_000]], ids=["one call", "many"])
async def test_a_failed_check_never_reads_as_clean(
    check: Check,
    options: Any,
    azure: Any,
    inspect_of: Build,
    deadline: Deadline,
    reason: FailureReason,
    texts: list[str],
) -> None:
    def trouble(_body: Any, _answer: Any) -> Any:
        raise ServiceError(reason, "a sentence", status=418, code="Teapot", calls=2)

    azure.trouble = trouble
    with capture_logs() as logs:
        report = await check.inspect(inspect_of(*texts), options, deadline)
    assert report.status is CheckStatus.FAILED
    assert report.reason is reason
    assert report.findings == ()
    assert report.calls == 2 * len(azure.bodies)
    assert report.unread == {f"/messages/{index}/content": reason.value for index in range(len(texts))}
    assert [(log["event"], log["check"], log["count"], log["error"].detail) for log in logs] == [
        ("check_failed", check.name, len(azure.bodies), "a sentence")
    ]


async def test_a_missing_token_is_a_failed_check(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    def trouble(_body: Any, _answer: Any) -> Any:
        raise TokenError(FailureReason.TOKEN, "renew the secret", code="AADSTS7000222")

    azure.trouble = trouble
    report = await check.inspect(inspect_of("hello"), options, deadline)
    assert (report.status, report.reason, report.calls) == (CheckStatus.FAILED, FailureReason.TOKEN, 0)


WRONG_BODIES: list[Any] = [
    None,
    [],
    {},
    "text",
    0,
    {"error": {"code": "x"}},
    {"results": {}},
    {"kind": "PiiEntityRecognitionResults", "results": {"documents": [], "errors": []}},
    {"kind": "PiiEntityRecognitionResults", "results": {"documents": None, "errors": []}},
    {"categoriesAnalysis": []},
    {"categoriesAnalysis": None, "userPromptAnalysis": None, "documentsAnalysis": None},
    {"userPromptAnalysis": {}, "documentsAnalysis": []},
    {"userPromptAnalysis": {"attackDetected": 0}, "documentsAnalysis": []},
    {"userPromptAnalysis": {"attackDetected": "false"}, "documentsAnalysis": []},
]


@pytest.mark.parametrize("body", WRONG_BODIES, ids=str)
async def test_an_answer_of_another_shape_is_a_bad_response(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline, body: Any
) -> None:
    azure.trouble = lambda _body, _answer: body
    report = await check.inspect(inspect_of("hello"), options, deadline)
    assert (report.status, report.reason, report.calls) == (CheckStatus.FAILED, FailureReason.BAD_RESPONSE, 1)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in items for found in _paths(child, (*path, key)))]


HARMLESS = {
    "redactedText",
    "modelVersion",
    "type",
    "blocklistItemId",
    "blocklistItemText",
    "warnings",
    "blocklistsMatch",
}


async def test_any_damage_to_an_answer_is_a_bad_response(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline, hate: str, attack: str
) -> None:
    inspection = inspect_of(f"{hate} {attack} a@example.org", (Origin.TOOL, "result"))
    await check.inspect(inspection, options, deadline)
    reference: list[Any] = []
    azure.trouble = lambda _body, answer: reference.append(answer) or answer
    await check.inspect(inspection, options, deadline)
    for path in _paths(reference[0]):
        for damage in ("a word", -1, None, [None], {"x": 1}):
            if not path or HARMLESS & set(path):
                continue

            def trouble(_body: Any, answer: Any, path: tuple[Any, ...] = path, damage: Any = damage) -> Any:
                broken = copy.deepcopy(answer)
                at = broken
                try:
                    for key in path[:-1]:
                        at = at[key]
                    at[path[-1]] = damage
                except (IndexError, KeyError):
                    return None
                return broken

            azure.trouble = trouble
            with capture_logs() as logs:
                report = await check.inspect(inspection, options, deadline)
            assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.BAD_RESPONSE), (path, damage)
            told = [log_fields.describe(log["error"]) for log in logs]
            assert len(told) == 1
            assert "example.org" not in str(told)
            assert "a word" not in str(told)


async def test_a_partial_failure_keeps_what_was_seen(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline, hate: str, attack: str
) -> None:
    hostile = f"{hate} {attack} a@example.org "
    texts = [hostile + "x" * 9_000 + str(index) for index in range(6)] + ["poison " + "y " * 5_000]

    def trouble(body: Any, answer: Any) -> Any:
        if "poison" in json.dumps(body):
            raise ServiceError(FailureReason.UNAVAILABLE, "down", status=503, calls=1)
        return answer

    azure.trouble = trouble
    report = await check.inspect(inspect_of(*texts), options, deadline)
    assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.UNAVAILABLE)
    assert "/messages/6/content" in report.unread
    assert "/messages/0/content" not in report.unread
    assert any(finding.measure != 0 and finding.pointer == "/messages/0/content" for finding in report.findings)


async def test_of_several_failures_the_gravest_is_named(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    texts = [reason.value + " " + "y " * 12_700 for reason in reversed(GRAVEST_FIRST)]

    def trouble(body: Any, _answer: Any) -> Any:
        sent = json.dumps(body)
        reason = next((reason for reason in GRAVEST_FIRST if f'"{reason.value} ' in sent), FailureReason.DEADLINE)
        raise ServiceError(reason, reason.value)

    azure.trouble = trouble
    report = await check.inspect(inspect_of(*texts), options, deadline)
    assert report.reason is FailureReason.INTERNAL
    assert set(GRAVEST_FIRST) == set(FailureReason)


async def test_at_the_deadline_the_report_is_failed_and_keeps_what_was_seen(
    check: Check, options: Any, azure: Any, inspect_of: Build, pass_time: PassTime, hate: str, attack: str
) -> None:
    texts = [f"{hate} {attack} a@example.org " + f"{index} " * 4_000 for index in range(40)]
    azure.delay_s = 40
    inspecting = asyncio.create_task(check.inspect(inspect_of(*texts), options, Deadline.after(60)))
    await until(lambda: azure.running == CALLS_AT_ONCE)
    pass_time(41)
    await until(lambda: len(azure.bodies) > CALLS_AT_ONCE)
    pass_time(20)
    report = await inspecting
    assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.DEADLINE)
    assert "/messages/39/content" in report.unread
    assert set(report.unread.values()) == {"deadline"}
    assert any(finding.measure != 0 for finding in report.findings)
    report = await check.inspect(inspect_of("hello"), options, Deadline.after(-1))
    assert (report.status, report.reason, report.calls) == (CheckStatus.FAILED, FailureReason.DEADLINE, 0)


async def test_a_fault_of_ours_is_not_taken_for_trouble_of_the_service(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    def trouble(_body: Any, _answer: Any) -> Any:
        raise ZeroDivisionError

    azure.trouble = trouble
    with pytest.raises(ZeroDivisionError):
        await check.inspect(inspect_of("hello"), options, deadline)
