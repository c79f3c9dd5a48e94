"""The PII check: personal data and secrets in texts, found by Azure AI Language."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from guardrails.azure.target import Target
from guardrails.checks.chunking import Chunk, merge
from guardrails.checks.client import JsonClient
from guardrails.checks.parallel import gather
from guardrails.checks.passages import Passage, passages
from guardrails.checks.pii.categories import CATEGORIES
from guardrails.checks.pii.evidence import asked, recast
from guardrails.checks.pii.options import PiiOptions, misfits, parse_options, reports
from guardrails.checks.pii.wire import (
    DOCUMENTS_PER_CALL,
    PATH,
    TEXT_LIMIT,
    Judged,
    answer,
    language_to_send,
    request,
)
from guardrails.checks.tally import Tally
from guardrails.domain.check import CheckReport, CheckSpec, FailureReason, Measure
from guardrails.domain.content import Inspection, Origin, Span
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError
from guardrails.domain.finding import Finding

OVERLAP: Final = 512
"""Code points two chunks share: an entity up to this long is whole in one of them. The longest common ones are shorter:
an e-mail address has at most 254 characters (RFC 5321), a storage connection string about 200, a SAS URL under 500."""

SPEC: Final = CheckSpec(
    name="pii",
    service="language",
    categories=CATEGORIES,
    measure=Measure("confidence", 0.0, 1.0),
    spans=True,
    scan=frozenset(Origin),
    parse_options=parse_options,
    reports=reports,
    misfits=misfits,
    asked=asked,
    recast=recast,
)

_TRUNCATED: Final = "DocumentTruncated"


class _Document(NamedTuple):
    """One chunk of a passage, as a document of a call."""

    passage: int
    part: int
    chunk: Chunk


class _Answer(NamedTuple):
    calls: int
    judged: tuple[Judged, ...]


class PiiCheck:
    """Finds personal data. Findings have the service's confidence and a span; `ignore`d values are none."""

    name = SPEC.name

    def __init__(self, client: JsonClient, target: Target, api_version: str) -> None:
        self._client = client
        self._target = target
        self._api_version = api_version
        self._params: Mapping[str, str] = {"api-version": api_version}

    async def inspect(self, inspection: Inspection, options: PiiOptions, deadline: Deadline) -> CheckReport:
        """Judge every segment; up to five texts, of any segments, share a call."""
        tally = Tally(self.name, inspection)
        found = passages(inspection.segments, TEXT_LIMIT, OVERLAP)
        tally.left_out(found)
        documents = [
            _Document(number, part, chunk)
            for number, passage in enumerate(found.texts)
            for part, chunk in passage.parts()
        ]
        batches = [documents[at : at + DOCUMENTS_PER_CALL] for at in range(0, len(documents), DOCUMENTS_PER_CALL)]
        language = language_to_send(inspection.language or options.language, self._api_version)

        async def call(batch: Sequence[_Document]) -> _Answer:
            texts = [document.chunk.text for document in batch]
            body = request(texts, options, language)
            reply = await self._client.post_json(self._target, PATH, params=self._params, body=body, deadline=deadline)
            return _Answer(reply.calls, answer(reply.body, texts, options, reply.calls))

        outcomes = await gather(batches, call, deadline)
        seen: list[list[list[Finding]]] = [[[] for _ in passage.chunks] for passage in found.texts]
        for batch, outcome in zip(batches, outcomes, strict=True):
            _account(tally, batch, outcome, found.texts, seen)
        return tally.report(
            finding
            for passage, findings in zip(found.texts, seen, strict=True)
            for finding in passage.at_each_pointer(_whole(passage, findings, options))
        )


def _account(
    tally: Tally,
    batch: Sequence[_Document],
    outcome: _Answer | ServiceError,
    texts: Sequence[Passage],
    seen: Sequence[Sequence[list[Finding]]],
) -> None:
    """Enter a call's outcome: failures and warnings in the tally, findings under the chunk they were seen in."""
    if isinstance(outcome, ServiceError):
        tally.failed(outcome, (pointer for document in batch for pointer in texts[document.passage].pointers))
        return
    tally.answered(outcome.calls)
    for document, judged in zip(batch, outcome.judged, strict=True):
        passage = texts[document.passage]
        error = _TRUNCATED if _TRUNCATED in judged.warnings else judged.error
        if error is not None:
            detail = f"the service could not read one of the texts to its end: {error}"
            tally.failed(
                ServiceError(FailureReason.DOCUMENT_ERROR, detail, code=error),
                passage.pointers,
                f"document_error {error}",
            )
        elif judged.warnings:
            tally.not_read(passage.pointers, f"warning {judged.warnings[0]}")
        if not tally.admits(len(judged.entities), passage.pointers):
            continue
        seen[document.passage][document.part] += (
            Finding(
                entity.category,
                entity.score,
                passage.pointers[0],
                Span(document.chunk.start + entity.start, document.chunk.start + entity.end),
                entity.kind,
            )
            for entity in judged.entities
        )


def _whole(passage: Passage, seen: Sequence[Sequence[Finding]], options: PiiOptions) -> list[Finding]:
    """A passage's findings, seen in all its chunks, without the values a policy ignores."""
    return [
        finding
        for finding in merge(passage.chunks, seen)
        if finding.span is None or not options.ignores(passage.text[finding.span.start : finding.span.end])
    ]
