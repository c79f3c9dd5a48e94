"""Patterns of values that are no finding: `*@contoso.com`, `+49 30 5550*`.

Not regular expressions, which whole teams misread and which can take a lifetime on one value. A pattern here has three
words: `*` stands for any characters or none, `?` for exactly one, and every other character for itself, whatever its
case. Matching takes time in proportion to the lengths of pattern and value: each literal is looked for once, from left
to right, and never given back.
"""

import re
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

LONGEST_VALUE: Final = 512
"""Code points of a value that patterns are tried on; no e-mail address and no number is as long."""
MOST_PATTERNS: Final = 100
_LEAST_LITERALS: Final = 3
_MOST_STARS: Final = 8


class Like(BaseModel):
    """A pattern in a policy's `ignore`. Of whatever it is like, the whole value must be."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    like: Annotated[str, Field(max_length=256, repr=False)]

    @field_validator("like")
    @classmethod
    def _says_something(cls, pattern: str) -> str:
        # `*` alone would switch the check off, and look like a detail.
        if len(pattern.translate({ord("*"): None, ord("?"): None, ord(" "): None})) < _LEAST_LITERALS:
            raise ValueError(f"must hold at least {_LEAST_LITERALS} characters besides * and ?: it is too wide")
        if pattern.count("*") > _MOST_STARS:
            raise ValueError(f"must hold at most {_MOST_STARS} stars")
        return pattern


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as an expression for `fullmatch`, without a place to go back to."""
    first, *later = re.split(r"\*+", pattern)
    if not later:
        return re.compile(_literal(first), re.DOTALL)
    *middle, last = later
    # The first place of each literal is as good as any later one for what follows it, so none is tried twice.
    between = "".join(f"(?>.*?{_literal(part)})" for part in middle)
    return re.compile(f"{_literal(first)}{between}.*{_literal(last)}", re.DOTALL)


def _literal(text: str) -> str:
    return "".join("." if character == "?" else re.escape(character) for character in text)
