"""How text is made comparable before phrases are looked for: hidden characters, case and spacing do not matter."""

import re
from unicodedata import normalize

_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
_SPACE = re.compile(r"\s+")
_QUOTES = str.maketrans(
    {
        "\u2019": "'",
        "\u2018": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u02bc": "'",
        "\u0430": "a",
        "\u0435": "e",
        "\u043e": "o",
        "\u0440": "p",
        "\u0441": "c",
        "\u0456": "i",
    }
)
_NOT_LETTER = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Lower case, NFKC, one space between words, plain quotes, no invisible characters, Cyrillic look-alikes as Latin.

    Offsets of the result say nothing about the text: use it to tell whether, never where.
    """
    visible = _HIDDEN.sub("", text)
    if not visible.isascii():
        visible = normalize("NFKC", visible)
        if any("a" <= character <= "z" for character in visible.lower()):
            visible = visible.translate(_QUOTES)
    return _SPACE.sub(" ", visible.lower())


def squeeze(folded: str) -> str:
    """Letters and digits only: `i g n o r e` and `ignore` become the same."""
    return _NOT_LETTER.sub("", folded)
