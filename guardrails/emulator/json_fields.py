"""Reading the fields of a JSON object strictly, with errors that name the field."""

from collections.abc import Mapping


class FieldError(ValueError):
    """A field of a control request is wrong; the message names it."""


def refuse_unknown(document: Mapping[str, object], known: set[str] | frozenset[str], what: str) -> None:
    """Raise `FieldError` for a field that is not known."""
    unknown = sorted(set(document) - known)
    if unknown:
        raise FieldError(f"{what} has no field {unknown[0]}; it has {', '.join(sorted(known))}")


def text(document: Mapping[str, object], name: str, where: str | None = None) -> str | None:
    """Return a string field, None when absent or null."""
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise FieldError(f"{where or name} must be a string")
    return value


def integer(document: Mapping[str, object], name: str, where: str | None = None) -> int | None:
    """Return an integer field, None when absent or null."""
    value = document.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise FieldError(f"{where or name} must be an integer")
    return value


def number(document: Mapping[str, object], name: str, where: str | None = None) -> float | None:
    """Return a number field, None when absent or null."""
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise FieldError(f"{where or name} must be a number")
    return float(value)


def boolean(document: Mapping[str, object], name: str, where: str | None = None) -> bool:
    """Return a boolean field, False when absent."""
    value = document.get(name, False)
    if not isinstance(value, bool):
        raise FieldError(f"{where or name} must be true or false")
    return value
