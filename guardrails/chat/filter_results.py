"""Our verdicts in the words of Azure OpenAI's content filter, which apps and SDKs already understand.

Shapes: Azure OpenAI inference API 2024-10-21. The live service and Semantic Kernel say `content_filter_result`, the
specification says `content_filter_results`: a refusal carries both. Every leaf is an object and every severity one of
four words, because Semantic Kernel reads nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from guardrails.chat.address import parts
from guardrails.chat.protocol import ANSWER
from guardrails.domain.finding import BLOCKLIST
from guardrails.domain.verdict import Action, Mode, Reason, Verdict

_SEVERITIES: Mapping[str, str] = MappingProxyType(
    {"Hate": "hate", "SelfHarm": "self_harm", "Sexual": "sexual", "Violence": "violence"}
)
_DETECTIONS: Mapping[str, str] = MappingProxyType(
    {"UserPromptAttack": "jailbreak", "DocumentAttack": "indirect_attack"}
)
_WORDS = ("safe", "safe", "low", "low", "medium", "medium", "high", "high")
FILTERED = "content_filter"
"""The error code of a refused prompt and the finish reason of a withheld answer."""


def severity_word(measure: float | None) -> str:
    """Severity 0-7 in Azure's four words; without a number the highest, since something was found."""
    if measure is None or not measure < len(_WORDS):
        return _WORDS[-1]
    return _WORDS[max(0, int(measure))]


def prompt_results(verdict: Verdict) -> dict[str, Any]:
    """`content_filter_results` of a prompt: Azure's leaves for harm and attacks, ours for the rest."""
    return _results(verdict, verdict.reasons, (*_SEVERITIES.values(), *_DETECTIONS.values()))


def choice_results(verdict: Verdict, reasons: Iterable[Reason]) -> dict[str, Any]:
    """`content_filter_results` of one choice, from the reasons that concern it."""
    return _results(verdict, reasons, tuple(_SEVERITIES.values()))


def refusal_body(verdict: Verdict, refusal: str) -> dict[str, Any]:
    """The body of the 400 that answers a blocked prompt; `refusal` is the policy's sentence.

    The `openai` SDKs raise `BadRequestError` with `code == "content_filter"` and do not retry.
    """
    results = prompt_results(verdict)
    return {
        "error": {
            "message": f"{refusal} The prompt was filtered by the content management policy in force.",
            "type": None,
            "param": "prompt",
            "code": FILTERED,
            "status": 400,
            "innererror": {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": results,
                "content_filter_results": results,
            },
        }
    }


def blocked_completion(completion: Mapping[str, Any], verdict: Verdict, refusal: str | None = None) -> dict[str, Any]:
    """The completion without what the verdict objects to, as Azure ends a filtered answer: HTTP 200, `content_filter`.

    A choice is withheld when a reason of a block or of a redaction lies in it: a verdict that blocks carries no edits,
    so nothing else could hide what a redaction was asked for. All choices are withheld when such a reason lies in none
    of them, as that of a failed check does, or when there is none. Unknown top-level fields are dropped. `refusal`, the
    policy's sentence, becomes the refusal of each withheld message.
    """
    choices = completion.get("choices")
    choices = choices if isinstance(choices, list) else []
    objections = [reason for reason in verdict.reasons if reason.action >= Action.REDACT]
    places = [_choice_index(reason) for reason in objections]
    everywhere = None in places or not objections
    kept = {name: value for name, value in completion.items() if name in ANSWER}
    kept["choices"] = [
        _withheld(choice, index, verdict, refusal) if everywhere or index in places else choice
        for index, choice in enumerate(choices)
    ]
    return kept


def _withheld(choice: Any, index: int, verdict: Verdict, refusal: str | None) -> dict[str, Any]:
    number = choice.get("index") if isinstance(choice, dict) else None
    own = [reason for reason in verdict.reasons if _choice_index(reason) in {None, index}]
    return {
        "index": number if isinstance(number, int) else index,
        "finish_reason": FILTERED,
        "logprobs": None,
        "message": {"role": "assistant", "content": None, "refusal": refusal},
        "content_filter_results": choice_results(verdict, own),
    }


def _choice_index(reason: Reason) -> int | None:
    path = parts(reason.pointer or "")
    if len(path) > 1 and path[0] == "choices" and path[1].isdecimal():
        return int(path[1])
    return None


def _results(verdict: Verdict, reasons: Iterable[Reason], always: Sequence[str]) -> dict[str, Any]:
    severities = frozenset(_SEVERITIES.values())
    leaves: dict[str, Any] = {
        name: {"filtered": False, "severity": "safe"} if name in severities else {"filtered": False, "detected": False}
        for name in always
    }
    for reason in reasons:
        if reason.category is None:
            continue
        filtered = reason.action is Action.BLOCK and verdict.mode is Mode.ENFORCE
        if reason.category in _SEVERITIES:
            _raise_severity(leaves, _SEVERITIES[reason.category], reason.measure, filtered=filtered)
        elif reason.category in _DETECTIONS:
            _detect(leaves, _DETECTIONS[reason.category], filtered=filtered)
        elif reason.category == BLOCKLIST:
            _list_match(leaves, reason.detail or BLOCKLIST, filtered=filtered)
        else:
            leaf = _detect(leaves, reason.check, filtered=filtered)
            leaf["categories"] = sorted({*leaf.get("categories", ()), reason.category})
    return leaves


def _raise_severity(leaves: dict[str, Any], name: str, measure: float | None, *, filtered: bool) -> None:
    leaf = leaves.setdefault(name, {"filtered": False, "severity": "safe"})
    leaf["filtered"] |= filtered
    leaf["severity"] = max(leaf["severity"], severity_word(measure), key=_WORDS.index)


def _detect(leaves: dict[str, Any], name: str, *, filtered: bool) -> dict[str, Any]:
    leaf: dict[str, Any] = leaves.setdefault(name, {"filtered": False, "detected": False})
    leaf["filtered"] |= filtered
    leaf["detected"] = True
    return leaf


def _list_match(leaves: dict[str, Any], name: str, *, filtered: bool) -> None:
    leaf = leaves.setdefault("custom_blocklists", {"filtered": False, "details": []})
    leaf["filtered"] |= filtered
    for detail in leaf["details"]:
        if detail["id"] == name:
            detail["filtered"] |= filtered
            return
    leaf["details"].append({"filtered": filtered, "id": name})
