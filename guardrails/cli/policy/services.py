"""The checks of the settings, opened for a command: texts of a policy's tests go through them as those of a caller."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from guardrails.api.schemas import extract_content, parse_check
from guardrails.azure.client import AzureClient
from guardrails.azure.secrets import SecretReader
from guardrails.azure.session import open_sessions
from guardrails.azure.tokens import TokenProvider
from guardrails.checks.catalogue import build_checks
from guardrails.domain.check import Check
from guardrails.domain.content import Inspection
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import InvalidRequest
from guardrails.pipeline.images import with_sound_images
from guardrails.pipeline.run_checks import run_checks
from guardrails.policy.compile import Source
from guardrails.policy.decide import decide
from guardrails.policy.document import TestSection
from guardrails.policy.suite import CALLER, Complaint, Outcome, outcome_of
from guardrails.settings.schema import Settings
from guardrails.telemetry.metrics import Metrics

Ran = Callable[[Source, Outcome], None]


async def run_texts(sources: Sequence[Source], settings: Settings, env: Mapping[str, str], ran: Ran) -> None:
    """Run every test that needs the services of the settings, one after the other, and tell of each."""
    async with open_sessions(settings.azure) as sessions:
        tokens = TokenProvider(settings, SecretReader(env), sessions.checks)
        try:
            checks = build_checks(settings.services, settings.azure, AzureClient(sessions.checks, tokens, Metrics()))
            for source in sources:
                for index, test in enumerate(source.made.tests):
                    if not test.is_canned:
                        ran(source, await _run(source, index, test, checks))
        finally:
            await tokens.close()


async def _run(source: Source, index: int, test: TestSection, checks: Mapping[str, Check]) -> Outcome:
    body = _body(test)
    try:
        asked = parse_check(body)
        read = await with_sound_images(extract_content(asked, body, source.policy.trusted))
    except InvalidRequest as error:
        return Outcome(index, test.name, problem=Complaint(("tests", index), f"the test {test.name!r}: {error}"))
    inspection = Inspection(asked.stage, CALLER, read.segments, asked.language, read.unread)
    reports = await run_checks(source.policy, inspection, checks, Deadline.after(source.policy.deadline_s))
    outcome = outcome_of(source.policy, index, test, decide(source.policy, inspection, reports))
    failed = [f"{report.check} could not run ({report.reason})" for report in reports if report.reason is not None]
    if outcome.problem is None or not failed:
        return outcome
    told = f"{outcome.problem.sentence}; {', '.join(failed)}"
    return Outcome(index, test.name, outcome.fired, outcome.problem._replace(sentence=told))


def _body(test: TestSection) -> dict[str, Any]:
    fields = {"text": test.text, "messages": test.messages, "documents": test.documents, "language": test.language}
    return {"stage": test.stage.value} | {key: value for key, value in fields.items() if value is not None}
