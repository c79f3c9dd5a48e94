"""How a redaction hides a span: one entry for each word that a rule's `with` may say."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from guardrails.domain.content import Hidden
from guardrails.policy.placeholders import PlaceholderKeys

DEFAULT_REPLACEMENT = "label"
RESTORABLE = "placeholder"
"""The one way to redact that an answer can undo."""

KEYED = frozenset({RESTORABLE, "hash"})
"""Those that need a key."""

_NOT_A_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Covered:
    """What is to be hidden: the text of the span, what it means (escapes of JSON read), its category, whose it is."""

    text: str = field(repr=False)
    meaning: str = field(repr=False)
    category: str
    caller: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """What stands in its place, and what of it could be restored."""

    text: str = field(repr=False)
    hidden: Hidden | None = None


def _label(covered: Covered, _keys: PlaceholderKeys | None) -> Replacement:
    return Replacement(f"[{_name(covered)}]")


def _hash(covered: Covered, keys: PlaceholderKeys | None) -> Replacement:
    if keys is None:
        return _label(covered, keys)
    return Replacement(f"[{_name(covered)}:{keys.hash(covered.caller, covered.category, covered.meaning)}]")


def _placeholder(covered: Covered, keys: PlaceholderKeys | None) -> Replacement:
    if keys is None:
        return _label(covered, keys)
    hidden = keys.hidden(covered.caller, covered.category, covered.meaning)
    return Replacement(hidden.placeholders[0], hidden)


def _mask(covered: Covered, _keys: PlaceholderKeys | None) -> Replacement:
    return Replacement("*" * len(covered.text))


def _name(covered: Covered) -> str:
    # A category is a service's word. Whatever it says, it must not break the JSON or markup around the label.
    return _NOT_A_NAME.sub("", covered.category) or "Redacted"


REPLACEMENTS: Mapping[str, Callable[[Covered, PlaceholderKeys | None], Replacement]] = MappingProxyType(
    {"label": _label, "hash": _hash, RESTORABLE: _placeholder, "mask": _mask}
)
"""Name -> how it hides, that which tells least first.

`label` is `[Email]` and tells the category; `hash` (`[Email:7c0q...]`) and `placeholder` (`[EMAIL_k3v9q2m7]`) tell
where the same value comes again; `mask` is one `*` for each code point and tells the length. Without keys (a replay, a
policy's own tests) hash and placeholder hide as a label does: the verdict is the same, and nothing can be restored.
"""
