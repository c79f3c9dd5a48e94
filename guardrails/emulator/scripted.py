"""Answers of the model that a scenario prescribes, word for word."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

FINISH_REASONS: Final = ("stop", "length", "tool_calls", "function_call", "content_filter")


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """A call of a function. `arguments` are the pieces of its text, one for each chunk of a stream."""

    name: str
    arguments: Sequence[str] = field(default=("{}",), repr=False)
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class ScriptedChoice:
    """One choice of an answer, in the pieces a stream sends: each piece is the text of one chunk.

    `tool_calls` are streamed one after another, `function_call` is the one call of the older API. `finish_reason`
    follows from what the choice holds when it is None. `filtered` ends it as the model's own content filter does.
    """

    content: Sequence[str] = field(default=(), repr=False)
    refusal: Sequence[str] = field(default=(), repr=False)
    tool_calls: Sequence[ScriptedCall] = ()
    function_call: ScriptedCall | None = None
    finish_reason: str | None = None
    filtered: bool = False

    def __post_init__(self) -> None:
        if self.finish_reason is not None and self.finish_reason not in FINISH_REASONS:
            raise ValueError(f"finish_reason must be one of {', '.join(FINISH_REASONS)}")
        if self.tool_calls and self.function_call is not None:
            raise ValueError("tool_calls and function_call exclude each other")
