"""A verdict and its evidence -> what OpenAI's moderation API tells of one input.

`flagged` and `categories` say what the policy does: what it blocks, or would redact where a text could be changed. The
scores say what the checks found, whatever the policy makes of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from guardrails.domain.finding import BLOCKLIST, Finding
from guardrails.domain.verdict import ON_FAILURE_RULE, Action, Mode, Reason, Verdict
from guardrails.gateways.adapter import Judged
from guardrails.policy.words import message

_HARMS: Final[Mapping[str, str]] = MappingProxyType(
    {"Hate": "hate", "SelfHarm": "self-harm", "Sexual": "sexual", "Violence": "violence"}
)
"""Content Safety's harms, as OpenAI names what they are closest to. They are graded, and have no finer kinds."""
_NOT_JUDGED: Final = (
    "harassment",
    "harassment/threatening",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual/minors",
    "violence/graphic",
)
"""OpenAI's other categories. No check tells them apart: always false and 0, with no type of input."""
_SEEN_IN_IMAGES: Final = frozenset({"self-harm", "sexual", "violence"})
"""OpenAI's type of an answer knows no image for `hate`."""

UNAVAILABLE: Final = "guardrail_unavailable"
_OWN: Final[Mapping[str, str]] = MappingProxyType({"prompt_shield": "prompt_attack", "pii": "pii", "media": "media"})
"""Check -> our own category, beside OpenAI's."""
_ALWAYS: Final = (*_OWN.values(), BLOCKLIST, UNAVAILABLE)
_HIGHEST: Final = 7
"""Content Safety's highest severity."""


@dataclass(slots=True)
class _Seen:
    """What concerns one input."""

    reasons: list[Reason] = field(default_factory=list)
    findings: list[tuple[str, Finding]] = field(default_factory=list)


def results_of(judged: Judged, places: Sequence[str]) -> list[dict[str, Any]]:
    """The result for each input, by the inputs' pointers.

    What concerns no input in particular, such as a check that could not run, concerns each.
    """
    seen = {place: _Seen() for place in places}
    for reason in judged.verdict.reasons:
        for one in _concerned(seen, reason.pointer):
            one.reasons.append(reason)
    for report in judged.reports:
        for finding in report.findings:
            for one in _concerned(seen, finding.pointer):
                one.findings.append((report.check, finding))
    return [_result(judged, one) for one in seen.values()]


def _concerned(seen: Mapping[str, _Seen], pointer: str | None) -> Iterable[_Seen]:
    parts = (pointer or "").split("/", 3)
    for place in ("/".join(parts[:3]), "/".join(parts[:2])):
        if place in seen:
            return (seen[place],)
    return seen.values()


def _result(judged: Judged, seen: _Seen) -> dict[str, Any]:
    enforces = judged.verdict.mode is Mode.ENFORCE
    flagging = [reason for reason in seen.reasons if enforces and reason.action > Action.FLAG]
    scores = _scores(seen)
    return {
        "flagged": bool(flagging),
        "categories": dict.fromkeys(scores, False) | {name: True for reason in flagging for name in _names_of(reason)},
        "category_scores": scores,
        "category_applied_input_types": _types(seen, scores),
        "guardrails": _told(judged, seen.reasons, flagged=bool(flagging)),
    }


def _scores(seen: _Seen) -> dict[str, float]:
    scores = dict.fromkeys((*_HARMS.values(), *_NOT_JUDGED, *_ALWAYS), 0.0)
    told = [(name, score) for check, finding in seen.findings for name, score in _scored(check, finding)]
    told += [(name, 1.0) for reason in seen.reasons if reason.measure is None for name in _names_of(reason)]
    for name, score in told:
        scores[name] = max(score, scores.get(name, 0.0))
    return scores


def _scored(check: str, finding: Finding) -> Iterator[tuple[str, float]]:
    measure = finding.measure
    for name in _names(check, finding.category):
        if measure is None:
            yield name, 1.0
        else:
            yield name, round(measure / _HIGHEST, 4) if finding.category in _HARMS else measure


def _names_of(reason: Reason) -> tuple[str, ...]:
    return (UNAVAILABLE,) if reason.rule == ON_FAILURE_RULE else _names(reason.check, reason.category)


def _names(check: str, category: str | None) -> tuple[str, ...]:
    """The categories of the answer that something a check saw belongs to."""
    if category == BLOCKLIST:
        return (BLOCKLIST,)
    if category is not None and category in _HARMS:
        return (_HARMS[category],)
    own = _OWN.get(check, check)
    return (own, f"{own}/{category}") if check == "pii" and category else (own,)


def _types(seen: _Seen, scores: Mapping[str, float]) -> dict[str, list[str]]:
    """Which types of input each score rests on: those in which its check told anything, be it a severity of 0."""
    found: dict[str, set[str]] = {name: set() for name in scores}
    for check, finding in seen.findings:
        kind = "image" if "/image_url" in finding.pointer else "text"
        for name in _names(check, finding.category):
            if kind == "text" or name in _SEEN_IN_IMAGES or name not in _HARMS.values():
                found[name].add(kind)
    return {name: sorted(kinds, reverse=True) for name, kinds in found.items()}


def _told(judged: Judged, reasons: Sequence[Reason], *, flagged: bool) -> dict[str, Any]:
    """What became of this input: the id to quote, its own verdict, and the sentence for people."""
    action = max((reason.action for reason in reasons), default=Action.ALLOW)
    verdict: Verdict = replace(judged.verdict, action=action, reasons=tuple(reasons), edits=())
    told = message(verdict)
    if flagged:
        told = f"{judged.refusal} {told}. Reference: {judged.id}"
    return {"id": judged.id, "verdict": action.word, "message": told}
