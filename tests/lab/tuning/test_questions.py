"""What will be asked and billed, held against what the checks really send."""

import asyncio

import pytest
from labelled import INSTRUMENTS, sample

from guardrails.azure.client import Reply
from guardrails.checks.catalogue import build_checks
from guardrails.domain.check import FailureReason
from guardrails.domain.content import Origin
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError
from guardrails.lab.tuning.questions import RECORD, Questionnaire
from guardrails.lab.tuning.samples import CLEAN
from guardrails.pipeline.run_checks import run_checks
from guardrails.settings import schema as settings

ALL = {"prompt_shield": CLEAN, "content_safety": CLEAN, "pii": CLEAN}


class CountingClient:
    """Answers nothing and counts what is sent: calls, and text records of each text in a body."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = {}
        self.records: dict[str, int] = {}

    async def post_json(self, target, path, *, params, body, deadline) -> Reply:
        texts = [body[key] for key in ("text", "userPrompt") if key in body] + list(body.get("documents") or ())
        texts += [document["text"] for document in body.get("analysisInput", {}).get("documents", ())]
        self.calls[target.name] = self.calls.get(target.name, 0) + 1
        self.records[target.name] = self.records.get(target.name, 0) + sum(-(-len(text) // RECORD) for text in texts)
        raise ServiceError(FailureReason.REJECTED, "only counted", calls=1)


@pytest.mark.parametrize("origin", [Origin.USER, Origin.DOCUMENT])
@pytest.mark.parametrize(
    "text", ["Hello.", "x" * 1001, "A sentence of words. " * 300, "word " * 9000, "\U0001f600" * 12_000]
)
def test_the_estimate_is_what_the_checks_send(policy, questions, text, origin):
    asked = sample(text, origin=origin, **ALL)
    estimate = questions.estimate([asked])
    client = CountingClient()
    endpoint = settings.Service(endpoint="https://contoso.example", credential="corp")
    services = settings.Services(content_safety=endpoint, prompt_shield=endpoint, language=endpoint)
    checks = build_checks(services, settings.Azure(), client)
    (question,) = questions.questions([asked])
    asyncio.run(run_checks(policy, question.inspection(), checks, Deadline.after(20)))
    calls = {"prompt_shield": "prompt_shield", "content_safety": "content_safety", "pii": "language"}
    for name, service in calls.items():
        assert (estimate.needs[name].calls, estimate.needs[name].records) == (
            client.calls[service],
            client.records[service],
        ), name


def test_a_text_that_comes_twice_is_asked_once(questions):
    samples = [sample("Hello.", line=line, **ALL) for line in (1, 2)]
    estimate = questions.estimate(samples)
    assert (estimate.samples, estimate.texts, estimate.calls, estimate.known) == (2, 1, 3, 3)
    assert len(list(questions.questions(samples))) == 1


def test_what_is_known_is_not_asked_again(questions, answer):
    asked = answer(sample(**ALL), "pii", ("Email", 0.9))
    (question,) = questions.questions([asked])
    assert question.keys.keys() == {"prompt_shield", "content_safety"}


def test_a_check_the_labels_are_not_about_is_not_asked(questions):
    (question,) = questions.questions([sample(pii=CLEAN)])
    assert question.keys.keys() == {"pii"}


def test_a_text_the_policy_does_not_let_a_check_read_is_told(questions):
    estimate = questions.estimate([sample(origin=Origin.SYSTEM, **ALL)])
    assert estimate.not_read == {"prompt_shield: origin system": 1}
    assert estimate.needs["prompt_shield"].calls == 0


def test_another_policy_option_asks_anew(policy, evidence, answer, questions):
    asked = answer(sample(**ALL), "pii")
    changed = Questionnaire(policy, INSTRUMENTS | {"pii": INSTRUMENTS["pii"].__class__("emulator", "1")}, evidence)
    (question,) = changed.questions([asked])
    assert "pii" in question.keys
