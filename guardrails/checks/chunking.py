"""Texts of any length as chunks a service takes, and what was seen in the chunks as findings of the whole text.

Chunks follow the text's own borders: paragraph, sentence, word, and only in a text without any of these a cut between
two characters. Neighbours overlap by at least `overlap` characters, so whatever is no longer than that stands whole in
one chunk, wherever it lies: of the chunks that start at or before it take the last; the next one starts after its
beginning, and at least `overlap` before the end of the one taken.

Work grows with the length of the text, never with its square: each chunk looks at its own text and at bounded stretches
around its two ends.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

import regex

from guardrails.domain.content import Span
from guardrails.domain.finding import Finding

_END_SLACK: Final = 5
"""A chunk may end up to a fifth of the limit early to end at a border."""
_START_SLACK: Final = 20
"""A chunk may start up to a twentieth of the limit early to start at a border."""
_LEAST_LIMIT: Final = 100
_NEAR: Final = 64
"""How far back the search for a character's edge looks first; few grapheme clusters are longer."""
_FAR: Final = 2048
"""How far back it looks at last: a longer cluster is no character of any language, and is cut."""
_UNSURE: Final = 2
"""The edges at the beginning of such a search that need not be true ones."""

_PARAGRAPH: Final = re.compile(r"\n[^\S\n]*\n\s*|\u2029\s*")
_SENTENCE: Final = re.compile(
    r"[.!?\u2026\u061f\u06d4\u0964\u0965][\"'\u201d\u2019\u00bb)\]}]*\s+"  # Latin, Arabic, Urdu, Hindi; closing marks
    r"|[\u3002\uff01\uff1f\uff61][\u300d\u300f\u201d\uff09\uff63]*\s*"  # Chinese and Japanese, without a space
    r"|\n\s*",
)
_LAST_SPACE: Final = regex.compile(r"(?r)\s")
_CLUSTER: Final = regex.compile(r"\X")
_FLAGS: Final = regex.compile("[\U0001f1e6-\U0001f1ff]{2}")
_LAST_NO_FLAG: Final = regex.compile("(?r)[^\U0001f1e6-\U0001f1ff]")


