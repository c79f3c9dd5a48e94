"""PiiEntityRecognition: from checked documents and parameters to entities, redacted text and per-document errors."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from guardrails.emulator.detect.language import UNKNOWN, Detected, detect_language
from guardrails.emulator.detect.pii import find_candidates, settle
from guardrails.emulator.detect.pii_catalogue import name_in, tags_of
from guardrails.emulator.detect.scan import Candidate
from guardrails.emulator.detect.text_units import TextUnits
from guardrails.emulator.scenarios import Effect
from guardrails.emulator.services.language_pii_documents import (
    Document,
    documents_of,
    error_of,
    results_of,
    statistics_of,
    transactions_of,
    warnings_of,
)
from guardrails.emulator.services.language_pii_errors import unsupported_language
from guardrails.emulator.services.language_pii_parameters import PiiParameters, parameters_of
from guardrails.emulator.services.language_pii_redaction import mask_fields, redact

_MOST_DOCUMENTS: Final = 5
_TYPES_SINCE: Final = "2025-11-01"
_AUTO_SINCE: Final = "2025-11-01"
LANGUAGES: Final = (
    "af am ar as az bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id it ja ka kk km kn "
    "ko ku ky lo lt lv mg mk ml mn mr ms my ne nl no or pa pl ps pt pt-br pt-pt ro ru sk sl so sq sr ss sv sw ta "
    "te th tr ug uk ur uz vi zh zh-hans zh-hant"
)
_KNOWN_LANGUAGES: Final = frozenset(LANGUAGES.split())


def analyze_documents(
    body: Mapping[str, object], api_version: str, effect: Effect, *, show_statistics: bool
) -> tuple[dict[str, object], int]:
    """Return the `results` of a request and how many text records it is billed.

    Raises:
        Refused: when the request as a whole is wrong.
    """
    documents = documents_of(body, most=_MOST_DOCUMENTS)
    parameters = parameters_of(body, api_version)
    answers: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    transactions = 0
    for document in documents:
        error = error_of(document, effect) or _language_error(document, api_version)
        if error is not None:
            errors.append(error)
            continue
        transactions += transactions_of(document)
        answers.append(_answer(document, parameters, api_version, show_statistics=show_statistics))
    results = results_of(
        answers,
        errors,
        transactions=transactions,
        model_version=parameters.model_version,
        show_statistics=show_statistics,
    )
    return results, transactions


def _language_error(document: Document, api_version: str) -> dict[str, object] | None:
    language = document.fields.get("language", "en").lower()
    if language == "auto" and api_version >= _AUTO_SINCE:
        return None
    if language not in _KNOWN_LANGUAGES:
        return unsupported_language(document.identifier, ", ".join(LANGUAGES.split()))
    return None


def _answer(
    document: Document, parameters: PiiParameters, api_version: str, *, show_statistics: bool
) -> dict[str, object]:
    language = document.fields.get("language", "en").lower()
    detected = detect_language(document.text) if language == "auto" else None
    if detected is not None:
        language = "en" if detected is UNKNOWN else detected.code.split("_")[0]
    entities = _entities(document, parameters, language.split("-")[0])
    redaction = redact(document.text, entities, parameters.policies)
    answer: dict[str, object] = {"id": document.identifier}
    if redaction.text is not None:
        answer["redactedText"] = redaction.text
    rendered = [
        _entity(document, entity, parameters.index_type, with_type=api_version >= _TYPES_SINCE) for entity in entities
    ]
    redacted = TextUnits(redaction.text or "")
    for index, mask in redaction.masks.items():
        rendered[index] |= mask_fields(mask, redacted, parameters.index_type)
    answer["entities"] = rendered
    answer["warnings"] = warnings_of(document)
    if show_statistics:
        answer["statistics"] = statistics_of(document)
    if detected is not None:
        answer["detectedLanguage"] = _detected(detected)
    return answer


def _entities(document: Document, parameters: PiiParameters, language: str) -> list[Candidate]:
    """The entities to answer under the names of the api-version, in order of position."""
    synonyms = {
        category: frozenset(
            max(synonym.lower().split(), key=len, default="") for synonym, of in pairs if of in {"", language}
        )
        for category, pairs in parameters.synonyms.items()
    }
    found = find_candidates(document.text, language, proofs=parameters.validate, synonyms=synonyms)
    wanted = []
    for candidate in found:
        name = name_in(candidate.category, parameters.wanted)
        if name not in parameters.wanted or candidate.category in parameters.excluded:
            continue
        if candidate.confidence >= parameters.threshold.of(name, language):
            wanted.append(replace(candidate, category=name))
    return [entity for entity in settle(wanted, document.units) if not _is_excluded(document, entity, parameters)]


def _is_excluded(document: Document, entity: Candidate, parameters: PiiParameters) -> bool:
    value = document.text[entity.start : entity.end]
    return (value if parameters.case_sensitive else value.casefold()) in parameters.excluded_values


def _entity(document: Document, entity: Candidate, index_type: str, *, with_type: bool) -> dict[str, object]:
    start = document.units.position(entity.start, index_type)
    answer: dict[str, object] = {
        "text": document.text[entity.start : entity.end],
        "category": entity.category,
        "offset": start,
        "length": document.units.position(entity.end, index_type) - start,
        "confidenceScore": entity.confidence,
    }
    if with_type:
        answer["type"] = entity.category
        answer["tags"] = tags_of(entity.category, entity.confidence)
    return answer


def _detected(detected: Detected) -> dict[str, object]:
    return {"name": detected.name, "iso6391Name": detected.code, "confidenceScore": detected.confidence}
