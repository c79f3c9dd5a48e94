"""LanguageDetection of `:analyze-text`."""

import re
from collections.abc import Mapping
from typing import Final

from guardrails.emulator.detect.language import Detected, detect_language
from guardrails.emulator.scenarios import Effect
from guardrails.emulator.services.language_pii_documents import (
    Document,
    documents_of,
    error_of,
    results_of,
    statistics_of,
    transactions_of,
)
from guardrails.emulator.services.language_pii_errors import (
    Refused,
    document_error,
    invalid_parameter,
)
from guardrails.emulator.services.language_pii_parameters import model_version_of

_MOST_DOCUMENTS: Final = 1000
_SCRIPTS_SINCE: Final = "2023-11-15-preview"
_KNOWN: Final = frozenset({"modelVersion", "loggingOptOut"})
_NO_HINT: Final = frozenset({"", "none"})
_HINT: Final = re.compile(r"[A-Za-z]{2}")


def detect_documents(
    body: Mapping[str, object], api_version: str, effect: Effect, *, show_statistics: bool
) -> tuple[dict[str, object], int]:
    """Return the `results` of a request and how many text records it is billed.

    Raises:
        Refused: when the request as a whole is wrong.
    """
    documents = documents_of(body, most=_MOST_DOCUMENTS)
    version = model_version_of(_parameters(body))
    answers: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    transactions = 0
    for document in documents:
        error = error_of(document, effect) or _hint_error(document)
        if error is not None:
            errors.append(error)
            continue
        transactions += transactions_of(document)
        hint = document.fields.get("countryHint", "us")
        detected = detect_language(document.text, "us" if hint in _NO_HINT else hint)
        answer: dict[str, object] = {
            "id": document.identifier,
            "detectedLanguage": _as_answer(detected, api_version),
            "warnings": [],
        }
        if show_statistics:
            answer["statistics"] = statistics_of(document)
        answers.append(answer)
    results = results_of(
        answers, errors, transactions=transactions, model_version=version, show_statistics=show_statistics
    )
    return results, transactions


def _parameters(body: Mapping[str, object]) -> Mapping[str, object]:
    raw = body.get("parameters")
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise Refused("InvalidRequestBodyFormat", "parameters must be an object.")
    for name in raw:
        if name not in _KNOWN:
            raise invalid_parameter(f"The parameter {name[:64]} is not known for LanguageDetection.")
    return {name: value for name, value in raw.items() if value is not None}


def _hint_error(document: Document) -> dict[str, object] | None:
    hint = document.fields.get("countryHint", "")
    if hint not in _NO_HINT and _HINT.fullmatch(hint) is None:
        message = "Country hint is not valid. Please specify an ISO 3166-1 alpha-2 two letter country code."
        return document_error(document.identifier, "InvalidCountryHint", message, outer="Invalid Country Hint.")
    return None


def _as_answer(detected: Detected, api_version: str) -> dict[str, object]:
    answer: dict[str, object] = {
        "name": detected.name,
        "iso6391Name": detected.code,
        "confidenceScore": detected.confidence,
    }
    if detected.script is not None and api_version >= _SCRIPTS_SINCE:
        answer |= {"scriptName": detected.script, "scriptIso15924Code": detected.script_code}
    return answer
