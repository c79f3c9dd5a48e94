"""An answer as it came."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guardrails.azure.open_body import OpenBody


def is_success(status: int) -> bool:
    """Whether a status is a 2xx."""
    return 200 <= status < 300  # noqa: PLR2004 - the class of success (RFC 9110, 15.3)


@dataclass(frozen=True, slots=True)
class RawReply:
    """An answer of any status. Header names are lower case. `calls` is how many HTTP calls it took.

    `rest`: the body while it is still coming, its first bytes included; None when `body` is all of it.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    calls: int = 1
    rest: "OpenBody | None" = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is a 2xx."""
        return is_success(self.status)
