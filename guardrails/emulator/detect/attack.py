"""Whether a prompt tries to take the model over, or a document to give it orders: by lists, not by judgement."""

import base64
import binascii
import re
from typing import Final

from guardrails.emulator.detect import attack_phrases
from guardrails.emulator.detect.attack_document_phrases import TO_THE_READER
from guardrails.emulator.detect.folding import fold, squeeze

_ENCODED: Final = re.compile(r"[A-Za-z0-9+/]{24,4000}={0,2}")
_MOST_ENCODED: Final = 20


def _compiled(*families: tuple[tuple[str, str], ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((trigger, re.compile(pattern)) for family in families for trigger, pattern in family)


_IN_PROMPTS: Final = _compiled(
    attack_phrases.OVERRIDE,
    attack_phrases.PERSONA,
    attack_phrases.EXTRACTION,
    attack_phrases.EVASION,
    attack_phrases.FORGED_TURNS,
)
_IN_DOCUMENTS: Final = _IN_PROMPTS + _compiled(TO_THE_READER)


def attacks_in_prompt(text: str) -> bool:
    """Whether text a user typed is a jailbreak attempt (`userPromptAnalysis`)."""
    return _hit(text, _IN_PROMPTS) or any(_hit(hidden, _IN_PROMPTS) for hidden in _decoded(text))


def attacks_in_document(text: str) -> bool:
    """Whether third-party text holds instructions for the assistant reading it (`documentsAnalysis`)."""
    return _hit(text, _IN_DOCUMENTS) or any(_hit(hidden, _IN_DOCUMENTS) for hidden in _decoded(text))


def _hit(text: str, phrases: tuple[tuple[str, re.Pattern[str]], ...]) -> bool:
    folded = fold(text)
    if any(trigger in folded and pattern.search(folded) is not None for trigger, pattern in phrases):
        return True
    squeezed = squeeze(folded)
    return any(phrase in squeezed for phrase in attack_phrases.SQUEEZED)


def _decoded(text: str) -> list[str]:
    """What the first 20 base64-looking words say, when they say anything in UTF-8."""
    found = []
    for match in list(_ENCODED.finditer(text))[:_MOST_ENCODED]:
        word = match.group().rstrip("=")
        try:
            found.append(base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode())
        except (binascii.Error, UnicodeDecodeError):
            continue
    return found
