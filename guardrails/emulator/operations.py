"""Which Azure operation a path is: its service, its name, the data action it needs and its api-versions.

Data action names follow the built-in role documentation; those of Content Safety's single operations are known from
third parties only.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from guardrails.emulator.scenarios import Service

_ACCOUNT: Final = "Microsoft.CognitiveServices/accounts"
CHAT_COMPLETIONS: Final = "chat/completions"
LIST_MODELS: Final = "models"


@dataclass(frozen=True, slots=True)
class Operation:
    """A known operation.

    `method` and `pattern` are verb and path as Azure's permission errors write them. `versions` names the list of known
    api-versions ("content_safety", "language", "chat"), None where none is needed. `deployment` is filled
    when the path names one.
    """

    service: Service
    name: str
    data_action: str
    pattern: str
    versions: str | None
    deployment: str | None = None
    method: str = "POST"


def _content_safety(name: str, *, service: Service = Service.CONTENT_SAFETY) -> Operation:
    action = f"{_ACCOUNT}/ContentSafety/{name}/action"
    return Operation(service, name, action, f"/contentsafety/{name}", "content_safety")


def _chat(name: str, action: str, pattern: str, versions: str | None) -> Operation:
    return Operation(Service.CHAT, name, f"{_ACCOUNT}/{action}", pattern, versions)


_COMPLETE: Final = "OpenAI/deployments/chat/completions/action"

_ROUTES: Final = (
    (
        r"/language/:analyze-text/?",
        Operation(
            Service.LANGUAGE,
            "analyze-text",
            f"{_ACCOUNT}/Language/analyze-text/action",
            "/language/:analyze-text",
            "language",
        ),
    ),
    (r"/contentsafety/text:shieldPrompt", _content_safety("text:shieldPrompt", service=Service.PROMPT_SHIELD)),
    (r"/contentsafety/text:analyze", _content_safety("text:analyze")),
    (r"/contentsafety/text:detectProtectedMaterial", _content_safety("text:detectProtectedMaterial")),
    (r"/contentsafety/image:analyze", _content_safety("image:analyze")),
    (r"/contentsafety/text/blocklists(?:/.*)?", _content_safety("text/blocklists")),
    (r"/contentsafety(?:/.*)?", _content_safety("unknown")),
    (r"/language(?:/.*)?", Operation(Service.LANGUAGE, "unknown", f"{_ACCOUNT}/Language/*", "/language", "language")),
    (
        r"/openai/deployments/(?P<deployment>[^/]+)/chat/completions",
        _chat(CHAT_COMPLETIONS, _COMPLETE, "/openai/deployments/{deployment-id}/chat/completions", "chat"),
    ),
    (r"/openai/v1/chat/completions", _chat(CHAT_COMPLETIONS, _COMPLETE, "/openai/v1/chat/completions", None)),
    (
        r"/models/chat/completions",
        _chat(CHAT_COMPLETIONS, _COMPLETE, "/models/chat/completions", "chat"),
    ),
    (r"/openai/v1/models(?:/[^/]+)?", _chat(LIST_MODELS, "OpenAI/models/read", "/openai/v1/models", None)),
    (r"/openai/models(?:/[^/]+)?", _chat(LIST_MODELS, "OpenAI/models/read", "/openai/models", "chat")),
    (r"/openai/v1(?:/.*)?", _chat("unknown", "OpenAI/*", "/openai/v1", None)),
    (r"/(?:openai|models)(?:/.*)?", _chat("unknown", "OpenAI/*", "/openai", "chat")),
    (
        r"/(?P<tenant>[^/]+)/oauth2/v2\.0/token|/metadata/identity/oauth2/token|/msi/token",
        Operation(Service.ENTRA, "token", "", "", None),
    ),
    (
        r"/(?:.+/)?\.well-known/openid-configuration|/common/discovery/instance|/[^/]+/discovery/v2\.0/keys",
        Operation(Service.ENTRA, "discovery", "", "", None),
    ),
)
_COMPILED: Final = tuple((re.compile(pattern), operation) for pattern, operation in _ROUTES)


def operation_of(path: str, method: str = "POST") -> Operation | None:
    """Return the operation a decoded path is, None when it belongs to no service (the control API, say)."""
    for pattern, operation in _COMPILED:
        if match := pattern.fullmatch(path):
            deployment = match.groupdict().get("deployment")
            return replace(operation, deployment=deployment, method=method)
    return None
