"""A store in trouble is left alone for a while, and nobody waits for it or breaks with it."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from guardrails.store.resting import BATCH, LOG_EVERY_S, MOST_TIMES, REST_S, RestingStore
from guardrails.store.store import StoreTrouble, Trouble

MOST_S = 30.0
"""No store of these tests takes so long, but where that is the matter."""


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


class Faulty:
    """Does what it is told, and counts."""

    def __init__(self):
        self.error = None
        self.seconds = 0.0
        self.asked = 0
        self.kept = {}

    async def _act(self):
        self.asked += 1
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error

    async def get_many(self, names):
        await self._act()
        return [self.kept.get(name) for name in names]

    async def put_many(self, values, ttl_s):
        await self._act()
        self.kept.update(values)

    async def aclose(self):
        self.kept.clear()


@pytest.fixture
def faulty():
    return Faulty()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told():
    return []


@pytest.fixture
def store(faulty, clock, told):
    return RestingStore(faulty, MOST_S, told.append, clock=clock)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StoreTrouble(Trouble.NETWORK), Trouble.NETWORK),
        (StoreTrouble(Trouble.REFUSED), Trouble.REFUSED),
        (TimeoutError(), Trouble.TIMEOUT),
        (ValueError("a fault"), Trouble.INTERNAL),
    ],
)
async def test_any_trouble_is_nothing_found_and_is_told(store, faulty, told, error, reason):
    faulty.error = error
    assert await store.get_many([b"a", b"b"]) == [None, None]
    assert told == [reason]


async def test_a_store_that_failed_is_left_alone_and_then_tried_once(store, faulty, clock, told):
    faulty.error = StoreTrouble(Trouble.NETWORK)
    await store.put_many({b"a": b"1"}, 10)
    for _ in range(50):
        await store.get_many([b"a"])
        await store.put_many({b"a": b"1"}, 10)
    assert faulty.asked == 1
    clock.now += REST_S
    faulty.error, faulty.seconds = None, 0.01
    assert await asyncio.gather(*(store.get_many([b"a"]) for _ in range(9))) == [[None]] * 9
    assert faulty.asked == 2
    await store.put_many({b"a": b"1"}, 10)
    assert await store.get_many([b"a"]) == [b"1"]
    assert told == [Trouble.NETWORK]


async def test_a_store_that_fails_again_rests_again(store, faulty, clock, told):
    faulty.error = StoreTrouble(Trouble.NETWORK)
    for _ in range(3):
        await store.get_many([b"a"])
        await store.get_many([b"a"])
        clock.now += REST_S
    assert (faulty.asked, len(told)) == (3, 3)


async def test_nobody_waits_longer_than_a_store_may_take(faulty, told):
    faulty.seconds = 20.0
    store = RestingStore(faulty, 0.05, told.append)
    started = time.perf_counter()
    assert await store.get_many([b"a"]) == [None]
    await store.put_many({b"a": b"1"}, 10)
    assert time.perf_counter() - started < 15
    assert told == [Trouble.TIMEOUT]


async def test_many_names_are_asked_for_in_batches_and_what_takes_too_long_is_left_out(store, faulty, clock, told):
    names = [b"%d" % number for number in range(3 * BATCH + 1)]
    await store.put_many(dict.fromkeys(names, b"v"), 10)
    assert await store.get_many(names) == [b"v"] * len(names)
    assert faulty.asked == 8

    async def slowly(batch):
        clock.now += MOST_S * MOST_TIMES / 2
        return [b"v"] * len(batch)

    faulty.get_many = slowly
    assert await store.get_many(names) == [b"v"] * 2 * BATCH + [None] * (BATCH + 1)
    assert told == []


async def test_a_store_that_answers_of_other_names_than_asked_has_said_nothing(store, faulty):
    async def one_too_many(batch):
        return [b"v"] * (len(batch) + 1)

    faulty.get_many = one_too_many
    assert await store.get_many([b"a"]) == [None]


async def test_trouble_is_logged_once_in_a_while_and_without_a_name(store, faulty, clock):
    faulty.error = StoreTrouble(Trouble.NETWORK)
    with capture_logs() as logs:
        for _ in range(30):
            await store.get_many([b"secret-name"])
            clock.now += REST_S
    assert len(logs) == pytest.approx(30 * REST_S / LOG_EVERY_S, abs=1)
    assert {line["event"] for line in logs} == {"store_failed"}
    assert "secret-name" not in repr(logs)


async def test_who_leaves_is_not_held_up(faulty, told):
    faulty.seconds = 20.0
    task = asyncio.create_task(RestingStore(faulty, 10.0, told.append).get_many([b"a"]))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told == []
