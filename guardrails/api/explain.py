"""`POST /policies/{name}/explain`: why a text or a recorded decision is judged as it is, without the text."""

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from guardrails.api.check import assess
from guardrails.api.schemas import FIELDS, parse_check
from guardrails.domain.errors import InvalidRequest, UnknownDecision
from guardrails.pipeline.aside import aside, weight
from guardrails.pipeline.explaining import explain_now, explain_record
from guardrails.policy.policy import Policy
from guardrails.telemetry.found import belongs_to
from guardrails.web.body import read_object
from guardrails.web.middlewares import CALLER
from guardrails.web.services import Services, services
from guardrails.web.verdict_headers import verdict_headers

DECISION: Final = "decision"
_NEAR: Final = re.compile(r"[A-Za-z_]{1,32}")
_RECORD_BYTES: Final = 2_000_000
"""What a record's evidence may weigh: always judged beside the event loop."""


async def explain(request: web.Request) -> web.Response:
    """Explain by one of the caller's policies.

    The body is that of /check, which is judged and recorded as there, or `{"decision": "chk_..."}`: a decision of the
    caller's own by this policy, judged anew by the policy as it is now.

    Raises:
        UnknownName: the policy is none of the caller's.
        UnknownDecision: there is no such decision for this caller and policy.
    """
    ours, caller = services(request), request[CALLER]
    name = caller.policy_name(request.match_info["name"], {})
    policy = ours.bundle.policies[name]
    body = await read_object(request, ours.max_body)
    if DECISION in body:
        return await _of_decision(ours, policy, caller.name, _decision_id(body))
    _require_known(body)
    asked = parse_check(body)
    if asked.policy not in {None, name}:
        raise InvalidRequest("must be the policy of the path, or left out", field="policy")
    assessment = await assess(request, body, asked, policy)
    heaviness = weight(assessment.inspection, assessment.reports)
    told = await aside(heaviness, explain_now, policy, assessment.inspection, assessment.reports, ours.specs)
    return _answer(assessment.id, [told], verdict_headers(assessment.verdict, assessment.id))


async def _of_decision(ours: Services, policy: Policy, caller: str, decision_id: str) -> web.Response:
    found = await ours.recorded.find(decision_id)
    own = [record for record in found if belongs_to(record, caller, policy.ref.name)]
    if not own:
        raise UnknownDecision(decision_id)
    told = [await aside(_RECORD_BYTES, explain_record, record, policy, ours.specs) for record in own]
    return _answer(decision_id, told, {})


def _answer(decision_id: str, told: list[dict[str, Any]], headers: Mapping[str, str]) -> web.Response:
    body = orjson.dumps({"id": decision_id, "explanations": told})
    return web.Response(body=body, content_type="application/json", headers=headers)


def _decision_id(body: Mapping[str, Any]) -> str:
    if len(body) > 1:
        raise InvalidRequest("stands alone: the decision's own text and stage are explained", field=DECISION)
    decision_id = body[DECISION]
    if not isinstance(decision_id, str):
        raise InvalidRequest('must be a decision\'s id, such as "chk_..."', field=DECISION)
    return decision_id


def _require_known(body: Mapping[str, Any]) -> None:
    """Speak up for `decision` where a field is nearest to it; the fields of /check are `parse_check`'s."""
    for name in body:
        if (
            name not in FIELDS
            and _NEAR.fullmatch(name)
            and difflib.get_close_matches(name, [DECISION, *FIELDS], n=1) == [DECISION]
        ):
            raise InvalidRequest(f"unknown field; did you mean {DECISION}?", field=name)
