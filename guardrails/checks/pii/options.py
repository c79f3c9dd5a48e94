"""What a policy may say about the PII check."""

import unicodedata
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import Field, field_validator

from guardrails.checks.options import CheckOptions, known
from guardrails.checks.pii.categories import CATEGORIES, SELECTORS

AUTO: Final = "auto"
_MOST_IGNORED: Final = 1000

Language = Annotated[str, Field(pattern=r"^(auto|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})$")]


class PiiOptions(CheckOptions):
    """The PII check's options.

    Attributes:
        categories: What to look for; None for the service's own choice. May hold `All` or `Default`.
        language: BCP 47, or `auto`; an inspection that tells its language wins.
        ignore: Values that are no finding when they are the whole of what was matched, whatever the case. They are
            compared here and are never sent or logged.
        domain: `phi` narrows the service to health information.
        model_version: The service's model; None for its latest.
        disable_entity_validation: Report entities whose checksum fails as well (api-version 2026-05-01).
    """

    categories: tuple[str, ...] | None = Field(default=None, min_length=1)
    language: Language = "en"
    ignore: tuple[Annotated[str, Field(min_length=1, max_length=512)], ...] = Field(
        default=(), max_length=_MOST_IGNORED, repr=False
    )
    domain: Literal["none", "phi"] = "none"
    model_version: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,64}$")] | None = None
    disable_entity_validation: bool = False

    @field_validator("categories")
    @classmethod
    def _known(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if names is not None:
            known(names, CATEGORIES | SELECTORS)
        return names

    @cached_property
    def wanted(self) -> frozenset[str] | None:
        """The only categories that are findings; None when the service chooses."""
        if self.categories is None or not SELECTORS.isdisjoint(self.categories):
            return None
        return frozenset(self.categories)

    @cached_property
    def _ignored(self) -> frozenset[str]:
        return frozenset(map(_folded, self.ignore))

    def ignores(self, matched: str) -> bool:
        """Whether a matched text is one of the values that are no finding."""
        return bool(self.ignore) and _folded(matched) in self._ignored


def parse_options(section: Mapping[str, Any]) -> PiiOptions:
    """A policy's `pii` section, without `scan` and `on_failure`; raises `pydantic.ValidationError`."""
    return PiiOptions.model_validate(section)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()
