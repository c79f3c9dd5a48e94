"""What a policy may say about the PII check."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from guardrails.checks.options import CheckOptions, known
from guardrails.checks.pii.categories import CATEGORIES, NEWEST, SELECTORS, known_since, knows
from guardrails.checks.pii.like import LONGEST_VALUE, MOST_PATTERNS, Like, compiled
from guardrails.domain.check import Misfit

AUTO: Final = "auto"
AUTO_SINCE: Final = "2025-11-01"
"""The first api-version known to find the language out itself."""
_MOST_IGNORED: Final = 1000

Language = Annotated[str, Field(pattern=r"^(auto|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3})$")]

Ignored = Annotated[
    Annotated[Annotated[str, Field(min_length=1, max_length=512)], Tag("=value")] | Annotated[Like, Tag("=pattern")],
    Discriminator(lambda value: "=pattern" if isinstance(value, dict | Like) else "=value"),
]


class PiiOptions(CheckOptions):
    """The PII check's options.

    Attributes:
        categories: What to look for; None for the service's own choice. May hold `All` or `Default`.
        language: BCP 47, or `auto`; an inspection that tells its language wins.
        ignore: Values that are no finding when they are the whole of what was matched, whatever the case, and patterns
            (`like`) of such values. They are compared here and are never sent or logged.
        domain: `phi` narrows the service to health information.
        model_version: The service's model; None for its latest.
        disable_entity_validation: Report entities whose checksum fails as well (api-version 2026-05-01).
    """

    categories: tuple[str, ...] | None = Field(default=None, min_length=1)
    language: Language = "en"
    ignore: tuple[Ignored, ...] = Field(default=(), max_length=_MOST_IGNORED, repr=False)
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
        return frozenset(_folded(value) for value in self.ignore if isinstance(value, str))

    @cached_property
    def _alike(self) -> tuple[re.Pattern[str], ...]:
        return tuple(compiled(_folded(value.like)) for value in self.ignore if isinstance(value, Like))

    @field_validator("ignore")
    @classmethod
    def _bounded(cls, ignored: tuple[str | Like, ...]) -> tuple[str | Like, ...]:
        if sum(isinstance(value, Like) for value in ignored) > MOST_PATTERNS:
            raise ValueError(f"must hold at most {MOST_PATTERNS} patterns")
        return ignored

    def ignores(self, matched: str) -> bool:
        """Whether a matched text is one of the values that are no finding, or like one of the patterns."""
        if not self.ignore:
            return False
        value = _folded(matched)
        return value in self._ignored or (
            len(value) <= LONGEST_VALUE and any(pattern.fullmatch(value) for pattern in self._alike)
        )


def reports(options: PiiOptions) -> frozenset[str]:
    """The categories that findings can have. Which the service looks for by default is its own to say."""
    return CATEGORIES if options.wanted is None else options.wanted


def misfits(options: PiiOptions, api_version: str) -> Iterator[Misfit]:
    """What an api-version of Language does not know (`checks.pii.categories` has the sources)."""
    for index, name in enumerate(options.categories or ()):
        since = known_since(name)
        if not knows(api_version, since):
            yield Misfit(("categories", index), f"{name} needs {since}; configured is {api_version}", fails=True)
    if options.language == AUTO and api_version[:10] < AUTO_SINCE:
        sentence = f"`auto` needs api-version {AUTO_SINCE}; with {api_version}, which is configured, it means `en`"
        yield Misfit(("language",), sentence, fails=False)
    if options.disable_entity_validation and not knows(api_version, NEWEST):
        sentence = f"needs {NEWEST}; configured is {api_version}"
        yield Misfit(("disable_entity_validation",), sentence, fails=True)


def parse_options(section: Mapping[str, Any]) -> PiiOptions:
    """A policy's `pii` section, without `scan` and `on_failure`; raises `pydantic.ValidationError`."""
    return PiiOptions.model_validate(section)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()
