"""For whom a gateway asks: what it tells of its own user, team and request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Subject:
    """Who stands behind a request of a gateway, in the gateway's own words. Not the caller: that is the gateway.

    Attributes:
        user: Who uses the gateway: an id, a login, a mail address.
        team: The group, team or tenant the gateway counts the request to.
        request_id: The gateway's own id of the request, by which its log can be found.
        model: The model that the gateway was asked for.
        labels: What else it tells, by name.
    """

    user: str | None = field(default=None, repr=False)
    team: str | None = field(default=None, repr=False)
    request_id: str | None = field(default=None, repr=False)
    model: str | None = field(default=None, repr=False)
    labels: Mapping[str, str] = field(default_factory=lambda: _NOTHING, repr=False)
