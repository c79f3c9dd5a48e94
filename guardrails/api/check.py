"""`POST /check` and the doors of single checks: a verdict, always 200 once there is one (contract, section 2)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from guardrails.api.render import render_check
from guardrails.api.schemas import CheckRequest, extract_content, parse_check
from guardrails.domain.content import Inspection
from guardrails.pipeline.aside import aside, weight
from guardrails.pipeline.assessment import Assessment, new_id
from guardrails.pipeline.guard import Exchange
from guardrails.pipeline.images import with_sound_images
from guardrails.pipeline.trying import Trying
from guardrails.policy.policy import Policy
from guardrails.policy.single import only
from guardrails.web.body import read_object
from guardrails.web.middlewares import CALLER, REQUEST_ID, door_of
from guardrails.web.services import services
from guardrails.web.verdict_headers import verdict_headers


async def check(request: web.Request) -> web.Response:
    """Judge with every check of the caller's policy."""
    return await _check(request, None)


def check_with(name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The door of one check: the same body, its whole report, and the verdict of its rules alone."""

    async def handler(request: web.Request) -> web.Response:
        return await _check(request, name)

    return handler


async def _check(request: web.Request, name: str | None) -> web.Response:
    ours, caller = services(request), request[CALLER]
    taken = ours.bundles.take(caller.name, request[REQUEST_ID])
    body = await read_object(request, ours.max_body)
    asked = parse_check(body)
    chosen = caller.policy_name(asked.policy, request.headers)
    policy, trying = taken.policy(chosen), taken.trying(chosen)
    if name is not None:  # a part of a policy says nothing of the whole: no trial counts it
        policy, trying = only(policy, ours.specs[name]), None
    assessment = await assess(request, body, asked, policy, trying)
    heaviness = weight(assessment.inspection, assessment.reports)
    return web.Response(
        body=await aside(heaviness, _encoded, assessment, body),
        content_type="application/json",
        headers=verdict_headers(assessment.verdict, assessment.id),
    )


async def assess(
    request: web.Request, body: Mapping[str, Any], asked: CheckRequest, policy: Policy, trying: Trying | None = None
) -> Assessment:
    """Judge what a body holds, and record the verdict; `trying` counts it for the policies on trial.

    Raises:
        InvalidRequest: its texts cannot be read; names the field.
    """
    read = await with_sound_images(extract_content(asked, body, policy.trusted))
    inspection = Inspection(asked.stage, request[CALLER].name, read.segments, asked.language, read.unread)
    exchange = Exchange(new_id(), request[REQUEST_ID], door_of(request), trying=trying)
    return await services(request).guard.assess(inspection, policy, exchange)


def _encoded(assessment: Assessment, body: Mapping[str, Any]) -> bytes:
    return orjson.dumps(render_check(assessment, body))
