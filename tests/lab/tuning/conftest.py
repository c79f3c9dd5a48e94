"""A policy, samples, and evidence that needs no service."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from labelled import INSTRUMENTS, POLICY, found

from guardrails.checks.catalogue import SPECS
from guardrails.domain.finding import Finding
from guardrails.lab.tuning.evidence import EvidenceFile
from guardrails.lab.tuning.questions import Questionnaire
from guardrails.lab.tuning.samples import Sample
from guardrails.policy.compile import compile_policy
from guardrails.policy.policy import Policy


@pytest.fixture(scope="session")
def policy() -> Policy:
    return compile_policy(POLICY, "tuned.yaml", SPECS)


@pytest.fixture
def evidence(tmp_path: Path) -> Iterator[EvidenceFile]:
    with EvidenceFile(tmp_path / "evidence.jsonl") as opened:
        yield opened


@pytest.fixture
def questions(policy: Policy, evidence: EvidenceFile) -> Questionnaire:
    return Questionnaire(policy, INSTRUMENTS, evidence)


@pytest.fixture
def answer(questions: Questionnaire, evidence: EvidenceFile) -> Callable[..., Sample]:
    """Put evidence there as if the check had been asked about a sample."""

    def put(asked: Sample, check: str, *findings: tuple[str, float | None]) -> Sample:
        keys = {plan.name: key for plan, key in questions.keys(asked)}
        seen = (Finding(category, measure, asked.pointer) for category, measure in findings)
        evidence.add(keys[check], asked, INSTRUMENTS[check], found(check, *seen))
        return asked

    return put
