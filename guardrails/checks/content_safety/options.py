"""What a policy may say about the Content Safety check."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, field_validator

from guardrails.checks.options import CheckOptions, known
from guardrails.domain.finding import BLOCKLIST

HARMS: Final = ("Hate", "SelfHarm", "Sexual", "Violence")

_MOST_LISTS: Final = 64

ListName = Annotated[str, Field(pattern=r"^[0-9A-Za-z._~-]{1,64}$")]


class ContentSafetyOptions(CheckOptions):
    """The Content Safety check's options.

    Attributes:
        categories: The harms to judge.
        severity_levels: `four` reports 0, 2, 4 and 6; `eight` reports 0 to 7.
        blocklists: The resource's own lists to match, by name.
        halt_on_blocklist_hit: Do not judge harms in a text that hits a list: less work and less evidence.
    """

    categories: tuple[str, ...] = Field(default=HARMS, min_length=1)
    severity_levels: Literal["four", "eight"] = "four"
    blocklists: tuple[ListName, ...] = Field(default=(), max_length=_MOST_LISTS)
    halt_on_blocklist_hit: bool = False

    @field_validator("categories")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known(names, HARMS)
        return tuple(dict.fromkeys(names))


def reports(options: ContentSafetyOptions) -> frozenset[str]:
    """The categories that findings can have."""
    return frozenset(options.categories) | (frozenset({BLOCKLIST}) if options.blocklists else frozenset())


def levels(options: ContentSafetyOptions) -> tuple[float, ...]:
    """The severities above 0 that Azure can report; of images always the four-level ones."""
    return (2, 4, 6) if options.severity_levels == "four" else (1, 2, 3, 4, 5, 6, 7)


def parse_options(section: Mapping[str, Any]) -> ContentSafetyOptions:
    """A policy's `content_safety` section, without `scan` and `on_failure`; raises `pydantic.ValidationError`."""
    return ContentSafetyOptions.model_validate(section)
