"""Content Safety `text:shieldPrompt`: a user's prompt and up to five documents.

Both fields are optional in the specification and required in the documentation's table; here one of them is enough.
`userPromptAnalysis` is answered when a prompt was sent, `documentsAnalysis` always, in input order.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from guardrails.emulator.azure_errors import json_answer
from guardrails.emulator.detect.attack import attacks_in_document, attacks_in_prompt
from guardrails.emulator.services.content_safety_requests import (
    LONGEST_TEXT,
    Refused,
    answering,
    path,
    read_object,
    strings_of,
)

_MOST_DOCUMENTS: Final = 5


def add_routes(app: web.Application) -> None:
    """Add the operation."""
    app.router.add_post(path("text:shieldPrompt"), answering(_shield_prompt))


async def _shield_prompt(request: web.Request) -> web.Response:
    body = await read_object(request)
    prompt, documents = _prompt(body), strings_of(body, "documents") or []
    if not prompt and not documents:
        raise Refused("Deserialize failed: userPrompt or documents is required")
    if len(documents) > _MOST_DOCUMENTS:
        raise Refused(f"Deserialize failed: documents must not have more than {_MOST_DOCUMENTS} items")
    if sum(len(document) for document in documents) > LONGEST_TEXT:
        raise Refused(f"Deserialize failed: the total length of documents must not exceed {LONGEST_TEXT} characters")
    answer: dict[str, object] = {}
    if prompt is not None:
        answer["userPromptAnalysis"] = {"attackDetected": attacks_in_prompt(prompt)}
    answer["documentsAnalysis"] = [{"attackDetected": attacks_in_document(document)} for document in documents]
    return json_answer(answer)


def _prompt(body: Mapping[str, object]) -> str | None:
    prompt = body.get("userPrompt")
    if prompt is None:
        return None
    if not isinstance(prompt, str):
        raise Refused("Deserialize failed: userPrompt must be a string")
    if len(prompt) > LONGEST_TEXT:
        raise Refused(f"Deserialize failed: the length of userPrompt must not exceed {LONGEST_TEXT} characters")
    return prompt
