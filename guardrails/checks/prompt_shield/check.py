"""The Prompt Shield check: attacks on the model in prompts and documents, judged by Azure AI Content Safety."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Final, NamedTuple

from guardrails.azure.target import Target
from guardrails.checks.chunking import Chunk
from guardrails.checks.client import JsonClient
from guardrails.checks.parallel import gather
from guardrails.checks.passages import Passage, passages
from guardrails.checks.prompt_shield.options import PromptShieldOptions, parse_options
from guardrails.checks.prompt_shield.wire import (
    DOCUMENTS_PER_CALL,
    PATH,
    TEXT_LIMIT,
    UNIT,
    Attacks,
    answer,
    request,
)
from guardrails.checks.tally import Tally
from guardrails.domain.check import CheckReport, CheckSpec
from guardrails.domain.content import Inspection, Kind, Origin, Segment
from guardrails.domain.deadline import Deadline
from guardrails.domain.errors import ServiceError
from guardrails.domain.finding import Finding

USER_PROMPT_ATTACK: Final = "UserPromptAttack"
DOCUMENT_ATTACK: Final = "DocumentAttack"

OVERLAP: Final = 1000
"""Code points two full windows share: an attack up to this long, some ten sentences, is whole in one of them, also in a
text without any border. Smaller windows share a fifth of their size, if that is less."""

SYSTEM: Final = "origin system"
"""Why a system prompt is not read: it instructs the model by right, and reads like an attack."""

PROMPT_ORIGINS: Final = frozenset({Origin.USER, Origin.ASSISTANT})
"""Whose text is judged as a user prompt; tools and documents bring text that should not instruct at all."""

SPEC: Final = CheckSpec(
    name="prompt_shield",
    service="prompt_shield",
    categories=frozenset({USER_PROMPT_ATTACK, DOCUMENT_ATTACK}),
    measure=None,
    spans=False,
    scan=frozenset({Origin.USER, Origin.TOOL, Origin.DOCUMENT}),
    parse_options=parse_options,
    origins=frozenset(Origin) - {Origin.SYSTEM},
    reads=frozenset({Kind.TEXT, Kind.PARTS, Kind.TURNS}),
    trusts=True,
)


class _Part(NamedTuple):
    """One chunk of a passage."""

    passage: Passage
    chunk: Chunk


class _Call(NamedTuple):
    """What one call judges."""

    prompt: _Part | None
    documents: tuple[_Part, ...]

    def pointers(self) -> Iterator[str]:
        for part in (self.prompt, *self.documents):
            if part is not None:
                yield from part.passage.pointers


class _Answer(NamedTuple):
    calls: int
    attacks: Attacks


class PromptShieldCheck:
    """Finds attacks. A finding says which segment is hostile; one with a span, in which window of a long text.

    Every user text is a prompt of its own. Tool results and documents go as documents, so that the service expects no
    instructions in them. Both kinds share calls.
    """

    name = SPEC.name

    def __init__(self, client: JsonClient, target: Target, api_version: str) -> None:
        self._client = client
        self._target = target
        self._params: Mapping[str, str] = {"api-version": api_version}

    async def inspect(self, inspection: Inspection, options: PromptShieldOptions, deadline: Deadline) -> CheckReport:
        """Judge every segment but system prompts."""
        tally = Tally(self.name, inspection)
        segments = inspection.segments
        tally.not_read((segment.pointer for segment in segments if segment.origin is Origin.SYSTEM), SYSTEM)
        prompts = _parts(tally, (s for s in segments if s.origin in PROMPT_ORIGINS), options)
        documents = _parts(
            tally, (s for s in segments if s.origin is not Origin.SYSTEM and s.origin not in PROMPT_ORIGINS), options
        )
        jobs = [_Call(prompt, batch or ()) for prompt, batch in zip_longest(prompts, _packed(documents))]

        async def call(job: _Call) -> _Answer:
            prompt = job.prompt.chunk.text if job.prompt else None
            texts = [part.chunk.text for part in job.documents]
            reply = await self._client.post_json(
                self._target, PATH, params=self._params, body=request(prompt, texts), deadline=deadline
            )
            return _Answer(reply.calls, answer(reply.body, prompt, texts, reply.calls))

        findings: list[Finding] = []
        for job, outcome in zip(jobs, await gather(jobs, call, deadline), strict=True):
            if isinstance(outcome, ServiceError):
                tally.failed(outcome, job.pointers())
            else:
                tally.answered(outcome.calls)
                findings += _findings(job, outcome.attacks)
        return tally.report(findings)


def _parts(tally: Tally, segments: Iterable[Segment], options: PromptShieldOptions) -> list[_Part]:
    """The windows that have to be judged; the tally learns of what is left out."""
    found = passages(segments, options.window, min(OVERLAP, options.window // 5), UNIT)
    tally.left_out(found)
    return [_Part(passage, chunk) for passage in found.texts for _, chunk in passage.parts()]


def _packed(parts: Iterable[_Part]) -> Iterator[tuple[_Part, ...]]:
    """Documents in their order, as many to a call as it takes."""
    batch: list[_Part] = []
    room = TEXT_LIMIT
    for part in parts:
        length = UNIT.length(part.chunk.text)
        if len(batch) == DOCUMENTS_PER_CALL or (batch and length > room):
            yield tuple(batch)
            batch, room = [], TEXT_LIMIT
        batch.append(part)
        room -= length
    if batch:
        yield tuple(batch)


def _findings(job: _Call, attacks: Attacks) -> Iterator[Finding]:
    """A finding for every segment in which the service sees an attack."""
    if job.prompt is not None and attacks.prompt:
        yield from _attack(USER_PROMPT_ATTACK, job.prompt)
    for part, attacked in zip(job.documents, attacks.documents, strict=True):
        if attacked:
            yield from _attack(DOCUMENT_ATTACK, part)


def _attack(category: str, part: _Part) -> Iterator[Finding]:
    for pointer in part.passage.pointers:
        yield Finding(category, None, pointer, part.passage.place(part.chunk))
