"""How well-known public sets lay out their rows. Columns only: no row of any of them is here.

Each reader says which checks its set is about: a row of a jailbreak set tells nothing about personal data.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from guardrails.domain.content import Origin, Stage
from guardrails.lab.tuning.layouts.record import (
    Reading,
    Record,
    RowLeftOut,
    RowProblem,
    absent,
    flag,
    judged,
    one,
    text_of,
    words_of,
)
from guardrails.lab.tuning.samples import CLEAN, Place, Said, Sample
from guardrails.lab.tuning.vocabulary import HARM, PERSONAL, SHIELD, fold

_LETTERS: Final = ("S", "H", "V", "HR", "SH", "S3", "H2", "V2")
_ANNOTATORS: Final = tuple(f"labels_{number}" for number in range(5))
_REDACTED: Final = "REDACTED"
_UNSURE: Final = "needscaution"


def toxic_chat(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """ToxicChat: `user_input`, `toxicity`, `jailbreaking`."""
    text = text_of(record, "user_input")
    said = judged(HARM, flag(record, "toxicity"), (), reading, Origin.USER)
    said |= judged(SHIELD, flag(record, "jailbreaking"), (), reading, Origin.USER)
    yield one(place, text, said, Stage.INPUT, Origin.USER)


def is_openai_moderation(record: Record) -> bool:
    """A prompt beside nothing but some of the eight letters."""
    letters = record.keys() & set(_LETTERS)
    return "prompt" in record and bool(letters) and record.keys() <= {"prompt", *_LETTERS}


def openai_moderation(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """OpenAI's moderation evaluation set: `prompt` and eight letters, each where it was judged."""
    text = text_of(record, "prompt")
    told = [letter for letter in _LETTERS if not absent(record.get(letter))]
    found = _categories([letter for letter in told if flag(record, letter)], reading)
    judged_at_all = _categories(told, reading)
    untold = _categories(_LETTERS, reading) - judged_at_all
    yield one(place, text, {HARM: Said(bool(found), found, untold - found)}, Stage.INPUT, Origin.USER)


def beavertails(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """BeaverTails: `prompt`, `response`, `category` (a mapping), `is_safe`, which judges the response."""
    text = text_of(record, "response")
    said = judged(HARM, not flag(record, "is_safe"), words_of(record.get("category")), reading, Origin.ASSISTANT)
    yield one(place, text, said, Stage.OUTPUT, Origin.ASSISTANT)


def aegis_2(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """Aegis 2.0: `prompt`, `prompt_label`, `response`, `response_label`, `violated_categories` of both."""
    words = words_of(record.get("violated_categories"))
    yield from _dialogue(record, place, reading, words, ("prompt_label", "response_label"))


def wildguard(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """WildGuardMix: `prompt`, `prompt_harm_label`, `response`, `response_harm_label`, `subcategory`."""
    words = words_of(record.get("subcategory"))
    yield from _dialogue(record, place, reading, words, ("prompt_harm_label", "response_harm_label"))


def _dialogue(
    record: Record, place: Place, reading: Reading, words: list[str], labels: tuple[str, str]
) -> Iterator[Sample]:
    made: list[Sample] = []
    left_out: RowLeftOut | None = None
    sides = (("prompt", labels[0], Stage.INPUT, Origin.USER), ("response", labels[1], Stage.OUTPUT, Origin.ASSISTANT))
    for column, label, stage, origin in sides:
        if absent(record.get(label)) or absent(record.get(column)) or record[column] == _REDACTED:
            continue
        try:
            said = judged(HARM, flag(record, label), words, reading, origin)
            made.append(one(place, text_of(record, column), said, stage, origin))
        except RowLeftOut as reason:
            left_out = reason
    if not made:
        raise left_out or RowLeftOut("without a text that was labelled")
    yield from made


def aegis_1(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """Aegis 1.0: `text` and `labels_0` to `labels_4`, one annotator each; the majority decides."""
    text = text_of(record, "text")
    votes = [str(record[name]) for name in _ANNOTATORS if not absent(record.get(name))]
    if not votes:
        raise RowProblem("no annotator's label: labels_0 to labels_4 are empty")
    safe = sum(fold(vote) == "safe" for vote in votes)
    unsure = sum(fold(vote) == _UNSURE for vote in votes)
    if unsure * 2 >= len(votes) or safe * 2 == len(votes):
        raise RowLeftOut("on which its annotators do not agree")
    if safe * 2 > len(votes):
        said = {HARM: CLEAN}
    else:
        words = Counter(word for vote in votes for word in {fold(part): part for part in words_of(vote)}.values())
        most = max(words.values(), default=0)
        said = judged(HARM, True, [word for word, count in words.items() if count * 2 >= most], reading, Origin.USER)  # noqa: FBT003
    yield one(place, text, said, Stage.INPUT, Origin.USER)


def ai4privacy(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """ai4privacy's PII masking sets: `source_text` or `unmasked_text`, and `privacy_mask` with each span's label."""
    text = text_of(record, "source_text" if "source_text" in record else "unmasked_text")
    labels = [str(span.get("label", "")) for span in _list(record, "privacy_mask") if isinstance(span, dict)]
    words = [label.rstrip("0123456789_") or label for label in labels]
    yield one(place, text, _personal(words, reading), Stage.INPUT, Origin.USER)


def gretel_pii(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """Gretel's PII masking set: `text` and `entities`, each with its `types`."""
    entities = [entity for entity in _list(record, "entities") if isinstance(entity, dict)]
    labels = [str(label) for entity in entities for label in entity.get("types", ())]
    yield one(place, text_of(record, "text"), _personal(labels, reading), Stage.INPUT, Origin.USER)


def jailbreak_type(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """Jailbreak classification sets: `prompt` and `type`, `jailbreak` or `benign`."""
    yield _attack(place, text_of(record, "prompt"), _word(record, "type"), reading)


def jailbreak_flag(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """In-the-wild jailbreak sets: `prompt` and `jailbreak`, true or false."""
    yield _attack(place, text_of(record, "prompt"), flag(record, "jailbreak"), reading)


def prompt_injections(record: Record, place: Place, reading: Reading) -> Iterator[Sample]:
    """Prompt injection sets: `text` and `label`, 1 or 0, or `jailbreak`, `injection` or `benign`."""
    yield _attack(place, text_of(record, "text"), _word(record, "label"), reading)


def _attack(place: Place, text: str, is_bad: bool, reading: Reading) -> Sample:  # noqa: FBT001 - the label
    origin = reading.origin or Origin.USER
    return one(place, text, judged(SHIELD, is_bad, (), reading, origin), Stage.INPUT, origin)


def _word(record: Record, column: str) -> bool:
    value = record.get(column)
    if isinstance(value, str) and fold(value) in {"jailbreak", "injection", "promptinjection", "attack"}:
        return True
    return flag(record, column)


def _personal(labels: list[str], reading: Reading) -> dict[str, Said]:
    return judged(PERSONAL, bool(labels), labels, reading, Origin.USER)


def _categories(words: Any, reading: Reading) -> frozenset[str]:  # noqa: ANN401 - any strings
    meanings = (reading.vocabulary.meaning(word) for word in words)
    return frozenset(meaning.category for meaning in meanings if meaning is not None and meaning.category is not None)


def _list(record: Record, column: str) -> list[Any]:
    """A list of the row, also when it is written as text in JSON or as Python prints it."""
    value = record.get(column)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise RowProblem(f"{column} must be a list in JSON") from None
    if not isinstance(value, list):
        raise RowProblem(f"{column} must be a list")
    return value
