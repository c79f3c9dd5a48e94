"""Reading fields of dialects: every one may be absent or null, and none is trusted to be of its type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from guardrails.domain.errors import InvalidRequest

_EMPTY: Mapping[str, Any] = MappingProxyType({})


def object_in(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object that only describes a call; an empty one where there is none, or something else."""
    value = body.get(name)
    return value if isinstance(value, dict) else _EMPTY


def text_in(body: Mapping[str, Any], name: str) -> str | None:
    """A string that only describes a call; None where there is none, an empty one, or something else."""
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def chosen_in(body: Mapping[str, Any], name: str, field: str) -> str | None:
    """A string by which an operator chooses; a mistake in it must not go unheard.

    Args:
        body: Where it stands.
        name: The member.
        field: The member's whole path, for errors.

    Raises:
        InvalidRequest: it is no string.
    """
    value = body.get(name)
    if value is None or isinstance(value, str):
        return value or None
    raise InvalidRequest("must be a string", field=field)


def labels_in(body: Mapping[str, Any], name: str) -> dict[str, str]:
    """A map of strings that only describes a call; of other members nothing is kept."""
    return {key: value for key, value in object_in(body, name).items() if isinstance(value, str)}
