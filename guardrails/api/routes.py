"""Every door of the service's own API, in one table (contract, section 2)."""

from collections.abc import Mapping

from aiohttp import hdrs, web

from guardrails.api.check import check, check_with
from guardrails.api.explain import explain
from guardrails.api.guarded_chat import guarded_chat, model, models
from guardrails.api.health import livez, metrics, readyz
from guardrails.api.policies import policies, policy
from guardrails.api.unsupported import UNSUPPORTED_DOORS, unsupported

CHECK_DOORS: Mapping[str, str] = {
    "/check/pii": "pii",
    "/check/content-safety": "content_safety",
    "/check/prompt-shield": "prompt_shield",
}
EXPLAIN_DOOR = "/policies/{name}/explain"
CHAT_DOORS = (
    "/guarded-chat",
    "/openai/deployments/{name}/chat/completions",
    "/openai/v1/chat/completions",
    "/v1/chat/completions",
)
MODEL_DOORS = ("/openai/models", "/openai/v1/models", "/v1/models")


def routes() -> list[web.RouteDef]:
    """All of them."""
    return [
        web.post("/check", check),
        *(web.post(path, check_with(name)) for path, name in CHECK_DOORS.items()),
        web.post(EXPLAIN_DOOR, explain),
        *(web.post(path, guarded_chat) for path in CHAT_DOORS),
        *(web.get(path, models) for path in MODEL_DOORS),
        *(web.get(f"{path}/{{name}}", model) for path in MODEL_DOORS),
        web.get("/policies", policies),
        web.get("/policies/{name}", policy),
        *(web.route(hdrs.METH_ANY, path, unsupported) for path in UNSUPPORTED_DOORS),
        web.get("/livez", livez),
        web.get("/readyz", readyz),
        web.get("/metrics", metrics),
    ]
