"""Every gateway whose dialect is spoken, and the doors they call."""

from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from guardrails.gateways.adapter import Adapter
from guardrails.gateways.door import errors_by_door, routes_of
from guardrails.gateways.moderations.adapter import Moderations
from guardrails.gateways.portkey.adapter import Portkey

GATEWAYS: Final[tuple[Adapter, ...]] = (Portkey(), Moderations())


def routes() -> list[web.RouteDef]:
    """The doors of all of them."""
    return routes_of(GATEWAYS)


def error_answers() -> Mapping[str, Callable[[web.Request, Exception], web.Response]]:
    """How errors at these doors are answered, by the door's path."""
    return errors_by_door(GATEWAYS)
