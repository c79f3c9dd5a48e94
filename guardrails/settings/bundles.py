"""How a new state of the policy folder takes effect (docs/operations.md, "New policies")."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from guardrails.settings.section import Section


class CanaryMode(StrEnum):
    """How a new bundle is tried before it takes effect."""

    OFF = "off"
    """Not at all."""
    SHADOW = "shadow"
    """It decides on the evidence of every request, and nothing it decides is carried out."""
    SHARE = "share"
    """It judges a share of the requests, and what it decides there is carried out."""


class Undecided(StrEnum):
    """What becomes of a new bundle when its time is over and too few verdicts have come to tell."""

    WAIT = "wait"
    ACTIVATE = "activate"
    ROLL_BACK = "roll_back"


def _yaml_off(value: object) -> object:
    # YAML 1.1, which our parser speaks, reads a bare `off` as false.
    return CanaryMode.OFF if value is False else value


class Canary(Section):
    """The trial of a new bundle, beside the active one.

    Attributes:
        mode: Whether there is one, and of which kind.
        share: The share of requests that the new bundle judges, in mode `share`. Never more than half: the others are
            what it is compared with.
        for_s: How long it lasts at least, in seconds.
        min_verdicts: How many verdicts of each side there must be before rates are compared, and before it ends well.
        max_block_rate_change: How far the share of verdicts that block may be from the active bundle's, up or down.
        max_failure_rate_change: How far the share of verdicts with a failed check may be above the active bundle's.
        undecided: What happens when the time is over and there are fewer than `min_verdicts`.
    """

    mode: Annotated[CanaryMode, BeforeValidator(_yaml_off)] = CanaryMode.OFF
    share: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    for_s: Annotated[float, Field(gt=0, le=7 * 24 * 3600)] = 600.0
    min_verdicts: Annotated[int, Field(ge=1, le=1_000_000)] = 200
    max_block_rate_change: Annotated[float, Field(ge=0, le=1)] = 0.05
    max_failure_rate_change: Annotated[float, Field(ge=0, le=1)] = 0.05
    undecided: Undecided = Undecided.WAIT


class Bundles(Section):
    """How the policy folder is looked after while the service runs.

    Attributes:
        watch: Whether changes of its files take effect by themselves. SIGHUP has it read in any case.
        every_s: How often it is read, in seconds. What was read counts when the next reading finds the same.
        canary: The trial of what is new.
    """

    watch: bool = True
    every_s: Annotated[float, Field(ge=0.01, le=3600)] = 2.0
    canary: Canary = Canary()
