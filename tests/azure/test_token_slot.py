"""One slot with a scripted fetch: what the emulator cannot make happen."""

import asyncio
import time
from types import MappingProxyType, SimpleNamespace

import pytest
from azure_calls import until

from guardrails.azure import token_slot as module
from guardrails.azure.credentials import Token
from guardrails.azure.observer import NO_OBSERVER
from guardrails.azure.token_slot import Timing, TokenSlot
from guardrails.domain.errors import TokenError

QUICK = Timing(margin=0.01, first_pause=0.02, longest_pause=0.05, remember_failure=0.05, between_drops=0.1)


class Fetch:
    """Gives numbered tokens; an exception in `script` is raised instead."""

    def __init__(self, life: float = 3600.0, script: list[Exception | None] | None = None) -> None:
        self.life = life
        self.script = script or []
        self.times: list[float] = []

    async def __call__(self) -> Token:
        self.times.append(time.monotonic())
        await asyncio.sleep(0)
        failure = self.script.pop(0) if self.script else None
        if failure is not None:
            raise failure
        now = time.monotonic()
        headers = MappingProxyType({"Authorization": f"Bearer {len(self.times)}"})
        return Token(headers, fetched_at=now, expires_at=now + self.life)


def slot_of(fetch: Fetch, timing: Timing = QUICK) -> TokenSlot:
    return TokenSlot("corp", fetch, NO_OBSERVER, timing)


@pytest.fixture
async def planned(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """In how many seconds each renewal was planned to be."""
    told: list[float] = []
    loop = asyncio.get_running_loop()
    call_later = loop.call_later

    def spy(delay, callback, *args, **rest):
        if getattr(callback, "__func__", None) is TokenSlot._renew:
            told.append(delay)
        return call_later(delay, callback, *args, **rest)

    monkeypatch.setattr(loop, "call_later", spy)
    return told


async def test_what_nobody_foresaw_is_a_token_error_that_tells_the_kind_only():
    fetch = Fetch(script=[RuntimeError("with a secret in it")])
    slot = slot_of(fetch)
    told = await asyncio.gather(*(slot.get(None) for _ in range(10)), return_exceptions=True)
    assert {type(error) for error in told} == {TokenError}
    assert "RuntimeError" in str(told[0])
    assert "secret in it" not in str(told[0])
    assert len(fetch.times) == 1
    await asyncio.sleep(0.06)
    assert (await slot.get(None)).value == "2"
    await slot.close()


async def test_a_renewal_that_fails_in_an_unforeseen_way_is_tried_until_it_works():
    fetch = Fetch(life=0.5, script=[None, RuntimeError(), ValueError()])
    slot = slot_of(fetch)
    assert (await slot.get(None)).value == "1"
    fetch.life = 3600
    await until(lambda: len(fetch.times) == 4)
    await until(lambda: slot.token is not None and slot.token.value == "4")
    await slot.close()


async def test_renewals_of_a_token_that_lives_no_time_are_spaced():
    fetch = Fetch(life=0.001)
    slot = slot_of(fetch, Timing(margin=0.0, first_pause=0.1))
    await slot.get(None)
    await until(lambda: len(fetch.times) >= 4)
    await slot.close()
    assert all(later - earlier > 0.09 for earlier, later in zip(fetch.times, fetch.times[1:], strict=False))


async def test_pauses_between_failed_renewals_grow_to_a_limit(planned):
    fetch = Fetch(life=0.2, script=[None, *[ValueError() for _ in range(100)]])
    slot = slot_of(fetch, Timing(margin=0.01, first_pause=0.02, longest_pause=0.08, remember_failure=0.01))
    await slot.get(None)
    await until(lambda: len(fetch.times) >= 8)
    await slot.close()
    pauses = planned[1:7]
    grown = zip(pauses, [0.02, 0.04, 0.08, 0.08, 0.08, 0.08], strict=True)
    assert all(0.7 * pause < told < 1.3 * pause for told, pause in grown)


async def test_refusals_that_do_not_end_drop_the_token_ever_more_rarely(monkeypatch: pytest.MonkeyPatch):
    began = time.monotonic()
    now = began
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now))
    slot = slot_of(Fetch(), Timing(between_drops=10, longest_between_drops=80))
    dropped: list[float] = []
    for second in range(300):
        now = began + second
        if slot.drop((await slot.get(None)).headers["Authorization"]):
            dropped.append(second)
    assert dropped == [0, 10, 30, 70, 150, 230]
    now = began + 2000
    assert slot.drop((await slot.get(None)).headers["Authorization"])
    now = began + 2011
    assert slot.drop((await slot.get(None)).headers["Authorization"])
    await slot.close()


@pytest.mark.parametrize("life", [1.0, 60.0, 3599.0, 86399.0])
async def test_the_next_renewal_is_planned_before_the_end(life: float, planned: list[float]):
    slot = slot_of(Fetch(life=life), Timing())
    began = time.monotonic()
    await slot.get(None)
    took = time.monotonic() - began
    await slot.close()
    [delay] = planned
    latest = max(life / 2, life - 300)
    assert 0.89 * latest - took <= delay <= max(1.0, latest)
