"""The token provider: single flight, renewal, outages, drops, deadlines."""

import asyncio
from collections.abc import Callable

import pytest
from azure_calls import until
from passing_time import PassTime

from guardrails.azure.target import Target
from guardrails.azure.token_slot import Timing
from guardrails.azure.tokens import TokenProvider
from guardrails.domain.check import FailureReason
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import TokenError
from guardrails.emulator.scenarios import Effect, EntraFault, Scenario
from guardrails.emulator.serve import Emulator

Posts = Callable[[], int]
MakeProvider = Callable[..., TokenProvider]


def misbehave(emulator: Emulator, times: int | None = None, **effect: object) -> None:
    emulator.state.scenarios.add(Scenario(Effect(**effect), service="entra", times=times))  # type: ignore[arg-type]


def token_tasks() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name().startswith("token ")]


async def test_a_thousand_cold_callers_make_one_token_request(
    provider: TokenProvider, target: Target, posts: Posts, heard: object
):
    told = await asyncio.gather(*(provider.headers(target) for _ in range(1000)))
    assert len({headers["Authorization"] for headers in told}) == 1
    assert told[0]["Authorization"].startswith("Bearer ")
    assert posts() == 1
    assert heard.tokens == [("corp", "ok")]


async def test_a_thousand_cold_callers_of_a_failing_entra_make_one_token_request(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator
):
    misbehave(emulator, entra=EntraFault.WRONG_SECRET)
    told = await asyncio.gather(*(provider.headers(target) for _ in range(1000)), return_exceptions=True)
    assert all(isinstance(error, TokenError) for error in told)
    assert len({error.detail for error in told}) == 1
    assert len({id(error) for error in told}) == 1000
    assert posts() == 1


async def test_two_scopes_of_one_credential_have_a_token_each(provider: TokenProvider, target: Target, posts: Posts):
    other = Target("gpt-4o", target.endpoint, "corp", "https://ai.azure.com/.default")
    first, second = await asyncio.gather(provider.headers(target), provider.headers(other))
    assert first != second
    assert posts() == 2


async def test_a_caller_who_leaves_harms_nobody(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator
):
    misbehave(emulator, latency_ms=300)
    callers = [asyncio.create_task(provider.headers(target)) for _ in range(50)]
    await asyncio.sleep(0)  # all of them begin to wait
    for leaver in callers[:49]:
        leaver.cancel()
    assert (await callers[49])["Authorization"].startswith("Bearer ")
    assert posts() == 1
    assert all(leaver.cancelled() for leaver in callers[:49])


async def test_when_every_caller_leaves_the_fetch_still_serves_the_next(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator
):
    misbehave(emulator, times=1, latency_ms=300)
    only = asyncio.create_task(provider.headers(target))
    await asyncio.sleep(0)  # it begins to wait
    only.cancel()
    await asyncio.wait({only})
    await provider.headers(target)
    assert posts() == 1


async def test_a_token_is_renewed_before_it_expires_with_a_real_request(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator
):
    emulator.state.directory.expires_in = 4
    first = await provider.headers(target)
    emulator.state.directory.expires_in = 3600
    await until(lambda: posts() == 2)
    await until(lambda: not token_tasks())
    assert provider.expires_in()["corp"] > 60
    assert await provider.headers(target) != first
    assert posts() == 2


async def test_entra_says_when_to_renew(provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator):
    emulator.state.directory.refresh_in = 2
    await provider.headers(target)
    emulator.state.directory.refresh_in = None
    await until(lambda: posts() == 2)


async def test_while_entra_is_down_a_valid_token_serves_without_waiting_until_entra_is_back(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator
):
    emulator.state.directory.expires_in = 20
    emulator.state.directory.refresh_in = 1
    first = await provider.headers(target)
    misbehave(emulator, times=3, latency_ms=150, entra=EntraFault.OUTAGE)
    emulator.state.directory.refresh_in = None
    emulator.state.directory.expires_in = 3600
    while posts() < 4:
        with pytest.raises(StopIteration) as given:
            provider.headers(target).send(None)  # without a turn of the loop: nobody waited for anything
        assert given.value.value == first
        await asyncio.sleep(0.01)
    await until(lambda: posts() == 5)
    await until(lambda: not token_tasks())
    assert await provider.headers(target) != first


async def test_a_good_token_is_given_without_a_turn_of_the_loop(provider: TokenProvider, target: Target):
    await provider.headers(target)
    asking = provider.headers(target)
    with pytest.raises(StopIteration):
        asking.send(None)


async def test_a_failed_fetch_is_remembered_for_a_moment(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator, pass_time: PassTime
):
    misbehave(emulator, times=1, entra=EntraFault.OUTAGE)
    for _ in range(50):
        with pytest.raises(TokenError):
            await provider.headers(target)
    assert posts() == 1
    pass_time(31)
    await provider.headers(target)
    assert posts() == 2


async def test_entras_retry_after_makes_the_memory_longer(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator, pass_time: PassTime
):
    misbehave(emulator, times=1, status=429, retry_after=55)
    with pytest.raises(TokenError) as failed:
        await provider.headers(target)
    assert failed.value.retry_after == 55
    pass_time(40)
    with pytest.raises(TokenError):
        await provider.headers(target)
    assert posts() == 1
    pass_time(16)
    await provider.headers(target)
    assert posts() == 2


