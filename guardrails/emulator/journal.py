"""What was asked of the emulator: the calls, without their credentials, so that a test can count them."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MAX_CALLS: Final = 5000
MAX_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One recorded call.

    `at` is seconds since the epoch; `status` is None when the connection was dropped before an answer. `raw` is the
    body as it came (for the token endpoint a JSON object of the form without its secrets). `identity` is the object
    id of the token's principal, "key" for an API key, None when nobody was recognised.
    """

    service: str
    operation: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int | None
    at: float
    duration_ms: float
    deployment: str | None = None
    identity: str | None = None
    raw: bytes = field(default=b"", repr=False)

    @property
    def body(self) -> Any:  # noqa: ANN401 (JSON)
        """The decoded JSON body; None when there is none or it is not JSON."""
        try:
            return json.loads(self.raw) if self.raw else None
        except (ValueError, RecursionError):
            return None


@dataclass(slots=True)
class Journal:
    """The last calls in the order they ended, bounded in number and bytes, and how many there ever were."""

    calls: deque[Call] = field(default_factory=deque, repr=False)
    total: int = 0
    _bytes: int = 0

    def record(self, call: Call) -> None:
        """Keep a call; the oldest go when the journal is full."""
        self.calls.append(call)
        self.total += 1
        self._bytes += len(call.raw)
        while len(self.calls) > MAX_CALLS or self._bytes > MAX_BYTES:
            self._bytes -= len(self.calls.popleft().raw)

    def of(self, service: str, operation: str | None = None) -> list[Call]:
        """Return the kept calls of a service, of one operation when named."""
        return [call for call in self.calls if call.service == service and operation in {None, call.operation}]

    def clear(self) -> None:
        """Forget every call."""
        self.calls.clear()
        self.total = 0
        self._bytes = 0

    def __iter__(self) -> Iterator[Call]:
        return iter(tuple(self.calls))

    def __len__(self) -> int:
        return len(self.calls)
