"""How a stream is held, and what of it is judged together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guardrails.domain.content import Edit, Segment, Span


@dataclass(frozen=True, slots=True)
class Shape:
    """How a stream is held.

    Attributes:
        overlap: Characters at the end of what was judged that are held and judged again with what follows them.
        whole: Nothing is let go before all of it was judged.
        judged: False where no rule is for answers: everything may go at once.
    """

    overlap: int
    whole: bool = False
    judged: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """What is to be judged together.

    Attributes:
        segments: At most one for each pointer.
        offsets: Pointer -> where the segment's text begins in the whole text, for texts that grow from frame to frame.
    """

    segments: tuple[Segment, ...]
    offsets: Mapping[str, int]

    def is_fixed(self, pointer: str) -> bool:
        """Whether the text at a pointer cannot be edited."""
        return any(segment.pointer == pointer and not segment.editable for segment in self.segments)

    def moved(self, edits: Iterable[Edit]) -> dict[str, list[Edit]]:
        """Edits of its segments by pointer, as positions in the whole texts.

        Raises:
            ValueError: one lies in none of its segments.
        """
        lengths = {segment.pointer: len(segment.text) for segment in self.segments}
        moved: dict[str, list[Edit]] = {}
        for edit in edits:
            if not 0 <= edit.span.start <= edit.span.end <= lengths.get(edit.pointer, -1):
                raise ValueError("an edit lies in no segment of the window")
            by = self.offsets[edit.pointer]
            span = Span(edit.span.start + by, edit.span.end + by)
            moved.setdefault(edit.pointer, []).append(Edit(edit.pointer, span, edit.replacement))
        return moved
