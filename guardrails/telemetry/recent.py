"""The last decision records, kept in memory as they were written, so that a decision can be explained by its id."""

from collections import deque
from typing import Final

MOST_BYTES: Final = 16 * 1024 * 1024
"""The most bytes of records that are kept, whatever their number."""


class Recent:
    """A bounded ring of records by id. What is over its bounds is forgotten, the oldest first.

    Args:
        most_records: How many are kept; 0 keeps none.
        most_bytes: How many bytes of them.
    """

    def __init__(self, most_records: int, most_bytes: int = MOST_BYTES) -> None:
        self._most_records = most_records
        self._most_bytes = most_bytes
        self._lines: dict[str, deque[bytes]] = {}
        self._order: deque[str] = deque()
        self._bytes = 0

    def add(self, decision_id: str, line: bytes) -> None:
        """Keep one record, a line of JSON. One id may have several: what went to the model, and what came back."""
        if len(line) > self._most_bytes or not self._most_records:
            return
        self._lines.setdefault(decision_id, deque()).append(line)
        self._order.append(decision_id)
        self._bytes += len(line)
        while len(self._order) > self._most_records or self._bytes > self._most_bytes:
            self._forget()

    def find(self, decision_id: str) -> tuple[bytes, ...]:
        """The records of an id in the order they came, perhaps none."""
        return tuple(self._lines.get(decision_id, ()))

    def _forget(self) -> None:
        oldest = self._order.popleft()
        lines = self._lines[oldest]
        self._bytes -= len(lines.popleft())
        if not lines:
            del self._lines[oldest]
