"""What any JSON body must hold before we read it: bounded depth, text that is text, names that can be told."""

import math
import re
from typing import Any

from guardrails.chat.address import child, field_path
from guardrails.domain.errors import InvalidRequest, TooLarge
from guardrails.domain.unicode import is_unicode

MAX_DEPTH = 64
"""How deep objects and lists of a body may nest. Chat bodies with tool schemas stay far below."""

_FIELD_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]{0,63}")


def is_field_name(name: str) -> bool:
    """Whether a member's name is an identifier, so that it can stand in a pointer without telling content."""
    return _FIELD_NAME.fullmatch(name) is not None


def require_sound(value: Any, pointer: str = "") -> None:
    """Check a whole body, or a part of it, iteratively.

    Raises:
        TooLarge: it nests deeper than `MAX_DEPTH`.
        InvalidRequest: a string or name that UTF-8 cannot carry (a lone surrogate), a number that is none, or
            something that is not JSON. The error names the field.
    """
    # Nearly every body is sound, and to learn that takes no pointers, which are most of the cost of naming what is not.
    if not _is_sound(value):
        _refuse(value, pointer)


def _is_sound(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        if not all(map(_may_stand, level)):
            return False
        containers = [item for item in level if isinstance(item, (dict, list))]
        if not containers:
            return True
        level = [item for parent in containers for item in (parent.values() if isinstance(parent, dict) else parent)]
    return False


def _may_stand(item: object) -> bool:
    if isinstance(item, str):
        return is_unicode(item)
    if isinstance(item, dict):
        return all(isinstance(name, str) and is_unicode(name) for name in item)
    return item is None or isinstance(item, (int, list)) or (isinstance(item, float) and math.isfinite(item))


def _refuse(value: Any, pointer: str) -> None:
    pending: list[tuple[Any, str, int]] = [(value, pointer, 0)]
    while pending:
        item, here, depth = pending.pop()
        if isinstance(item, str):
            require_text(item, here)
        elif isinstance(item, dict | list):
            if depth >= MAX_DEPTH:
                raise TooLarge(f"nests deeper than {MAX_DEPTH} levels", field=_top(here))
            if isinstance(item, dict):
                pending += [(member, _member(here, key), depth + 1) for key, member in item.items()]
            else:
                pending += [(element, child(here, index), depth + 1) for index, element in enumerate(item)]
        elif isinstance(item, float) and not math.isfinite(item):
            raise InvalidRequest("must be a finite number", field=field_path(here) or None)
        elif item is not None and not isinstance(item, int | float):
            raise InvalidRequest("is not JSON", field=field_path(here) or None)


def require_text(text: str, pointer: str) -> None:
    """Refuse text that UTF-8 cannot carry: no service could be asked about it."""
    if not is_unicode(text):
        raise InvalidRequest("holds a lone surrogate: text must be valid Unicode", field=field_path(pointer) or None)


def _member(pointer: str, key: object) -> str:
    if not isinstance(key, str):
        raise InvalidRequest("is not JSON", field=field_path(pointer) or None)
    require_text(key, pointer)
    # A name that may itself be content is not repeated in an error.
    return child(pointer, key if is_field_name(key) else "?")


def _top(pointer: str) -> str | None:
    return field_path("/".join(pointer.split("/")[:3])) or None
