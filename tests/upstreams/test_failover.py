"""Several deployments of one model: who is asked, after which answers the next one is, and who rests for how long."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from guardrails.azure.target import Target
from guardrails.azure.trouble import CallError, Trouble
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import InvalidRequest, UpstreamError, UpstreamUnreachable
from guardrails.upstreams.failover import BRIEF_REST_S, LONGEST_REST_S, Failover
from guardrails.upstreams.upstream import Completion


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(eq=False)
class Scripted:
    """A deployment that fails as its script says, and answers when the script is over."""

    label: str
    priority: int = 1
    script: list[Exception] = field(default_factory=list)
    asked: int = 0
    target: Any = field(default_factory=lambda: SimpleNamespace(timeout_s=5.0))

    async def complete(self, body, deadline, request_id):
        self.asked += 1
        if self.script:
            raise self.script.pop(0)
        return Completion(200, {}, {"body": body, "id": request_id}, self.label)


class Told:
    def __init__(self) -> None:
        self.tries: list[tuple[str, str, str]] = []

    def upstream_attempted(self, model, deployment, outcome):
        self.tries.append((model, deployment, outcome))


def answer(status: int, **headers: str) -> UpstreamError:
    return UpstreamError(status, f"answer {status}".encode(), {k.replace("_", "-"): v for k, v in headers.items()})


def silence(reason: FailureReason = FailureReason.NETWORK) -> UpstreamUnreachable:
    return UpstreamUnreachable("no answer", reason=reason)


def model(*deployments: Scripted, told: Told | None = None, clock: Clock | None = None) -> Failover:
    return Failover("gpt-4o", deployments, 5.0, told or Told(), clock or Clock())


async def ask(upstream: Failover, seconds: float = 30.0) -> Completion:
    return await upstream.complete({"messages": []}, Deadline.after(seconds), "req-1")


async def test_the_lowest_priority_number_is_asked_first_wherever_it_stands():
    first, second = Scripted("a/first", 1), Scripted("a/second", 2)
    for _ in range(3):
        assert (await ask(model(second, first))).deployment == "a/first"
    assert second.asked == 0


PASSES_ON = [answer(429), answer(500), answer(502), answer(503), answer(504), silence(), silence(FailureReason.TOKEN)]


@pytest.mark.parametrize("failure", PASSES_ON, ids=str)
async def test_a_busy_failing_or_silent_deployment_hands_over_to_the_next(failure):
    told = Told()
    first, second = Scripted("a/first", 1, [failure]), Scripted("a/second", 2)
    completion = await ask(model(first, second, told=told))
    assert (completion.deployment, completion.attempts) == ("a/second", 2)
    assert [deployment for _, deployment, _ in told.tries] == ["a/first", "a/second"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 413, 422])
async def test_any_other_4xx_is_the_answer_and_nobody_else_is_asked(status):
    first, second = Scripted("a/first", 1, [answer(status)]), Scripted("a/second", 2)
    upstream = model(first, second)
    with pytest.raises(UpstreamError) as failed:
        await ask(upstream)
    assert (failed.value.status, second.asked) == (status, 0)
    assert (await ask(upstream)).deployment == "a/first"


async def test_an_answer_too_long_to_read_is_not_paid_for_again():
    failure = silence(FailureReason.BAD_RESPONSE)
    failure.__cause__ = CallError(Trouble.TOO_LARGE, Target("gpt-4o", "https://a", "corp", "s"))
    second = Scripted("a/second", 2)
    with pytest.raises(UpstreamUnreachable):
        await ask(model(Scripted("a/first", 1, [failure]), second))
    assert second.asked == 0


async def test_a_4xx_of_the_second_is_the_answer_too():
    first, second, third = Scripted("a/1", 1, [answer(429)]), Scripted("a/2", 2, [answer(401)]), Scripted("a/3", 3)
    with pytest.raises(UpstreamError) as failed:
        await ask(model(first, second, third))
    assert (failed.value.status, failed.value.attempts, third.asked) == (401, 2, 0)


async def test_when_all_fail_the_answer_of_the_first_one_is_given():
    deployments = [
        Scripted("a/1", 1, [answer(429, retry_after="7")]),
        Scripted("a/2", 2, [answer(500)]),
        Scripted("a/3", 3, [silence()]),
    ]
    with pytest.raises(UpstreamError) as failed:
        await ask(model(*deployments))
    assert (failed.value.status, failed.value.body) == (429, b"answer 429")
    assert failed.value.headers == {"retry-after": "7"}
    assert failed.value.attempts == 3


async def test_a_body_that_is_no_json_is_tried_once_and_not_counted():
    told = Told()
    first, second = Scripted("a/first", 1, [InvalidRequest("no")]), Scripted("a/second", 2)
    with pytest.raises(InvalidRequest):
        await ask(model(first, second, told=told))
    assert (told.tries, second.asked) == ([], 0)


async def test_once_the_deadline_is_over_nobody_is_asked_any_more():
    first, second = Scripted("a/first", 1, [silence(FailureReason.DEADLINE)]), Scripted("a/second", 2)
    upstream = model(first, second)
    with pytest.raises(UpstreamUnreachable) as failed:
        await ask(upstream, seconds=0)
    assert failed.value.timed_out
    assert second.asked == 0
    assert (await ask(upstream)).deployment == "a/second", "the one that hung rests"


async def test_who_was_given_too_little_time_is_not_blamed_for_it(pass_time):
    class Late(Scripted):
        async def complete(self, body, deadline, request_id):
            pass_time(31 if self.script else 0)
            return await super().complete(body, deadline, request_id)

    first, second = Scripted("a/1", 1, [answer(500)]), Late("a/2", 2, [silence(FailureReason.DEADLINE)])
    upstream = model(first, second)
    with pytest.raises(UpstreamError):
        await ask(upstream)
    assert (await ask(upstream)).deployment == "a/2"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "rest"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "7", "retry_after_ms": "6500"}, 6.5),
        ({"retry_after": "86400"}, LONGEST_REST_S),
        ({}, BRIEF_REST_S),
        ({"retry_after": "soon"}, BRIEF_REST_S),
    ],
)
async def test_a_deployment_rests_for_as_long_as_it_asked_within_bounds(status, headers, rest):
    clock = Clock()
    first, second = Scripted("a/first", 1, [answer(status, **headers)]), Scripted("a/second", 2)
    upstream = model(first, second, clock=clock)
    await ask(upstream)
    clock.now += rest - 0.01
    assert (await ask(upstream)).attempts == 1
    assert first.asked == 1
    clock.now += 0.02
    assert (await ask(upstream)).deployment == "a/first"


async def test_a_500_rests_briefly_whatever_it_says():
    clock = Clock()
    first, second = Scripted("a/first", 1, [answer(500, retry_after="50")]), Scripted("a/second", 2)
    upstream = model(first, second, clock=clock)
    await ask(upstream)
    clock.now += BRIEF_REST_S + 0.01
    assert (await ask(upstream)).deployment == "a/first"


async def test_when_all_rest_only_the_one_whose_rest_ends_first_is_asked():
    first = Scripted("a/1", 1, [answer(429, retry_after="50")] * 2)
    second = Scripted("a/2", 2, [answer(429, retry_after="9")] * 2)
    upstream = model(first, second)
    for _ in range(2):
        with pytest.raises(UpstreamError) as failed:
            await ask(upstream)
    assert (first.asked, second.asked) == (1, 2)
    assert failed.value.headers == {"retry-after": "9"}, "the caller learns when the soonest of them is there again"
    assert (await ask(upstream)).deployment == "a/2"


async def test_when_those_awake_fail_one_that_rests_is_the_last_resort():
    clock = Clock()
    first, second = Scripted("a/1", 1, [answer(429, retry_after="50")]), Scripted("a/2", 2)
    upstream = model(first, second, clock=clock)
    await ask(upstream)
    second.script = [answer(500)]
    completion = await ask(upstream)
    assert (completion.deployment, completion.attempts) == ("a/1", 2)
    clock.now += BRIEF_REST_S + 1
    assert (await ask(upstream)).deployment == "a/1", "who answers rests no longer"


async def test_a_model_with_one_deployment_is_always_asked_and_once():
    only = Scripted("a/only", 1, [answer(429, retry_after="30"), silence()])
    upstream = model(only)
    for kind in (UpstreamError, UpstreamUnreachable):
        with pytest.raises(kind):
            await ask(upstream)
    assert (await ask(upstream)).deployment == "a/only"
    assert only.asked == 3


async def test_equals_share_the_load_evenly_before_the_next_priority_is_asked():
    equals = [Scripted(f"a/{number}") for number in range(3)]
    spare = Scripted("a/spare", 2)
    upstream = model(*equals, spare)
    used = Counter([(await ask(upstream)).deployment for _ in range(30)])
    assert used == {"a/0": 10, "a/1": 10, "a/2": 10}
    equals[0].script = [answer(500)]
    used = Counter([(await ask(upstream)).deployment for _ in range(30)])
    assert spare.asked == 0
    assert used["a/0"] == 0
    assert abs(used["a/1"] - used["a/2"]) <= 2


async def test_every_outcome_is_a_word_from_a_short_list():
    failures = [answer(status) for status in (400, 401, 403, 404, 418, 422, 429, 500, 599)]
    failures += [silence(reason) for reason in FailureReason]
    told = Told()
    for failure in failures:
        with pytest.raises((UpstreamError, UpstreamUnreachable)):
            await ask(model(Scripted("a/1", 1, [failure]), told=told))
    await ask(model(Scripted("a/1"), told=told))
    assert {outcome for _, _, outcome in told.tries} <= {"ok", "not_found", *(reason.value for reason in FailureReason)}
    assert Counter(outcome for _, _, outcome in told.tries)["not_found"] == 1


async def test_a_caller_who_leaves_asks_nobody_else():
    class Hanging(Scripted):
        async def complete(self, body, deadline, request_id):
            await asyncio.Event().wait()

    second = Scripted("a/second", 2)
    caller = asyncio.create_task(ask(model(Hanging("a/first"), second)))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert second.asked == 0
