"""The Content Safety check: harm in texts and images, and a customer's own lists, by Azure AI Content Safety."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from guardrails.azure.target import Target
from guardrails.checks.chunking import Chunk
from guardrails.checks.client import JsonClient
from guardrails.checks.content_safety.evidence import recast
from guardrails.checks.content_safety.images import Picture, image_findings, picture_call, pictures
from guardrails.checks.content_safety.options import HARMS, ContentSafetyOptions, levels, parse_options, reports
from guardrails.checks.content_safety.texts import OVERLAP, Part, part_call, text_findings
from guardrails.checks.content_safety.wire import TEXT_LIMIT, Analysis, Call
from guardrails.checks.parallel import gather
from guardrails.checks.passages import Passages, passages
from guardrails.checks.tally import Tally
from guardrails.domain.check import CheckReport, CheckSpec, Measure
from guardrails.domain.content import Inspection, Kind, Origin
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError
from guardrails.domain.finding import BLOCKLIST, Finding

SPEC: Final = CheckSpec(
    name="content_safety",
    service="content_safety",
    categories=frozenset({*HARMS, BLOCKLIST}),
    measure=Measure("severity", 0, 7),
    spans=False,
    scan=frozenset(Origin),
    parse_options=parse_options,
    reports=reports,
    levels=levels,
    reads=frozenset({Kind.TEXT, Kind.PARTS, Kind.IMAGE}),
    recast=recast,
)


class _Answer(NamedTuple):
    calls: int
    analysis: Analysis


class ContentSafetyCheck:
    """Judges harm. A finding for every category that was judged, severity 0 included, and for every list it hits.

    A text that is judged in one chunk has findings without a span. One that needs several has a finding, with the
    chunk's span, for each severity above 0, and one of severity 0 for a category that is 0 in all of it. Findings of
    an image have no span.
    """

    name = SPEC.name

    def __init__(self, client: JsonClient, target: Target, api_version: str) -> None:
        self._client = client
        self._target = target
        self._params: Mapping[str, str] = {"api-version": api_version}

    async def inspect(self, inspection: Inspection, options: ContentSafetyOptions, deadline: Deadline) -> CheckReport:
        """Judge every segment; each text, or chunk of one, and each image is a call."""
        tally = Tally(self.name, inspection)
        shown = pictures(inspection.segments)
        found = passages((one for one in inspection.segments if one.kind is not Kind.IMAGE), TEXT_LIMIT, OVERLAP)
        tally.left_out(found)
        parts = [Part(passage, chunk) for passage in found.texts for _, chunk in passage.parts()]

        async def call(job: Part | Picture) -> _Answer:
            wire: Call = picture_call(job, options) if isinstance(job, Picture) else part_call(job, options)
            reply = await self._client.post_json(
                self._target, wire.path, params=self._params, body=wire.body, deadline=deadline
            )
            return _Answer(reply.calls, wire.read(reply.body, options, reply.calls))

        jobs: list[Part | Picture] = [*parts, *shown]
        analyses: list[Analysis | None] = []
        for job, outcome in zip(jobs, await gather(jobs, call, deadline), strict=True):
            if isinstance(outcome, ServiceError):
                tally.failed(outcome, job.pointers)
                analyses.append(None)
            else:
                tally.answered(outcome.calls)
                analyses.append(outcome.analysis)
        return tally.report(_findings(found, parts, shown, analyses, options))


def _findings(
    found: Passages,
    parts: Sequence[Part],
    shown: Sequence[Picture],
    analyses: Sequence[Analysis | None],
    options: ContentSafetyOptions,
) -> Iterator[Finding]:
    of_text: dict[str, list[tuple[Chunk, Analysis | None]]] = {passage.text: [] for passage in found.texts}
    for part, analysis in zip(parts, analyses, strict=False):
        of_text[part.passage.text].append((part.chunk, analysis))
    for passage in found.texts:
        yield from passage.at_each_pointer(text_findings(passage, of_text[passage.text], options))
    for picture, analysis in zip(shown, analyses[len(parts) :], strict=True):
        if analysis is not None:
            yield from image_findings(picture, analysis)
