"""`POST /guarded-chat` and the paths the OpenAI and AzureOpenAI SDK classes call: one pipeline behind them all."""

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from guardrails.domain.errors import InvalidRequest, NotAllowed, UnknownName
from guardrails.pipeline.assessment import new_id
from guardrails.pipeline.guard import Exchange
from guardrails.pipeline.guarded_stream import GuardedStream
from guardrails.web.body import read_object
from guardrails.web.event_stream import send_events
from guardrails.web.middlewares import CALLER, REQUEST_ID, REQUEST_ID_HEADER, door_of
from guardrails.web.services import services
from guardrails.web.verdict_headers import verdict_headers

POLICY_FIELD = "policy"
"""Ours, not the model's: it chooses the policy and does not travel on."""


async def guarded_chat(request: web.Request) -> web.StreamResponse:
    """Guard one chat completion, streamed or not. The model is the path's deployment, else the body's `model`."""
    ours, caller = services(request), request[CALLER]
    taken = ours.bundles.take(caller.name, request[REQUEST_ID])
    body = await read_object(request, ours.max_body)
    chosen = caller.policy_name(_policy(body), request.headers)
    policy = taken.policy(chosen)
    model = _model(request, body, caller.models(ours.chat.upstreams))
    exchange = Exchange(new_id(), request[REQUEST_ID], door_of(request), model, trying=taken.trying(chosen))
    if _wants_stream(body):
        return await _streamed(request, await ours.chat.stream(body, model, policy, caller.name, exchange), exchange)
    completion = await ours.chat.complete(body, model, policy, caller.name, exchange)
    return web.Response(
        body=orjson.dumps(completion.body),
        content_type="application/json",
        headers=_passed_on(completion.headers) | verdict_headers(completion.verdict, exchange.id, completion.dropped),
    )


async def _streamed(request: web.Request, stream: GuardedStream, exchange: Exchange) -> web.StreamResponse:
    streams = services(request).streams
    try:
        await stream.begin(streams.keep_alive_s)
        headers = _passed_on(stream.headers) | verdict_headers(stream.verdict, exchange.id, stream.dropped)
        headers[REQUEST_ID_HEADER] = exchange.request_id
        return await send_events(
            request, stream, headers, keep_alive_s=streams.keep_alive_s, stalled_s=streams.stalled_s
        )
    finally:
        await stream.aclose()


async def models(request: web.Request) -> web.Response:
    """The models this caller may use, in the shape of OpenAI's list."""
    return web.json_response({"object": "list", "data": [_told(name) for name in _usable(request)]})


async def model(request: web.Request) -> web.Response:
    """One of them."""
    name, usable = request.match_info["name"], _usable(request)
    if name not in usable:
        raise UnknownName("model", name, usable)
    return web.json_response(_told(name))


def _usable(request: web.Request) -> tuple[str, ...]:
    return request[CALLER].models(services(request).chat.upstreams)


def _told(name: str) -> dict[str, str | int]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "azure"}


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    """The model's headers but for its content type: the answer is encoded anew."""
    return {name: value for name, value in headers.items() if name.lower() != "content-type"}


def _wants_stream(body: Mapping[str, Any]) -> bool:
    wanted = body.get("stream")
    if wanted is not None and not isinstance(wanted, bool):
        raise InvalidRequest("must be true or false", field="stream")
    return bool(wanted)


def _policy(body: dict[str, Any]) -> str | None:
    policy = body.pop(POLICY_FIELD, None)
    if policy is not None and not isinstance(policy, str):
        raise InvalidRequest("must be a string", field=POLICY_FIELD)
    return policy


def _model(request: web.Request, body: dict[str, Any], usable: tuple[str, ...]) -> str:
    if not usable:
        raise NotAllowed("This caller may not use any model.")
    model = request.match_info.get("name", body.get("model"))
    if model is None:
        raise InvalidRequest(f"is missing; you may use: {', '.join(usable)}", field="model")
    if not isinstance(model, str):
        raise InvalidRequest("must be a string", field="model")
    if model not in usable:
        raise UnknownName("model", model, usable)
    return model
