"""What holds for all three checks alike."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from azure_calls import until

from guardrails.checks import tally
from guardrails.checks.catalogue import CATALOGUE, SPECS, CheckKind
from guardrails.checks.parallel import CALLS_AT_ONCE
from guardrails.checks.passages import passages
from guardrails.domain.check import Check, CheckStatus, FailureReason
from guardrails.domain.content import Inspection, Origin, Segment
from guardrails.domain.deadline import Deadline
from guardrails.settings import schema as settings

Build = Callable[..., Inspection]

SERVICE = settings.Service(endpoint="https://contoso.cognitiveservices.azure.com", credential="corp")


def test_the_catalogue_names_each_check_once_and_its_section_of_the_settings() -> None:
    assert list(SPECS) == ["prompt_shield", "content_safety", "pii"]
    assert all(spec.service in settings.Services.model_fields for spec in SPECS.values())
    assert all(kind.build(None, SERVICE, settings.Azure()).name == kind.spec.name for kind in CATALOGUE)  # type: ignore[arg-type]


def test_prompt_shield_alone_may_not_be_told_to_scan_system_prompts() -> None:
    assert SPECS["prompt_shield"].origins == frozenset(Origin) - {Origin.SYSTEM}
    assert all(spec.scan <= spec.origins for spec in SPECS.values())
    assert SPECS["pii"].origins == SPECS["content_safety"].origins == frozenset(Origin)


async def test_a_short_text_is_one_call_at_the_default_version(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    report = await check.inspect(inspect_of("hello"), options, deadline)
    assert report.status is CheckStatus.COMPLETED
    assert report.check == check.name
    assert (report.calls, len(azure.bodies)) == (1, 1)
    assert azure.params[0] == {"api-version": "2025-11-01" if check.name == "pii" else "2024-09-01"}
    assert report.reason is None
    assert not report.unread
    assert report.duration_ms > 0


async def test_a_configured_version_and_scope_are_used(kind: CheckKind, azure: Any, inspect_of: Build) -> None:
    service = SERVICE.model_copy(update={"api_version": "2099-01-01", "scope": "https://ai.azure.com/.default"})
    check = kind.build(azure, service, settings.Azure())
    await check.inspect(inspect_of("hello"), kind.spec.parse_options({}), Deadline.after(5))
    assert azure.params[0] == {"api-version": "2099-01-01"}
    assert check._target.scope == "https://ai.azure.com/.default"  # type: ignore[attr-defined]


async def test_nothing_to_read_is_skipped_and_blank_texts_say_so(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    report = await check.inspect(inspect_of(), options, deadline)
    assert (report.status, report.calls, report.unread) == (CheckStatus.SKIPPED, 0, {})
    report = await check.inspect(inspect_of("", " \n\u3000"), options, deadline)
    assert report.status is CheckStatus.SKIPPED
    assert report.unread == {"/messages/0/content": "blank", "/messages/1/content": "blank"}
    report = await check.inspect(inspect_of("hello", " "), options, deadline)
    assert report.status is CheckStatus.COMPLETED
    assert report.unread == {"/messages/1/content": "blank"}
    assert len(azure.bodies) == 1


async def test_equal_texts_are_judged_once_and_found_everywhere(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline, hate: str, attack: str
) -> None:
    text = f"{hate} {attack} a@example.org"
    report = await check.inspect(inspect_of(text, "fine", text), options, deadline)
    sent = json.dumps(azure.bodies)
    assert sent.count("a@example.org") == 1
    telling = [finding.pointer for finding in report.findings if finding.measure != 0]
    assert telling == ["/messages/0/content", "/messages/2/content"]


async def test_calls_of_an_inspection_are_bounded_and_reports_are_the_same_every_time(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    azure.delay_s = 0.001
    texts = [f"mail{index}@example.org " + f"{index} " * 20_000 for index in range(10)]
    first = await check.inspect(inspect_of(*texts), options, deadline)
    second = await check.inspect(inspect_of(*texts), options, deadline)
    assert azure.most_at_once == CALLS_AT_ONCE
    assert first.findings == second.findings
    order = [finding.pointer for finding in first.findings]
    assert order == sorted(order)


async def test_cancelled_it_leaves_no_task_and_no_open_call(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    azure.delay_s = 15
    before = asyncio.all_tasks()
    for texts in (["hello"], ["hello", "x" * 100_000]):
        task = asyncio.ensure_future(check.inspect(inspect_of(*texts), options, deadline))
        await until(lambda: azure.running > 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert azure.running == 0
        assert asyncio.all_tasks() == before


async def test_a_lone_surrogate_is_rejected_not_raised_and_the_rest_is_read(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    report = await check.inspect(inspect_of("fine", "half \ud83d", "\udfff" * 30_000), options, deadline)
    assert (report.status, report.reason, report.calls) == (CheckStatus.FAILED, FailureReason.REJECTED, 1)
    assert report.unread == {f"/messages/{index}/content": "lone surrogate" for index in (1, 2)}


async def test_stretches_of_white_space_in_a_long_text_are_not_sent(
    check: Check, options: Any, azure: Any, inspect_of: Build, deadline: Deadline
) -> None:
    report = await check.inspect(inspect_of("begin" + " " * 60_000 + "end"), options, deadline)
    assert report.status is CheckStatus.COMPLETED
    assert report.calls <= 2


def test_nothing_that_holds_a_text_shows_it() -> None:
    segments = [Segment("a secret text " * 1_000, Origin.USER, "/text")]
    assert "secret" not in repr(passages(segments, 1_000, 100))


def test_options_refuse_unknown_keys_and_never_repeat_a_value(kind: CheckKind) -> None:
    with pytest.raises(ValueError, match="Extra inputs are not permitted") as caught:
        kind.spec.parse_options({"colour": "very-secret"})
    assert "very-secret" not in str(caught.value)


async def test_more_findings_than_a_verdict_can_carry_are_a_failure_that_keeps_the_first(
    check: Check,
    options: Any,
    inspect_of: Build,
    deadline: Deadline,
    hate: str,
    attack: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tally, "MAX_FINDINGS", 12)
    hostile = [f"{hate} {attack} a{number}@example.org" for number in range(20)]
    report = await check.inspect(inspect_of(*hostile), options, deadline)
    assert (report.status, report.reason) == (CheckStatus.FAILED, FailureReason.TOO_MANY_FINDINGS)
    assert len(report.findings) == 12
    within = await check.inspect(inspect_of(*hostile[:3]), options, deadline)
    assert within.status is CheckStatus.COMPLETED
