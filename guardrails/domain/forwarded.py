"""What became of a request on its way to a model, beside the answer itself."""

from dataclasses import dataclass
from enum import StrEnum


class FilterResult(StrEnum):
    """What the model's own content filter did. Azure's doing, and no verdict of ours."""

    PROMPT_FILTERED = "prompt_filtered"
    """It refused the prompt: a 400 with the code `content_filter`."""
    ANSWER_FILTERED = "answer_filtered"
    """It cut or withheld an answer: `finish_reason` is `content_filter`."""
    NOT_FILTERED = "not_filtered"
    """It could not run, and the model answered all the same: Azure's filter fails open."""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """How a model was reached and what its filter did.

    Attributes:
        deployment: The label of the deployment that answered, `account/deployment`.
        attempts: How many deployments were asked, that one included.
        filter_results: What the model's filter did; empty where it had nothing to object to, or said nothing.
        filter_categories: Azure's names of what it filtered, such as `violence` or `jailbreak`.
    """

    deployment: str
    attempts: int = 1
    filter_results: tuple[FilterResult, ...] = ()
    filter_categories: tuple[str, ...] = ()
