"""A store in memory: bounded in bytes, oldest use goes first, and nothing outlives its time."""

import contextlib
import sys
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from guardrails.store.memory import OVERHEAD, MemoryStore


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def room_for(count, value=b"v"):
    return count * (OVERHEAD + 1 + len(value))


async def test_what_was_put_is_there_until_its_time_is_over():
    clock = Clock()
    store = MemoryStore(room_for(9), clock)
    await store.put_many({b"a": b"1", b"b": b"2"}, 10)
    assert await store.get_many([b"b", b"x", b"a", b"a"]) == [b"2", None, b"1", b"1"]
    clock.now = 10.0
    assert await store.get_many([b"a"]) == [None]
    assert store.bytes_used == OVERHEAD + 2


async def test_what_was_used_longest_ago_makes_room():
    store = MemoryStore(room_for(2))
    await store.put_many({b"a": b"1", b"b": b"2"}, 10)
    await store.get_many([b"a"])
    await store.put_many({b"c": b"3"}, 10)
    assert await store.get_many([b"a", b"b", b"c"]) == [b"1", None, b"3"]


async def test_a_value_that_fits_nowhere_is_not_kept_and_pushes_nothing_out():
    store = MemoryStore(room_for(1))
    await store.put_many({b"a": b"1"}, 10)
    await store.put_many({b"b": b"x" * 1000}, 10)
    assert await store.get_many([b"a", b"b"]) == [b"1", None]


async def test_a_name_that_is_put_again_has_its_new_value_and_counts_once():
    store = MemoryStore(room_for(9))
    for value in (b"1", b"22", b"3"):
        await store.put_many({b"a": value}, 10)
    assert await store.get_many([b"a"]) == [b"3"]
    assert store.bytes_used == OVERHEAD + 2
    await store.aclose()
    assert store.bytes_used == 0


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=2), st.binary(max_size=600)), max_size=60))
def test_the_bytes_are_always_those_of_what_is_there_and_within_the_limit(items):
    store = MemoryStore(3 * OVERHEAD + 500)
    for name, value in items:
        put = store.put_many({name: value}, 10)
        with contextlib.suppress(StopIteration):
            put.send(None)
        kept = sum(OVERHEAD + len(key) + len(entry[0]) for key, entry in store._entries.items())
        assert store.bytes_used == kept <= 3 * OVERHEAD + 500


async def test_an_entry_takes_no_more_than_is_counted_for_it():
    store = MemoryStore(10**9)
    values = {b"%084d" % number: b"x" * 100 + b"%d" % number for number in range(20_000)}
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        await store.put_many({bytes(bytearray(name)): bytes(bytearray(value)) for name, value in values.items()}, 10)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert sys.getsizeof(b"") < OVERHEAD
    assert taken <= store.bytes_used
