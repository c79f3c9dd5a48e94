"""A store in this process: bounded in bytes; what was used longest ago goes first."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

OVERHEAD: Final = 300
"""Bytes that an entry takes beside its name and value: the objects' own and its place in the dictionary. Measured with
tracemalloc on CPython 3.11, rounded up."""


class MemoryStore:
    """Names and values in a dictionary.

    Args:
        max_bytes: What all entries may take together, `OVERHEAD` of each included.
        clock: Seconds that only ever grow.
    """

    def __init__(self, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()
        self._bytes = 0

    @property
    def bytes_used(self) -> int:
        """What all entries take together."""
        return self._bytes

    async def get_many(self, names: Sequence[bytes]) -> Sequence[bytes | None]:
        """The value of each name, in their order; None where there is none, or its time is over."""
        now = self._clock()
        return [self._get(name, now) for name in names]

    async def put_many(self, values: Mapping[bytes, bytes], ttl_s: int) -> None:
        """Keep each value; those that were used longest ago make room. A value larger than all the room is not kept."""
        until = self._clock() + ttl_s
        for name, value in values.items():
            self._forget(name)
            size = _size(name, value)
            if size > self._max_bytes:
                continue
            while self._bytes + size > self._max_bytes:
                self._forget(next(iter(self._entries)))
            self._entries[name] = (value, until)
            self._bytes += size

    async def aclose(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0

    def _get(self, name: bytes, now: float) -> bytes | None:
        entry = self._entries.get(name)
        if entry is None:
            return None
        value, until = entry
        if until <= now:
            self._forget(name)
            return None
        self._entries.move_to_end(name)
        return value

    def _forget(self, name: bytes) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self._bytes -= _size(name, entry[0])


def _size(name: bytes, value: bytes) -> int:
    return OVERHEAD + len(name) + len(value)
