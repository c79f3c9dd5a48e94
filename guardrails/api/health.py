"""The doors of operators: alive, ready, metrics."""

import orjson
from aiohttp import web

from guardrails.api.render_bundle import render_bundle
from guardrails.telemetry.metrics import CONTENT_TYPE
from guardrails.web.services import services


async def livez(_: web.Request) -> web.Response:
    """The process answers. Says nothing about Azure, so that an outage there restarts nobody."""
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """200 while every check that a policy names can run, 503 with the reasons otherwise.

    New policies that do not hold leave it at 200: those in force work. `bundle` tells what is wrong with the new ones.
    """
    ours = services(request)
    readiness = await ours.readiness()
    body = {
        "status": "ready" if readiness.ready else "not ready",
        "checks": readiness.checks,
        "policies": readiness.policies,
        "bundle": render_bundle(ours.bundles, watched=ours.watched),
    }
    return web.Response(
        status=200 if readiness.ready else 503,
        body=orjson.dumps(body, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS),
        content_type="application/json",
    )


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    return web.Response(body=services(request).metrics.render(), headers={"Content-Type": CONTENT_TYPE})
