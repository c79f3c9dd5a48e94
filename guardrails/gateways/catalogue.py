"""Every gateway whose dialect is spoken, and the doors they call."""

from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import web

from guardrails.gateways.adapter import Adapter
from guardrails.gateways.agentgateway.adapter import Agentgateway
from guardrails.gateways.aperture.adapter import Aperture
from guardrails.gateways.door import errors_by_door, routes_of
from guardrails.gateways.ext_authz.adapter import ExtAuthz
from guardrails.gateways.kong.adapter import Kong
from guardrails.gateways.litellm.adapter import LiteLLM
from guardrails.gateways.moderations.adapter import Moderations
from guardrails.gateways.portkey.adapter import Portkey
from guardrails.gateways.truefoundry.adapter import TrueFoundry

GATEWAYS: Final[tuple[Adapter, ...]] = (
    TrueFoundry(),
    LiteLLM(),
    Portkey(),
    Agentgateway(),
    Kong(),
    Aperture(),
    ExtAuthz(),
    Moderations(),
)


def routes() -> list[web.RouteDef]:
    """The doors of all of them."""
    return routes_of(GATEWAYS)


def error_answers() -> Mapping[str, Callable[[web.Request, Exception], web.Response]]:
    """How errors at these doors are answered, by the door's path."""
    return errors_by_door(GATEWAYS)
