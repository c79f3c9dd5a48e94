"""Stand-ins for values, made from the value and a key: nothing is kept, and the same value has the same stand-in.

A stand-in follows from key, caller, category and the exact value, so that all replicas agree, turns and restarts change
nothing, one caller's stand-ins tell nothing to another, and without a key nobody can find the value by trying.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from guardrails.domain.content import Hidden
from guardrails.domain.placeholder import ALPHABET, MARK_LENGTH, name_of, placeholder

MIN_KEY_BYTES = 32
"""The shortest key: as long as the output of SHA-256. A shorter one is refused where keys are read."""

HASH_LENGTH = 16
"""Characters of a `hash`: 80 bits. Records of years can be joined on it, and no two values meet."""

_BITS = 5
_PLACEHOLDER = b"guardrails placeholder 1"
_HASH = b"guardrails hash 1"


@dataclass(frozen=True, slots=True)
class PlaceholderKeys:
    """Makes placeholders and hashes. The first key makes them; the others only tell what they once made."""

    keys: Sequence[bytes] = field(repr=False)

    def hidden(self, caller: str, category: str, value: str) -> Hidden:
        """A value with the placeholders that stand for it, the current one first."""
        name = name_of(category)
        marks = (_mark(key, _PLACEHOLDER, MARK_LENGTH, caller, category, value) for key in self.keys)
        return Hidden(value, tuple(dict.fromkeys(placeholder(name, mark) for mark in marks)))

    def hash(self, caller: str, category: str, value: str) -> str:
        """The mark of a value that cannot be restored, by the current key. It is no placeholder's mark."""
        return _mark(self.keys[0], _HASH, HASH_LENGTH, caller, category, value)


def _mark(key: bytes, purpose: bytes, length: int, *fields: str) -> str:
    encoded = [purpose, *(text.encode("utf-8", "surrogatepass") for text in fields)]
    # Each with its length before it: no two lists of fields are one message.
    message = b"".join(len(part).to_bytes(8, "big") + part for part in encoded)
    number = int.from_bytes(hmac.digest(key, message, "sha256"), "big")
    return "".join(ALPHABET[number >> (_BITS * place) & (len(ALPHABET) - 1)] for place in range(length))
