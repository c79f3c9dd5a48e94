"""What a redaction puts where: the hits of a text -> edits that do not overlap."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from guardrails.chat.json_text import meanings
from guardrails.domain.content import Edit, Segment, Span
from guardrails.domain.finding import Finding
from guardrails.domain.verdict import Action
from guardrails.policy.placeholders import PlaceholderKeys
from guardrails.policy.policy import Rule
from guardrails.policy.redaction import DEFAULT_REPLACEMENT, KEYED, REPLACEMENTS, Covered

_TELLS_LEAST_FIRST = tuple(REPLACEMENTS)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched a finding. `action` is the rule's, or BLOCK where a redaction cannot be carried out."""

    rule: Rule
    finding: Finding
    action: Action
    detail: str | None


@dataclass(frozen=True, slots=True)
class _Run:
    """Hits whose spans overlap, and the union of these spans."""

    hits: Sequence[Hit]
    span: Span

    @property
    def hider(self) -> Hit:
        """The hit whose way to redact tells least."""
        return min(self.hits, key=lambda hit: (_TELLS_LEAST_FIRST.index(_way(hit)), _start(hit)))

    @property
    def may_come_back(self) -> bool:
        """Whether every rule that had a part of it hidden lets the answer have it back."""
        return all(hit.rule.restore for hit in self.hits)


def edits_of(
    hits: Iterable[Hit], segments: Mapping[str, Segment], caller: str, keys: PlaceholderKeys | None
) -> tuple[Edit, ...]:
    """One edit for each run of overlapping spans, in the order of the segments: no two edits overlap.

    A run is hidden in the way that tells least of those its rules ask for: a label hides even the length, so where
    one rule asks for a label and another for a mask, it is a label.

    Args:
        hits: Those that redact have a span within their segment.
        segments: By pointer.
        caller: Whose placeholders they are.
        keys: What makes them; without it they are labels.
    """
    by_pointer: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.action is Action.REDACT:
            by_pointer.setdefault(hit.finding.pointer, []).append(hit)
    return tuple(
        edit
        for pointer, segment in segments.items()
        if pointer in by_pointer
        for edit in _edits(segment, tuple(_runs(by_pointer[pointer])), caller, keys)
    )


@dataclass(frozen=True, slots=True)
class Redaction:
    """One edit told without its text: where, the way to redact, the category it names, whose rules ask for it."""

    pointer: str
    span: Span
    way: str
    category: str
    restore: bool
    rules: tuple[str, ...]


def redactions_of(hits: Iterable[Hit], pointers: Iterable[str]) -> tuple[Redaction, ...]:
    """The edits of `edits_of`, in its order, as facts. `pointers` are those of the segments."""
    by_pointer: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.action is Action.REDACT:
            by_pointer.setdefault(hit.finding.pointer, []).append(hit)
    return tuple(
        Redaction(
            pointer,
            run.span,
            _way(run.hider),
            run.hider.finding.category,
            run.may_come_back,
            tuple(dict.fromkeys(hit.rule.id for hit in run.hits)),
        )
        for pointer in pointers
        if pointer in by_pointer
        for run in _runs(by_pointer[pointer])
    )


def _runs(hits: Sequence[Hit]) -> Iterator[_Run]:
    run: list[Hit] = []
    end = 0
    for hit in sorted(hits, key=_start):
        span = _span(hit)
        if run and span.start >= end:
            yield _Run(run, Span(_span(run[0]).start, end))
            run = []
        end = max(end, span.end) if run else span.end
        run.append(hit)
    if run:
        yield _Run(run, Span(_span(run[0]).start, end))


def _edits(segment: Segment, runs: Sequence[_Run], caller: str, keys: PlaceholderKeys | None) -> Iterator[Edit]:
    # Reading JSON for what its spans mean is only worth it where the meaning is hashed.
    is_keyed = any(_way(run.hider) in KEYED for run in runs)
    said = meanings(segment.text, [run.span for run in runs]) if is_keyed else [None] * len(runs)
    for run, meaning in zip(runs, said, strict=True):
        text = segment.text[run.span.start : run.span.end]
        covered = Covered(text, text if meaning is None else meaning, run.hider.finding.category, caller)
        made = REPLACEMENTS[_way(run.hider)](covered, keys)
        hidden = made.hidden if run.may_come_back and meaning is not None else None
        yield Edit(segment.pointer, run.span, made.text, hidden)


def _way(hit: Hit) -> str:
    return hit.rule.replacement or DEFAULT_REPLACEMENT


def _span(hit: Hit) -> Span:
    if hit.finding.span is None:
        raise AssertionError("a hit without a span blocks and is never an edit")
    return hit.finding.span


def _start(hit: Hit) -> tuple[object, ...]:
    span = _span(hit)
    return span.start, -span.end, hit.finding.category, hit.rule.id
