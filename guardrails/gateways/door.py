"""The one door behind every gateway's dialect: read, judge within the gateway's patience, record, render.

A decision is always an explicit verdict in the dialect's own words. What cannot be judged is an explicit block as well:
most gateways take an error for an outage, and some let the text pass then. Errors stay errors where the operator of the
gateway is to blame: a key or a policy that is not known, another method.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from guardrails.chat.edit import apply
from guardrails.chat.extract import Extract
from guardrails.domain.content import Inspection
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import GuardrailUnavailable, InvalidRequest
from guardrails.gateways.adapter import Adapter, Call, Judged, Reply, Submission, Textless, Unjudged
from guardrails.pipeline.aside import aside, weight
from guardrails.pipeline.assessment import Assessment, new_id
from guardrails.pipeline.guard import Exchange
from guardrails.pipeline.images import with_sound_images
from guardrails.pipeline.run_checks import GRACE_S
from guardrails.policy.policy import OnOutage, Policy
from guardrails.policy.words import message
from guardrails.web.body import parse_object, read_body, require_json
from guardrails.web.middlewares import CALLER, REQUEST_ID, door_of
from guardrails.web.problems import Problem, describe, dialect_of, respond
from guardrails.web.services import Services, services
from guardrails.web.verdict_headers import POLICY_HEADER, verdict_headers

Handler = Callable[[web.Request], Awaitable[web.Response]]

_OUTAGE: Final = "A guardrail could not run, so this was stopped."
POLICY_QUERY: Final = "policy"
_OPERATORS: Final = frozenset({401, 403, 404, 405})
"""Statuses that the gateway's operator is to blame for, and can mend. They say nothing about any text."""


def handler_of(adapter: Adapter) -> Handler:
    """The handler of all doors of a gateway."""

    async def handler(request: web.Request) -> web.Response:
        ours = services(request)
        deadline = Deadline.after(ours.gateway_deadline_s - GRACE_S)
        taken = ours.bundles.take(request[CALLER].name, request[REQUEST_ID])
        call, size = await _received(request, adapter, ours.max_body, deadline)
        submission = await aside(size, adapter.parse, call)
        if isinstance(submission, Textless):
            return _answer(submission.reply)
        chosen = request[CALLER].policy_name(_named(call, submission), {})
        policy, trying = taken.policy(chosen), taken.trying(chosen)
        subject = ours.subjects.told(adapter.name, submission.subject)
        exchange = Exchange(new_id(), request[REQUEST_ID], door_of(request), trying=trying, subject=subject)
        read = await aside(size, submission.read, policy.trusted)
        inspection = await _inspection(request[CALLER].name, submission, read)
        assessment = await _assessed(ours, inspection, policy, exchange, deadline)
        if policy.gateways.on_outage is OnOutage.REPORT and assessment.blocked_by_failure_only:
            assessment.raise_if_blocked(policy.refusal)
        refusal = _OUTAGE if assessment.blocked_by_failure_only else policy.refusal
        rendering = _Rendering(adapter, call, submission, assessment, refusal)
        body, reply = await aside(weight(inspection, assessment.reports), rendering)
        headers = {**reply.headers, **verdict_headers(assessment.verdict, assessment.id)}
        return web.Response(body=body, status=reply.status, content_type="application/json", headers=headers)

    return handler


def _answer(reply: Reply) -> web.Response:
    body = orjson.dumps(reply.body)
    return web.Response(body=body, status=reply.status, content_type="application/json", headers=reply.headers)


def answer_to(adapter: Adapter) -> Callable[[web.Request, Exception], web.Response]:
    """How an error at a door of this gateway is answered: by an explicit block, unless its operator must hear of it."""

    def answer(request: web.Request, error: Exception) -> web.Response:
        if isinstance(error, GuardrailUnavailable):
            return respond(error, dialect_of(request.path))
        problem = describe(error)
        services(request).metrics.gateway_refused(adapter.name, problem.code)
        if problem.status in _OPERATORS:
            return respond(error, dialect_of(request.path))
        call = Call(request.match_info.get("path", ""), request.query, request.headers, method=request.method)
        return _answer(adapter.refuse(call, _unjudged(problem)))

    return answer


