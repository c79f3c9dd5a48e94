"""The shapes of Azure AI Content Safety's Prompt Shields.

Source: Azure/azure-rest-api-specs ContentSafety stable/2024-09-01, TextOperations_ShieldPrompt; limits: Content Safety
overview, input requirements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from guardrails.checks.answers import Answer, bad, read
from guardrails.checks.chunking import Unit

PATH: Final = "/contentsafety/text:shieldPrompt"

TEXT_LIMIT: Final = 10_000
"""Characters of a user prompt, and of all documents of a call together."""
DOCUMENTS_PER_CALL: Final = 5

UNIT: Final = Unit.UTF16
"""No source tells which unit the limits are in. A text that fits in UTF-16 code units fits in code points as well."""

NOTHING_TO_SEND: Final[Mapping[str, object]] = MappingProxyType({"documents": []})
"""What stands in a body that has nothing of a kind. The specification makes both fields optional, the documentation's
table calls both required: an empty list satisfies both, and an empty prompt would be a text the service may refuse."""


class _Verdict(Answer):
    attackDetected: bool  # noqa: N815 - the wire's name


class _Body(Answer):
    userPromptAnalysis: _Verdict | None = None  # noqa: N815 - the wire's name
    documentsAnalysis: list[_Verdict] | None = None  # noqa: N815 - the wire's name


@dataclass(frozen=True, slots=True)
class Attacks:
    """Where the service sees an attack: in the user prompt, in each of the documents."""

    prompt: bool
    documents: tuple[bool, ...]


def request(prompt: str | None, documents: Sequence[str]) -> dict[str, object]:
    """The body for a user prompt, or for up to five documents, or for both."""
    body = dict(NOTHING_TO_SEND)
    if prompt is not None:
        body["userPrompt"] = prompt
    if documents:
        body["documents"] = documents
    return body


def answer(body: Any, prompt: str | None, documents: Sequence[str], calls: int) -> Attacks:
    """What the service says of what was sent.

    Raises:
        ServiceError: `bad_response`: another shape, or it does not speak of exactly what was sent.
    """
    parsed = read(_Body, body, calls)
    if prompt is not None and parsed.userPromptAnalysis is None:
        raise bad("it does not judge the user prompt", calls)
    judged = parsed.documentsAnalysis or []
    if len(judged) != len(documents):
        raise bad("it does not judge each document exactly once", calls)
    attack = prompt is not None and parsed.userPromptAnalysis is not None and parsed.userPromptAnalysis.attackDetected
    return Attacks(attack, tuple(verdict.attackDetected for verdict in judged))
