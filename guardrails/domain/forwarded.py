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


class EarlyStart(StrEnum):
    """What became of a call to the model that was started beside the checks."""

    USED = "used"
    """The input was let through, and this call's answer was its answer."""
    CANCELLED = "cancelled"
    """The input was blocked."""
    REPEATED = "repeated"
    """The input was let through changed, and the model was asked again."""


@dataclass(frozen=True, slots=True)
class Early:
    """What starting the model beside the checks came to.

    Attributes:
        outcome: What became of the early call.
        saved_ms: How much later the answer would have come, had the model waited for the verdict.
        tokens_wasted: Tokens of a call whose answer nobody got.
        estimated: Whether these were estimated from the length of the request, because the model had not told yet.
    """

    outcome: EarlyStart
    saved_ms: float = 0.0
    tokens_wasted: int = 0
    estimated: bool = False


class Ending(StrEnum):
    """How a stream to a caller ended."""

    DONE = "done"
    CUT = "cut"
    """By us: the rest was blocked, or could not be judged."""
    BROKE = "broke"
    """By the model's endpoint, in the middle."""
    CALLER_LEFT = "caller_left"


@dataclass(frozen=True, slots=True)
class Streamed:
    """A streamed answer in numbers.

    Attributes:
        windows: How many were judged.
        released: Characters the caller got.
        withheld: Characters the caller did not get.
        ending: How it ended.
        adds_up: Whether the evidence of all windows together gives the verdict that they came to one by one.
    """

    windows: int
    released: int
    withheld: int
    ending: Ending
    adds_up: bool = True