async def test_a_caller_waits_no_longer_than_its_deadline(
    make_provider: MakeProvider, target: Target, posts: Posts, emulator: Emulator, pass_time: PassTime
):
    provider = make_provider(token_timeout_s=120)
    misbehave(emulator, times=1, latency_ms=60_000)
    caller = asyncio.create_task(provider.headers(target, Deadline.after(30)))
    await until(lambda: len(emulator.state.scenarios) == 0)  # Entra has met the call
    pass_time(31)
    with pytest.raises(TokenError) as failed:
        await caller
    assert posts() == 0  # Entra has not answered yet
    assert failed.value.reason is FailureReason.DEADLINE
    pass_time(30)
    await provider.headers(target, Deadline.after(30))
    assert posts() == 1


async def test_a_hanging_entra_ends_in_an_error(make_provider: MakeProvider, target: Target, emulator: Emulator):
    provider = make_provider(token_timeout_s=0.3)
    misbehave(emulator, hang=True)
    with pytest.raises(TokenError, match=r"did not answer within 0\.3 s"):
        await provider.headers(target)


async def test_a_refused_token_is_fetched_anew_once(provider: TokenProvider, target: Target, posts: Posts):
    stale = await provider.headers(target)
    assert await provider.drop(target, stale)
    fresh = await provider.headers(target)
    assert fresh != stale
    assert posts() == 2


async def test_a_thousand_refusals_of_one_stale_token_make_one_new_request(
    provider: TokenProvider, target: Target, posts: Posts
):
    stale = await provider.headers(target)

    async def refused() -> str:
        assert await provider.drop(target, stale)
        return (await provider.headers(target))["Authorization"]

    told = await asyncio.gather(*(refused() for _ in range(1000)))
    assert len(set(told)) == 1
    assert posts() == 2


async def test_a_service_that_refuses_every_token_does_not_flood_entra(
    make_provider: MakeProvider, target: Target, posts: Posts
):
    provider = make_provider(timing=Timing(between_drops=60))
    worth_it = [await provider.drop(target, await provider.headers(target)) for _ in range(20)]
    assert worth_it == [True, *[False] * 19]
    assert posts() == 2


async def test_a_token_that_is_not_the_current_one_is_not_dropped(
    provider: TokenProvider, target: Target, posts: Posts
):
    current = await provider.headers(target)
    assert await provider.drop(target, {"Authorization": "Bearer another"})
    assert await provider.headers(target) == current
    assert posts() == 1


async def test_start_fetches_without_waiting_and_close_leaves_nothing_behind(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator
):
    misbehave(emulator, hang=True)
    await provider.start([target, target, Target("key", target.endpoint, "legacy", target.scope)])
    waiting = asyncio.create_task(provider.headers(target))
    await asyncio.sleep(0.05)
    assert len(token_tasks()) == 1
    await provider.close()
    assert token_tasks() == []
    with pytest.raises(TokenError, match="shutting down"):
        await waiting
    with pytest.raises(TokenError, match="shutting down"):
        await provider.headers(target)


async def test_a_closed_provider_renews_no_more(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator, pass_time: PassTime
):
    emulator.state.directory.refresh_in = 1
    await provider.headers(target)
    await provider.close()
    pass_time(60)
    await asyncio.sleep(0.2)
    assert posts() == 1


async def test_readiness_tells_what_is_wrong_and_does_not_flood_entra(
    provider: TokenProvider, target: Target, posts: Posts, emulator: Emulator, pass_time: PassTime
):
    misbehave(emulator, entra=EntraFault.UNKNOWN_TENANT)
    wrong = [await provider.ready(target, within_s=30) for _ in range(10)]
    assert {error.code for error in wrong if error} == {"90002"}
    assert posts() == 1
    emulator.state.scenarios.clear()
    pass_time(31)
    assert await provider.ready(target, within_s=30) is None


async def test_ages_and_time_left_are_told_by_credential(provider: TokenProvider, target: Target):
    assert provider.ages() == {}
    await provider.headers(target)
    assert 0 <= provider.ages()["corp"] < 30
    assert 3000 < provider.expires_in()["corp"] < 3600


async def test_an_unknown_credential_is_a_token_error(provider: TokenProvider):
    with pytest.raises(TokenError, match="no credential nobody"):
        await provider.headers(Target("language", "https://unused.localhost", "nobody", "scope"))


async def test_a_failed_renewal_of_a_token_that_then_expires_recovers_by_itself(
    provider: TokenProvider, target: Target, emulator: Emulator, posts: Posts
):
    emulator.state.directory.expires_in = 3
    await provider.headers(target)
    misbehave(emulator, entra=EntraFault.OUTAGE)
    await until(lambda: provider.expires_in()["corp"] < 0)
    with pytest.raises(TokenError):
        await provider.headers(target)
    emulator.state.scenarios.clear()
    emulator.state.directory.expires_in = 3600
    await until(lambda: provider.expires_in()["corp"] > 60)
