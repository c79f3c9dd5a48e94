"""The model's own content filter: three documented trigger words and the annotations of every answer.

`azure-filter-prompt` in any message refuses the prompt, `azure-filter-jailbreak` does so as a prompt attack,
`azure-filter-answer` in the last user message cuts the answer, `azure-filter-error` lets the filter fail, which
Azure answers with an unfiltered completion and an error annotation.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from guardrails.emulator.azure_errors import json_answer

PROMPT_TRIGGER: Final = "azure-filter-prompt"
JAILBREAK_TRIGGER: Final = "azure-filter-jailbreak"
ANSWER_TRIGGER: Final = "azure-filter-answer"
ERROR_TRIGGER: Final = "azure-filter-error"

_SEVERITIES: Final = ("hate", "self_harm", "sexual", "violence")
_REFUSAL: Final = (
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify "
    "your prompt and retry. To learn more about our content filtering policies please read our documentation: "
    "https://go.microsoft.com/fwlink/?linkid=2198766"
)
FILTER_ERROR: Final[Mapping[str, Any]] = {
    "error": {"code": "content_filter_error", "message": "The contents are not filtered"}
}


def refused_prompt(texts: Iterable[str]) -> web.Response | None:
    """Return the 400 of a filtered prompt, None when no trigger is in the texts."""
    lowered = [text.lower() for text in texts]
    harmful = any(PROMPT_TRIGGER in text for text in lowered)
    attacking = any(JAILBREAK_TRIGGER in text for text in lowered)
    if not harmful and not attacking:
        return None
    results = prompt_results()
    results["jailbreak"] = {"filtered": attacking, "detected": attacking}
    if harmful:
        results["violence"] = {"filtered": True, "severity": "high"}
    error = {
        "message": _REFUSAL,
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": results},
    }
    return json_answer({"error": error}, status=400)


def prompt_results(*, failed: bool = False) -> dict[str, Any]:
    """Return the annotation of a prompt that passed, or of a filter that failed."""
    if failed:
        return dict(FILTER_ERROR)
    return {**_safe(), "jailbreak": {"filtered": False, "detected": False}}


def answer_results(*, filtered: bool = False, failed: bool = False) -> dict[str, Any]:
    """Return the annotation of an answer: safe, filtered, or of a filter that failed."""
    if failed:
        return dict(FILTER_ERROR)
    results = {
        **_safe(),
        "protected_material_text": {"filtered": False, "detected": False},
        "protected_material_code": {"filtered": False, "detected": False},
    }
    if filtered:
        results["violence"] = {"filtered": True, "severity": "medium"}
    return results


def _safe() -> dict[str, Any]:
    return {category: {"filtered": False, "severity": "safe"} for category in _SEVERITIES}
