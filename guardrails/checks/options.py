"""What all checks' options share."""

import difflib
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict


class CheckOptions(BaseModel):
    """A check's own part of a policy: frozen, knows all its keys, never repeats a value in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def known(names: Iterable[str], allowed: Iterable[str]) -> None:
    """Refuse names that are not allowed, with the likeliest correction.

    Raises:
        ValueError: it names each unknown one; names of categories are no content.
    """
    choices = sorted(allowed)
    unknown = [name for name in names if name not in choices]
    if unknown:
        raise ValueError("; ".join(_unknown(name, choices) for name in unknown))


def _unknown(name: str, choices: list[str]) -> str:
    folded = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    hint = f"; did you mean {folded[near[0]]!r}?" if near else ""
    return f"unknown category {name!r}{hint}"
