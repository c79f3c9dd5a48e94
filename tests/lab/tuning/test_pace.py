"""The pace of calls: a rate, and a rest for all after a 429."""

import asyncio
import time

import pytest
from azure_calls import until

from guardrails.azure.client import Reply
from guardrails.azure.target import Target
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError
from guardrails.lab.tuning.pace import MAX_TRIES, Pace, PacedClient

TARGET = Target("language", "https://contoso.example", "corp", "scope")


class Scripted:
    """Raises what it is given, one for each call, then answers."""

    def __init__(self, *errors: ServiceError) -> None:
        self.errors = list(errors)
        self.at: list[float] = []

    async def post_json(self, target, path, *, params, body, deadline) -> Reply:
        self.at.append(time.monotonic())
        if self.errors:
            raise self.errors.pop(0)
        return Reply({}, 1)


def throttled(wait: float | None) -> ServiceError:
    return ServiceError(FailureReason.THROTTLED, "429", status=429, retry_after=wait, calls=1)


def broken(reason: FailureReason = FailureReason.UNAVAILABLE) -> ServiceError:
    return ServiceError(reason, "503", status=503, retry_after=0.01, calls=1)


async def call(client: Scripted, pace: Pace, *, seconds: float = 20) -> Reply:
    paced = PacedClient(client, pace)
    return await paced.post_json(TARGET, "/", params={}, body={}, deadline=Deadline.after(seconds))


async def test_a_429_is_tried_again_after_the_time_it_asks_for():
    client, pace = Scripted(throttled(0.3)), Pace(0)
    reply = await call(client, pace)
    assert client.at[1] - client.at[0] >= 0.3
    assert (reply.calls, pace.calls, pace.throttled) == (2, 2, 1)


async def test_a_429_for_one_is_a_rest_for_all():
    pace = Pace(0)
    refused, other = Scripted(throttled(0.4)), Scripted()
    first = asyncio.create_task(call(refused, pace))
    await until(lambda: pace.throttled == 1)
    await call(other, pace)
    assert other.at[0] - refused.at[0] >= 0.4
    await first


async def test_without_a_time_the_rests_double_until_something_is_answered():
    pace = Pace(0)
    rests = [pace.pause_all(None) for _ in range(3)]
    assert 0.5 <= rests[0] < 1 <= rests[1] < 2 <= rests[2] < 3
    pace.went_well()
    assert pace.pause_all(None) < 1


async def test_a_429_that_outlasts_the_deadline_is_told():
    with pytest.raises(ServiceError) as caught:
        await call(Scripted(throttled(30)), Pace(0), seconds=1)
    assert caught.value.reason is FailureReason.THROTTLED


async def test_a_broken_service_gets_a_few_tries():
    client = Scripted(*(broken() for _ in range(MAX_TRIES + 1)))
    with pytest.raises(ServiceError) as caught:
        await call(client, Pace(0))
    assert (len(client.at), caught.value.calls) == (MAX_TRIES, MAX_TRIES)


@pytest.mark.parametrize("reason", [FailureReason.FORBIDDEN, FailureReason.REJECTED, FailureReason.TOKEN])
async def test_what_no_try_mends_is_told_at_once(reason):
    client = Scripted(broken(reason))
    with pytest.raises(ServiceError):
        await call(client, Pace(0))
    assert len(client.at) == 1


async def test_a_rate_spaces_the_calls_to_each_service():
    client, pace = Scripted(), Pace(20)
    began = time.monotonic()
    await asyncio.gather(*(call(client, pace) for _ in range(5)))
    assert all(at - began >= 0.049 * number for number, at in enumerate(sorted(client.at)))
