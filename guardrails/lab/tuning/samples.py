"""Labelled texts: what a person said is in them, check by check."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from guardrails.domain.content import Origin, Stage


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a sample stands: the data file's number (0 is the first one given) and the line it begins on."""

    file: int
    line: int


@dataclass(frozen=True, slots=True)
class Said:
    """What the data says about a text with regard to one check.

    Attributes:
        bad: Whether what the check looks for is in the text.
        categories: The check's categories that are. Empty with `bad`: something is, and nobody said which.
        untold: Categories the data says nothing about.
    """

    bad: bool
    categories: frozenset[str] = frozenset()
    untold: frozenset[str] = frozenset()


CLEAN = Said(bad=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """One text with its labels. `said` has an entry for each check the data is about, and none for the others."""

    place: Place
    text: str = field(repr=False)
    said: Mapping[str, Said]
    stage: Stage = Stage.INPUT
    origin: Origin = Origin.USER

    @property
    def pointer(self) -> str:
        """The address of the text in the inspection made of it."""
        return "/text"


def truth(said: Said | None, wanted: frozenset[str], every: frozenset[str]) -> bool | None:
    """Whether one of the `wanted` categories is in a text; None where the data does not tell.

    A bad text without a category counts for whoever looks at all categories, and is unknown to who looks at some.

    Args:
        said: What the data says with regard to the check; None when it is not about it.
        wanted: The categories that are asked about.
        every: All categories the check can report.
    """
    if said is None:
        return None
    if said.categories & wanted:
        return True
    if said.untold & wanted:
        return None
    if said.bad and not said.categories:
        return True if wanted >= every else None
    return False


def origin_of(stage: Stage) -> Origin:
    """Who wrote a text of this stage when nobody says otherwise."""
    return Origin.USER if stage is Stage.INPUT else Origin.ASSISTANT