def _unjudged(problem: Problem) -> Unjudged:
    return Unjudged(problem.detail, problem.status, problem.code, problem.field, problem.headers)


async def _received(request: web.Request, adapter: Adapter, max_body: int, deadline: Deadline) -> tuple[Call, int]:
    """The call, and the bytes of its body, by which the work on it is weighed."""
    try:
        async with asyncio.timeout(deadline.remaining()):
            raw = await read_body(request, max_body)
    except TimeoutError:
        raise InvalidRequest("The body did not arrive in time for its gateway.") from None
    path = request.match_info.get("path", "")
    if adapter.reads_bytes:
        return Call(path, request.query, request.headers, raw=raw, method=request.method), len(raw)
    require_json(request)
    return Call(path, request.query, request.headers, await aside(len(raw), parse_object, raw)), len(raw)


def _named(call: Call, submission: Submission) -> str | None:
    """The policy that is asked for. Headers and query are the operator's; a body may carry a user's wish as well."""
    in_url = call.query.get(POLICY_QUERY) if submission.url_is_operators else None
    for name in (call.headers.get(POLICY_HEADER), in_url, submission.policy):
        if name:
            return name
    return None


async def _inspection(caller: str, submission: Submission, extract: Extract) -> Inspection:
    """What is to be judged.

    Raises:
        InvalidRequest: an image cannot be read, or there is nothing to read: that is no gateway's call.
    """
    read = await with_sound_images(extract)
    if not read.segments and not read.unread:
        raise InvalidRequest("The body holds no text that could be judged.")
    if not submission.editable:
        read = Extract(tuple(replace(segment, editable=False) for segment in read.segments), read.unread)
    return Inspection(submission.stage, caller, read.segments, unread=read.unread)


async def _assessed(
    ours: Services, inspection: Inspection, policy: Policy, exchange: Exchange, deadline: Deadline
) -> Assessment:
    within = Deadline(min(deadline.at, Deadline.after(policy.deadline_s).at))
    assessment = await ours.guard.judge(inspection, policy, exchange, within)
    await ours.guard.record(assessment, policy, exchange)
    return assessment


@dataclass(frozen=True, slots=True)
class _Rendering:
    adapter: Adapter
    call: Call
    submission: Submission
    assessment: Assessment
    refusal: str

    def __call__(self) -> tuple[bytes, Reply]:
        verdict = self.assessment.verdict
        judged = Judged(
            id=self.assessment.id,
            verdict=verdict,
            message=message(verdict),
            refusal=self.refusal,
            edited=self._edited(),
            unavailable=self.assessment.blocked_by_failure_only,
            reports=self.assessment.reports,
        )
        reply = self.adapter.render(self.call, self.submission, judged)
        return orjson.dumps(reply.body), reply

    def _edited(self) -> Any:  # noqa: ANN401 - any JSON
        if not self.assessment.edits:
            return None
        edited = apply(self.submission.content, self.assessment.edits)
        return edited if edited != self.submission.content else None


def errors_by_door(adapters: tuple[Adapter, ...]) -> Mapping[str, Callable[[web.Request, Exception], web.Response]]:
    """How the errors of each door are answered, by its path as `guardrails.web.middlewares.door_of` tells it."""
    return {
        web.DynamicResource(path).canonical: answer_to(adapter) for adapter in adapters for _, path in adapter.doors
    }


def routes_of(adapters: tuple[Adapter, ...]) -> list[web.RouteDef]:
    """The doors of all adapters."""
    return [
        web.route(hdrs.METH_ANY if method == "*" else method, path, handler_of(adapter))
        for adapter in adapters
        for method, path in adapter.doors
    ]
