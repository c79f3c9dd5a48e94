"""`GET /policies` and `GET /policies/{name}`: what judges a caller's texts, as it is in force (contract, section 2)."""

import orjson
from aiohttp import web

from guardrails.domain.errors import UnknownName
from guardrails.policy.describe import describe
from guardrails.web.middlewares import CALLER
from guardrails.web.services import services


async def policies(request: web.Request) -> web.Response:
    """The policies that the caller may choose from. A bundle on trial is not shown here."""
    caller, bundle = request[CALLER], services(request).bundle
    described = [describe(bundle.policies[name]) for name in caller.policies]
    return _json({"default": caller.default_policy, "bundle": bundle.revision, "policies": described})


async def policy(request: web.Request) -> web.Response:
    """One of them; which others exist is not the caller's to know."""
    caller, name = request[CALLER], request.match_info["name"]
    if name not in caller.policies:
        raise UnknownName("policy", name, caller.policies)
    return _json(describe(services(request).bundle.policies[name]))


def _json(body: object) -> web.Response:
    return web.Response(body=orjson.dumps(body), content_type="application/json")
