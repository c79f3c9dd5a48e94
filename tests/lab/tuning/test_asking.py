"""Asking: each text once, a few at once, and an end where it makes no sense to go on."""

import asyncio

import pytest
from labelled import INSTRUMENTS, found, sample

from guardrails.domain.check import CheckReport, CheckStatus, FailureReason
from guardrails.domain.errors import ConfigurationError
from guardrails.domain.finding import Finding
from guardrails.lab.tuning.asking import MAX_FAILURES_IN_A_ROW, Asker, CannotAsk
from guardrails.lab.tuning.samples import CLEAN


class Scripted:
    """A check that says what it is told to, and knows how many texts it was asked about at once."""

    name = "pii"

    def __init__(self, outcome) -> None:
        self.outcome = outcome
        self.asked: list[str] = []
        self.now = self.most = 0

    async def inspect(self, inspection, options, deadline) -> CheckReport:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.001)
        self.now -= 1
        (segment,) = inspection.segments
        self.asked.append(segment.text)
        return self.outcome(segment.text)


def failed(reason: FailureReason) -> CheckReport:
    return CheckReport("pii", CheckStatus.FAILED, reason=reason)


@pytest.fixture
def ask(policy, questions, evidence):
    def ask(check: Scripted, samples, *, at_once: int = 4):
        heard = []
        asker = Asker(policy, {"pii": check}, evidence, INSTRUMENTS, lambda progress: heard.append(progress.texts))
        asyncio.run(asker.ask(questions.questions(samples), at_once=at_once))
        return asker.progress, heard

    return ask


def texts(count: int):
    return [sample(f"Text {number}.", line=number, pii=CLEAN) for number in range(count)]


def test_every_text_is_asked_once_and_a_second_run_asks_nothing(ask):
    check = Scripted(lambda _: found("pii", Finding("Email", 0.9, "/text")))
    progress, heard = ask(check, texts(40))
    assert sorted(check.asked) == sorted(one.text for one in texts(40))
    assert (progress.texts, heard[-1]) == (40, 40)
    again = Scripted(lambda _: found("pii"))
    ask(again, texts(40))
    assert again.asked == []


def test_no_more_texts_at_once_than_wanted(ask):
    check = Scripted(lambda _: found("pii"))
    ask(check, texts(30), at_once=3)
    assert check.most == 3


def test_a_text_that_fails_is_asked_again_by_the_next_run(ask):
    check = Scripted(lambda text: failed(FailureReason.BAD_RESPONSE) if text == "Text 3." else found("pii"))
    progress, _ = ask(check, texts(6))
    assert progress.failed == {("pii", "bad_response"): 1}
    # The same run has claimed it; another one has not.
    assert check.asked.count("Text 3.") == 1


@pytest.mark.parametrize("reason", [FailureReason.TOKEN, FailureReason.UNAUTHORIZED, FailureReason.FORBIDDEN])
def test_what_every_text_would_meet_ends_the_run(ask, reason):
    check = Scripted(lambda _: failed(reason))
    with pytest.raises(CannotAsk) as caught:
        ask(check, texts(100))
    assert (caught.value.check, caught.value.reason) == ("pii", reason)
    assert len(check.asked) < 20


def test_a_check_that_is_not_there_ends_the_run(policy, questions, evidence):
    asker = Asker(policy, {}, evidence, INSTRUMENTS, lambda _: None)
    with pytest.raises(CannotAsk):
        asyncio.run(asker.ask(questions.questions(texts(5))))


def test_failures_in_a_row_end_the_run(ask):
    check = Scripted(lambda _: failed(FailureReason.UNAVAILABLE))
    with pytest.raises(CannotAsk):
        ask(check, texts(200), at_once=1)
    assert len(check.asked) == MAX_FAILURES_IN_A_ROW


def test_failures_between_answers_do_not(ask):
    check = Scripted(lambda text: failed(FailureReason.UNAVAILABLE) if int(text[5:-1]) % 2 else found("pii"))
    progress, _ = ask(check, texts(100), at_once=1)
    assert (progress.texts, progress.failed["pii", "unavailable"]) == (100, 50)


def test_a_row_that_does_not_hold_is_told_as_such(ask):
    def broken():
        yield from texts(3)
        raise ConfigurationError(["data.jsonl:4: is not a JSON object on one line"])

    with pytest.raises(ConfigurationError):
        ask(Scripted(lambda _: found("pii")), broken())
