"""What has to be asked: which checks about which texts, how much of it is known, and what the rest will cost."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from guardrails.checks.chunking import Unit, split
from guardrails.checks.content_safety import texts as content_safety_texts
from guardrails.checks.content_safety import wire as content_safety_wire
from guardrails.checks.pii import check as pii
from guardrails.checks.pii import wire as pii_wire
from guardrails.checks.prompt_shield import check as prompt_shield
from guardrails.checks.prompt_shield import wire as prompt_shield_wire
from guardrails.domain.content import Inspection, Segment
from guardrails.lab.tuning.evidence import EvidenceFile, Instrument, key_of
from guardrails.lab.tuning.samples import Sample
from guardrails.policy.policy import CheckPlan, Policy
from guardrails.policy.select import why_not

RECORD: Final = 1000
"""Characters of a text record, the unit Azure bills texts by (pricing pages of Content Safety and Language)."""

CALLER: Final = "tune"


@dataclass(frozen=True, slots=True)
class Question:
    """One text and the checks that still have to say something about it, each with the key of its evidence."""

    sample: Sample
    keys: Mapping[str, bytes]

    def inspection(self) -> Inspection:
        """The text as checks are shown it."""
        return Inspection(self.sample.stage, CALLER, (segment_of(self.sample),))


@dataclass(slots=True)
class Need:
    """What one check still has to be asked: texts, calls, and text records of 1,000 characters as they are billed."""

    texts: int = 0
    calls: int = 0
    records: int = 0


@dataclass(slots=True)
class Estimate:
    """What a run will ask, before it does. `known` counts the answers that earlier runs left behind."""

    samples: int = 0
    known: int = 0
    texts: int = 0
    needs: dict[str, Need] = field(default_factory=dict)
    not_read: Counter[str] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        """Calls of all checks together."""
        return sum(need.calls for need in self.needs.values())

    @property
    def records(self) -> int:
        """Text records of all checks together."""
        return sum(need.records for need in self.needs.values())


class Questionnaire:
    """Which questions samples raise under a policy."""

    def __init__(self, policy: Policy, instruments: Mapping[str, Instrument], evidence: EvidenceFile) -> None:
        self._policy = policy
        self._instruments = instruments
        self._evidence = evidence

    def keys(self, sample: Sample) -> Iterator[tuple[CheckPlan, bytes]]:
        """Each check that the labels are about and that reads such a text, with the key of its evidence."""
        for plan in self._policy.checks.values():
            if plan.name in sample.said and why_not(plan, segment_of(sample), sample.stage) is None:
                yield plan, key_of(plan, self._instruments[plan.name], sample)

    def questions(self, samples: Iterable[Sample]) -> Iterator[Question]:
        """What is missing, each text and check once; texts that are known, or come again, raise none."""
        for sample in samples:
            keys = {plan.name: key for plan, key in self.keys(sample) if self._evidence.claim(key)}
            if keys:
                yield Question(sample, keys)

    def estimate(self, samples: Iterable[Sample]) -> Estimate:
        """Read all samples once and tell what asking about them will cost."""
        told = Estimate(needs={name: Need() for name in self._policy.checks})
        for sample in samples:
            told.samples += 1
            missing = 0
            for name in sample.said:
                plan = self._policy.checks.get(name)
                why = None if plan is None else why_not(plan, segment_of(sample), sample.stage)
                if why is not None:
                    told.not_read[f"{name}: {why}"] += 1
            for plan, key in self.keys(sample):
                if self._evidence.claim(key):
                    missing += 1
                    _add(told.needs[plan.name], plan, sample.text)
                else:
                    told.known += 1
            told.texts += missing > 0
        self._evidence.forget_claims()
        return told


def segment_of(sample: Sample) -> Segment:
    """A sample's text as a segment."""
    return Segment(sample.text, sample.origin, sample.pointer)


def _add(need: Need, plan: CheckPlan, text: str) -> None:
    limit, overlap, unit, texts_per_call = _shape(plan)
    lengths = [len(chunk.text) for chunk in split(text, limit, overlap, unit)]
    need.texts += 1
    need.calls += -(-len(lengths) // texts_per_call)
    need.records += sum(-(-length // RECORD) for length in lengths)


def _shape(plan: CheckPlan) -> tuple[int, int, Unit, int]:
    """How a check cuts a long text, and how many pieces share a call; a test holds it against the checks themselves."""
    if plan.name == pii.SPEC.name:
        return pii_wire.TEXT_LIMIT, pii.OVERLAP, Unit.CODE_POINTS, pii_wire.DOCUMENTS_PER_CALL
    if plan.name == prompt_shield.SPEC.name:
        window = int(plan.options.window)
        return window, min(prompt_shield.OVERLAP, window // 5), prompt_shield_wire.UNIT, 1
    return content_safety_wire.TEXT_LIMIT, content_safety_texts.OVERLAP, Unit.CODE_POINTS, 1
