"""`POST /guarded-chat` and the paths the OpenAI and AzureOpenAI SDK classes call: one pipeline behind them all."""

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from guardrails.domain.errors import InvalidRequest, NotAllowed, UnknownName
from guardrails.pipeline.assessment import new_id
from guardrails.pipeline.guard import Exchange
from guardrails.web.body import read_object
from guardrails.web.middlewares import CALLER, REQUEST_ID, door_of
from guardrails.web.services import services
from guardrails.web.verdict_headers import verdict_headers

POLICY_FIELD = "policy"
"""Ours, not the model's: it chooses the policy and does not travel on."""


async def guarded_chat(request: web.Request) -> web.Response:
    """Guard one chat completion. The model is the path's deployment, else the body's `model`."""
    ours, caller = services(request), request[CALLER]
    body = await read_object(request, ours.max_body)
    if body.get("stream"):
        raise InvalidRequest("streaming is not supported yet; send false or leave it out", field="stream")
    policy = ours.bundle.policies[caller.policy_name(_policy(body), request.headers)]
    model = _model(request, body, caller.models(ours.chat.upstreams))
    exchange = Exchange(new_id(), request[REQUEST_ID], door_of(request), model)
    completion = await ours.chat.complete(body, model, policy, caller.name, exchange)
    return web.Response(
        body=orjson.dumps(completion.body),
        content_type="application/json",
        headers=_passed_on(completion.headers) | verdict_headers(completion.verdict, exchange.id, completion.dropped),
    )


async def models(request: web.Request) -> web.Response:
    """The models this caller may use, in the shape of OpenAI's list."""
    usable = request[CALLER].models(services(request).chat.upstreams)
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "azure"} for name in usable]
    return web.json_response({"object": "list", "data": data})


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    """The model's headers but for its content type: the answer is encoded anew."""
    return {name: value for name, value in headers.items() if name.lower() != "content-type"}


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
