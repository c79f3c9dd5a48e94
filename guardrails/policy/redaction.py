"""How a redaction hides a span: one entry for each word that a rule's `with` may say."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

_NOT_A_NAME = re.compile(r"[^\w.-]+")


def _mask(covered: str, _category: str) -> str:
    return "*" * len(covered)


def _label(_covered: str, category: str) -> str:
    # A category is a service's word. Whatever it says, it must not break the JSON or markup around the label.
    return f"[{_NOT_A_NAME.sub('', category) or 'Redacted'}]"


REPLACEMENTS: Mapping[str, Callable[[str, str], str]] = MappingProxyType({"label": _label, "mask": _mask})
"""Name -> (covered text, category) -> replacement. `label` is `[Email]`; `mask` is one `*` for each code point."""

DEFAULT_REPLACEMENT = "label"
