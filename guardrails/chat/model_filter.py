"""What the model's own content filter says in an answer. Only words of a fixed list are taken from it.

Shapes: Azure OpenAI inference API 2024-10-21 and "Content filter annotations". A filter that could not run leaves
`{"error": {"code": "content_filter_error", ...}}` where its results would be, and the model's answer beside it.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from guardrails.chat.filter_results import FILTERED
from guardrails.domain.forwarded import FilterResult

CATEGORIES: Final = frozenset(
    {
        "custom_blocklists",
        "external_safety_provider",
        "hate",
        "indirect_attack",
        "jailbreak",
        "profanity",
        "protected_material_code",
        "protected_material_text",
        "self_harm",
        "sexual",
        "violence",
    }
)
"""The names under which the filter reports; another one is not repeated."""

_RESULTS: Final = ("content_filter_results", "content_filter_result")
_ERRORS: Final = ("error", "content_filter_error")
_REFUSED: Final = 400
_LONGEST_ERROR: Final = 256 * 1024
"""No error of Azure's is longer; a longer one is passed on without a look."""

_MOST_ANNOTATED: Final = 256
"""Twice the choices an answer may have; what is longer cannot be judged and is not passed on."""

Told = tuple[tuple[FilterResult, ...], tuple[str, ...]]
"""What the filter did, and the categories it filtered, in order of the alphabet."""


def told_by_answer(completion: Mapping[str, Any]) -> Told:
    """What the filter says in a completion: in the annotations of the prompt and of every choice."""
    choices = list(_objects(completion.get("choices")))
    annotated = [*_objects(completion.get("prompt_filter_results")), *choices]
    results: list[FilterResult] = []
    if any(choice.get("finish_reason") == FILTERED for choice in choices):
        results.append(FilterResult.ANSWER_FILTERED)
    if any(_could_not_run(item) for item in annotated):
        results.append(FilterResult.NOT_FILTERED)
    return tuple(results), _filtered(annotated)


def told_by_error(status: int, body: bytes) -> Told:
    """What the filter says in an error: that it refused the prompt, or nothing."""
    decoded: object = None
    if status == _REFUSED and len(body) <= _LONGEST_ERROR:
        with contextlib.suppress(orjson.JSONDecodeError):
            decoded = orjson.loads(body)
    error = decoded.get("error") if isinstance(decoded, dict) else None
    if not isinstance(error, dict) or error.get("code") != FILTERED:
        return (), ()
    inner = error.get("innererror")
    # The Responses API's shape has them in a list, the chat completions' in `innererror`.
    annotated = [*_objects([inner]), *_objects(error.get("content_filters"))]
    return (FilterResult.PROMPT_FILTERED,), _filtered(annotated)


def _objects(items: Any) -> Iterator[Mapping[str, Any]]:
    for item in items[:_MOST_ANNOTATED] if isinstance(items, list) else ():
        if isinstance(item, dict):
            yield item


def _results(annotated: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return _objects([annotated.get(name) for name in _RESULTS])


def _could_not_run(annotated: Mapping[str, Any]) -> bool:
    if annotated.get("content_filter_error"):
        return True
    return any(results.get(name) for results in _results(annotated) for name in _ERRORS)


def _filtered(annotated: list[Mapping[str, Any]]) -> tuple[str, ...]:
    found = {
        name
        for item in annotated
        for results in _results(item)
        for name in CATEGORIES & results.keys()
        if _is_filtered(results[name])
    }
    return tuple(sorted(found))


def _is_filtered(leaf: Any) -> bool:
    """Older versions report blocklists as a bare list of matches."""
    return any(item.get("filtered") is True for item in _objects(leaf if isinstance(leaf, list) else [leaf]))
