"""What a policy may say about the Prompt Shield check."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from guardrails.checks.options import CheckOptions
from guardrails.checks.prompt_shield.wire import TEXT_LIMIT


class PromptShieldOptions(CheckOptions):
    """The Prompt Shield check's options.

    Attributes:
        window: Characters of a text that are judged together, at most what the service takes. A short attack in a long
            text is found more often when less of that text is around it; smaller windows cost more calls.
    """

    window: Annotated[int, Field(ge=500, le=TEXT_LIMIT)] = TEXT_LIMIT


def parse_options(section: Mapping[str, Any]) -> PromptShieldOptions:
    """A policy's `prompt_shield` section, without `scan` and `on_failure`; raises `pydantic.ValidationError`."""
    return PromptShieldOptions.model_validate(section)
