"""How a row of the identifier tables is written."""

import re
from collections.abc import Callable

from guardrails.emulator.detect.pii_identifiers import Identifier
from guardrails.emulator.detect.scan import word_set


def row(
    category: str,
    pattern: str,
    words: str,
    *,
    alone: float = 0.0,
    announced: float = 0.95,
    proof: Callable[[str], bool] | None = None,
    needs: str = "",
) -> Identifier:
    """A row whose pattern matches only between word borders; `words` is a list with spaces between."""
    bounded = re.compile(rf"(?<![\w.-])(?:{pattern})(?![\w-]|\.[0-9])")
    return Identifier(category, bounded, word_set(words), alone, announced, proof, needs)
