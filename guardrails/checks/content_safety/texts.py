"""What Content Safety says of the chunks of a text, as findings of the whole text."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from guardrails.checks.chunking import Chunk
from guardrails.checks.content_safety.options import ContentSafetyOptions
from guardrails.checks.content_safety.wire import PATH, Analysis, Call, answer, request
from guardrails.checks.passages import Passage
from guardrails.domain.finding import BLOCKLIST, Finding

OVERLAP: Final = 1000
"""Code points two chunks share: hostile words up to this long, some ten sentences, are whole in one of them, also in a
text without any border. It costs a tenth more calls. A list's item has at most 128 characters."""


class Part(NamedTuple):
    """One chunk of a passage: a call's text."""

    passage: Passage
    chunk: Chunk

    @property
    def pointers(self) -> tuple[str, ...]:
        """Where the text stands."""
        return self.passage.pointers


def part_call(part: Part, options: ContentSafetyOptions) -> Call:
    """The call for one chunk."""
    return Call(PATH, request(part.chunk.text, options), answer)


def text_findings(
    passage: Passage, analyses: Sequence[tuple[Chunk, Analysis | None]], options: ContentSafetyOptions
) -> Iterator[Finding]:
    """A passage's findings: the lists it hits, then its harms, in the order of the text. None: a chunk not judged."""
    pointer = passage.pointers[0]
    single = len(passage.chunks) == 1
    clean = set(options.categories)
    for chunk, analysis in analyses:
        if analysis is None or analysis.severities is None:
            clean.clear()
        if analysis is None:
            continue
        place = passage.place(chunk)
        for name in analysis.blocklists:
            yield Finding(BLOCKLIST, None, pointer, place, name)
        for harm, severity in (analysis.severities or {}).items():
            if severity or single:
                clean.discard(harm)
                yield Finding(harm, severity, pointer, place)
    for harm in options.categories:
        if harm in clean:
            yield Finding(harm, 0, pointer)