class Unit(Enum):
    """What a service counts when it limits a text's length."""

    CODE_POINTS = "code points"
    UTF16 = "UTF-16 code units"

    def length(self, text: str) -> int:
        """How long a text is in this unit."""
        if self is Unit.CODE_POINTS or text.isascii():
            return len(text)
        return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a text and where it begins in it, in code points."""

    start: int
    text: str = field(repr=False)

    @property
    def span(self) -> Span:
        """The range of the whole text it covers."""
        return Span(self.start, self.start + len(self.text))


def split(text: str, limit: int, overlap: int, unit: Unit = Unit.CODE_POINTS) -> tuple[Chunk, ...]:
    """Cut a text into chunks of at most `limit` units that cover every code point.

    `overlap` (code points, at most a fifth of `limit`) is what neighbours share at least. An empty text has one chunk.
    """
    if limit < _LEAST_LIMIT or not 0 <= overlap <= limit // 5:
        raise ValueError("the limit must be at least 100 and the overlap at most a fifth of it")
    if len(text) <= limit and unit.length(text) <= limit:
        return (Chunk(0, text),)
    chunks: list[Chunk] = []
    start = 0
    while True:
        highest = start + _fitting(text[start : start + limit], limit, unit)
        if highest >= len(text):
            chunks.append(Chunk(start, text[start:]))
            return tuple(chunks)
        end = _border(text, start, highest - limit // _END_SLACK, highest)
        chunks.append(Chunk(start, text[start:end]))
        start = _border(text, start, end - overlap - limit // _START_SLACK, end - overlap)


def _fitting(window: str, limit: int, unit: Unit) -> int:
    """How many code points of the window surely fit, at least half as many as the limit."""
    over = unit.length(window) - limit
    # Each code point dropped takes at least one unit with it, and none has more than two.
    return len(window) if over <= 0 else max(len(window) - over, limit // 2)


def _border(text: str, start: int, lowest: int, highest: int) -> int:
    """The best place to cut in (lowest, highest]: after a paragraph, a sentence, a word, else between characters."""
    for last in (_last_paragraph, _last_sentence, _last_word):
        cut = last(text, lowest, highest)
        if cut > lowest and (edge := _character_edge(text, start, cut)) > lowest:
            return edge
    edge = _character_edge(text, start, highest)
    return edge if edge > lowest else highest


def _last_paragraph(text: str, lowest: int, highest: int) -> int:
    return max((match.end() for match in _PARAGRAPH.finditer(text, lowest, highest)), default=lowest)


def _last_sentence(text: str, lowest: int, highest: int) -> int:
    return max((match.end() for match in _SENTENCE.finditer(text, lowest, highest)), default=lowest)


def _last_word(text: str, lowest: int, highest: int) -> int:
    space = _LAST_SPACE.search(text, lowest, highest)
    return space.end() if space else lowest


def _character_edge(text: str, start: int, cut: int) -> int:
    """The last place up to `cut` that splits no grapheme cluster; `start`, where the chunk begins, is taken for one.

    Where a cluster is too long for its beginning to be found, a place too far back to be a border.
    """
    around = text[cut - 1 : cut + 1]
    if around.isascii() and around != "\r\n":
        return cut
    for reach in (_NEAR, _FAR):
        begin = max(start, cut - reach)
        # A slice, not a range: the engine may look back from each cluster to the beginning of what it is given.
        edges = [begin + match.start() for match in _CLUSTER.finditer(text[begin : cut + 1])]
        # Begun inside a cluster, the search may take the next piece of that cluster for another one.
        if len(edges) > _UNSURE or begin == start:
            return _flag_edge(text, start, edges[-1])
    return cut - _FAR


def _flag_edge(text: str, start: int, cut: int) -> int:
    """`cut`, or one less if it splits a flag: a pair of letters, told from its neighbours by where the row begins."""
    if not _FLAGS.fullmatch(text, cut - 1, cut + 1):
        return cut
    other = _LAST_NO_FLAG.search(text, start, cut)
    row = other.end() if other else start
    return cut - (cut - row) % 2


def merge(chunks: Sequence[Chunk], seen: Sequence[Sequence[Finding]]) -> tuple[Finding, ...]:
    """What the whole text holds, told what each of its chunks holds (spans already those of the whole text).

    Where a chunk's edge runs through something that a neighbour sees whole, what lies inside it is only the rest of it
    and gives way, whatever the service took it for. What two chunks both see in their overlap is one finding: spans of
    one category that overlap are united, with the strongest measure. Findings come in order of their place.
    """
    if len(chunks) == 1:
        return tuple(seen[0])
    whole: list[Finding] = []
    for index, findings in enumerate(seen):
        across = _across_edges(index, chunks, seen)
        whole += (finding for finding in findings if not any(_holds(other, finding) for other in across))
    whole.sort(key=lambda finding: (*_span(finding), finding.category))
    return _unite(whole)


def _across_edges(index: int, chunks: Sequence[Chunk], seen: Sequence[Sequence[Finding]]) -> list[Finding]:
    """The findings of neighbours that run across an edge of this chunk."""
    start, end = chunks[index].span
    across: list[Finding] = []
    before = index - 1
    while before >= 0 and chunks[before].span.end > start:
        across += (finding for finding in seen[before] if _span(finding).start < start < _span(finding).end)
        before -= 1
    after = index + 1
    while after < len(chunks) and chunks[after].start < end:
        across += (finding for finding in seen[after] if _span(finding).start < end < _span(finding).end)
        after += 1
    return across


def _unite(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Overlapping spans of one category as one; `findings` are in order of their start."""
    united: list[Finding] = []
    latest: dict[str, int] = {}
    for finding in findings:
        at = latest.get(finding.category)
        if at is None or _span(united[at]).end <= _span(finding).start:
            latest[finding.category] = len(united)
            united.append(finding)
            continue
        earlier = united[at]
        united[at] = replace(
            earlier,
            span=Span(_span(earlier).start, max(_span(earlier).end, _span(finding).end)),
            measure=max((m for m in (earlier.measure, finding.measure) if m is not None), default=None),
        )
    return tuple(united)


def _holds(outer: Finding, inner: Finding) -> bool:
    return _span(outer).start <= _span(inner).start and _span(inner).end <= _span(outer).end


def _span(finding: Finding) -> Span:
    if finding.span is None:
        raise ValueError("only findings with spans can be merged")
    return finding.span
