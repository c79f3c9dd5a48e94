"""The form of a placeholder: `[EMAIL_k3v9q2m7]`, a name in capitals and a mark, which models copy like a word."""

import re

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""32 characters of which no two look alike: i, l, o and u are left out."""

MARK_LENGTH = 8
"""Characters of a mark: 40 bits.

Among 1,000 different values of one exchange two share a mark once in two million exchanges, among 10,000 once in
20,000; and then neither is restored. Every character more is one more that a model may get wrong.
"""

MAX_NAME = 48
"""The longest name, so that whoever reads a stream knows how much to hold back."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^A-Z0-9]+")


def name_of(category: str) -> str:
    """A category as placeholders spell it: `CreditCardNumber` -> `CREDIT_CARD_NUMBER`, `IPAddress` -> `IP_ADDRESS`."""
    words = _OTHER.sub("_", _HUMP.sub("_", category).upper())
    return words[:MAX_NAME].strip("_") or "VALUE"


def placeholder(name: str, mark: str) -> str:
    """The placeholder of a name and a mark."""
    return f"[{name}_{mark}]"


def parted(text: str) -> tuple[str, str]:
    """Name and mark of a placeholder as `placeholder` makes it."""
    name, _, mark = text[1:-1].rpartition("_")
    return name, mark
