"""Where replicas keep what they share: bytes under a name, for a while, and gone without harm at any moment."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol


class Trouble(StrEnum):
    """Why a store could not be used, as a code that metrics and alerts can rely on."""

    TIMEOUT = "timeout"
    """It had not answered in time."""
    NETWORK = "network"
    """No connection: refused, reset, unknown host, TLS."""
    REFUSED = "refused"
    """It answered with an error: a wrong password, a command that its user may not use, no memory left."""
    PASSWORD = "password"  # noqa: S105 - a reason code, not a secret
    """The password could not be read."""
    FORGED = "forged"
    """It answered with bytes that nobody of us has written under this name."""
    INTERNAL = "internal"
    """A fault of our own; the log has it."""


class StoreTrouble(Exception):
    """A store could not be used. It holds no key and no value."""

    def __init__(self, reason: Trouble) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Store(Protocol):
    """Bytes under names of bytes. What was put may be gone before its time; it is never there after it."""

    async def get_many(self, names: Sequence[bytes]) -> Sequence[bytes | None]:
        """The value of each name, in their order; None where there is none.

        Raises:
            StoreTrouble: the store could not be used.
        """

    async def put_many(self, values: Mapping[bytes, bytes], ttl_s: int) -> None:
        """Keep each value under its name, for `ttl_s` seconds.

        Raises:
            StoreTrouble: the store could not be used, and some of them may not be kept.
        """

    async def aclose(self) -> None:
        """Let go of connections."""
