"""Harm severities of a text by the phrases of `harm_phrases`."""

import re
from typing import Final

from guardrails.emulator.detect import harm_phrases, harm_phrases_it_pt_zh
from guardrails.emulator.detect.folding import fold

CATEGORIES: Final = ("Hate", "SelfHarm", "Sexual", "Violence")
HIGHEST: Final = 7


def _compiled(phrases: tuple[tuple[str, str, int], ...]) -> tuple[tuple[str, re.Pattern[str], int], ...]:
    """Highest severity first, so that the first hit is the answer."""
    ordered = sorted(phrases, key=lambda phrase: -phrase[2])
    return tuple((trigger, re.compile(pattern), severity) for trigger, pattern, severity in ordered)


_PHRASES: Final = {
    "Hate": _compiled(harm_phrases.HATE + harm_phrases_it_pt_zh.HATE),
    "SelfHarm": _compiled(harm_phrases.SELF_HARM + harm_phrases_it_pt_zh.SELF_HARM),
    "Sexual": _compiled(harm_phrases.SEXUAL + harm_phrases_it_pt_zh.SEXUAL),
    "Violence": _compiled(harm_phrases.VIOLENCE + harm_phrases_it_pt_zh.VIOLENCE),
}


def severities(text: str) -> dict[str, int]:
    """The severity 0..7 of each of the four categories, in Azure's order."""
    folded = fold(text)
    return {category: _severity(folded, category) for category in CATEGORIES}


def _severity(folded: str, category: str) -> int:
    for trigger, pattern, severity in _PHRASES[category]:
        if trigger in folded and pattern.search(folded) is not None:
            return severity
    return 0


def trim(severity: int) -> int:
    """The four-level value of an eight-level one: 0-1 -> 0, 2-3 -> 2, 4-5 -> 4, 6-7 -> 6 (Azure, "Harm categories")."""
    return severity - severity % 2
