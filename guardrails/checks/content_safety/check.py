"""The Content Safety check: harm in texts, and a customer's own lists, judged by Azure AI Content Safety."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from guardrails.azure.target import Target
from guardrails.checks.chunking import Chunk
from guardrails.checks.client import JsonClient
from guardrails.checks.content_safety.evidence import recast
from guardrails.checks.content_safety.options import HARMS, ContentSafetyOptions, parse_options
from guardrails.checks.content_safety.wire import PATH, TEXT_LIMIT, Analysis, answer, request
from guardrails.checks.parallel import gather
from guardrails.checks.passages import Passage, passages
from guardrails.checks.tally import Tally
from guardrails.domain.check import CheckReport, CheckSpec, Measure
from guardrails.domain.content import Inspection, Kind, Origin
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError
from guardrails.domain.finding import BLOCKLIST, Finding

OVERLAP: Final = 1000
"""Code points two chunks share: hostile words up to this long, some ten sentences, are whole in one of them, also in a
text without any border. It costs a tenth more calls. A list's item has at most 128 characters."""

SPEC: Final = CheckSpec(
    name="content_safety",
    service="content_safety",
    categories=frozenset({*HARMS, BLOCKLIST}),
    measure=Measure("severity", 0, 7),
    spans=False,
    scan=frozenset(Origin),
    parse_options=parse_options,
    reads=frozenset({Kind.TEXT, Kind.PARTS}),
    recast=recast,
)


class _Part(NamedTuple):
    """One chunk of a passage: a call's text."""

    passage: Passage
    chunk: Chunk


class _Answer(NamedTuple):
    calls: int
    analysis: Analysis


class ContentSafetyCheck:
    """Judges harm. A finding for every category that was judged, severity 0 included, and for every list it hits.

    A text that is judged in one chunk has findings without a span. One that needs several has a finding, with the
    chunk's span, for each severity above 0, and one of severity 0 for a category that is 0 in all of it.
    """

    name = SPEC.name

    def __init__(self, client: JsonClient, target: Target, api_version: str) -> None:
        self._client = client
        self._target = target
        self._params: Mapping[str, str] = {"api-version": api_version}

    async def inspect(self, inspection: Inspection, options: ContentSafetyOptions, deadline: Deadline) -> CheckReport:
        """Judge every segment; each text, or chunk of one, is a call."""
        tally = Tally(self.name, inspection)
        found = passages(inspection.segments, TEXT_LIMIT, OVERLAP)
        tally.left_out(found)
        parts = [_Part(passage, chunk) for passage in found.texts for _, chunk in passage.parts()]

        async def call(part: _Part) -> _Answer:
            body = request(part.chunk.text, options)
            reply = await self._client.post_json(self._target, PATH, params=self._params, body=body, deadline=deadline)
            return _Answer(reply.calls, answer(reply.body, options, reply.calls))

        outcomes = await gather(parts, call, deadline)
        analyses: dict[str, list[tuple[Chunk, Analysis | None]]] = {passage.text: [] for passage in found.texts}
        for part, outcome in zip(parts, outcomes, strict=True):
            if isinstance(outcome, ServiceError):
                tally.failed(outcome, part.passage.pointers)
                analyses[part.passage.text].append((part.chunk, None))
            else:
                tally.answered(outcome.calls)
                analyses[part.passage.text].append((part.chunk, outcome.analysis))
        return tally.report(
            finding
            for passage in found.texts
            for finding in passage.at_each_pointer(_findings(passage, analyses[passage.text], options))
        )


def _findings(
    passage: Passage, analyses: Sequence[tuple[Chunk, Analysis | None]], options: ContentSafetyOptions
) -> Iterator[Finding]:
    """A passage's findings: the lists it hits, then its harms, in the order of the text."""
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
