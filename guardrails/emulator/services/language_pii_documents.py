"""The `analysisInput` and answer frame that both kinds of `:analyze-text` share."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from guardrails.emulator.detect.text_units import TextUnits
from guardrails.emulator.scenarios import Effect
from guardrails.emulator.services.language_pii_errors import (
    EMPTY,
    LONG_WORDS,
    TOO_LARGE,
    Refused,
    document_error,
    scripted_error,
)

_LARGEST_DOCUMENT: Final = 5120
_RECORD: Final = 1000
_LONG_WORD: Final = re.compile(r"\S{65}")


@dataclass(frozen=True, slots=True)
class Document:
    """One document: `fields` are its other string fields, such as `language`; `units` counts its text."""

    identifier: str
    text: str
    fields: Mapping[str, str]
    units: TextUnits


def documents_of(body: Mapping[str, object], *, most: int) -> list[Document]:
    """Return the documents of a request.

    Raises:
        Refused: without documents, with more than `most`, with one that is not `{"id": str, "text": str, ...}` and with
            two of one id.
    """
    analysis = body.get("analysisInput")
    raw = analysis.get("documents") if isinstance(analysis, dict) else None
    if not isinstance(raw, list) or not raw:
        raise Refused("MissingInputDocuments", "Missing input documents.")
    if len(raw) > most:
        message = f"Batch request contains too many records. Max {most} records are permitted."
        raise Refused("InvalidDocumentBatch", message, outer="Invalid document in request.")
    documents = [_document(entry) for entry in raw]
    if len({document.identifier for document in documents}) < len(documents):
        message = "Request contains duplicated Ids. Make sure each document has a unique Id."
        raise Refused("InvalidDocument", message, outer="Invalid document in request.")
    return documents


def _document(entry: object) -> Document:
    if not isinstance(entry, dict):
        raise Refused("InvalidRequestBodyFormat", "analysisInput.documents must hold objects.")
    identifier, text = entry.get("id"), entry.get("text")
    if not isinstance(identifier, str) or not identifier:
        raise Refused("InvalidDocument", "Document must have an id.", outer="Invalid document in request.")
    if text is not None and not isinstance(text, str):
        raise Refused("InvalidRequestBodyFormat", "The text of a document must be a string.")
    others = {name: value for name, value in entry.items() if name not in {"id", "text"} and value is not None}
    if not all(isinstance(value, str) for value in others.values()):
        raise Refused("InvalidRequestBodyFormat", "language and countryHint of a document must be strings.")
    return Document(identifier, text or "", others, TextUnits(text or ""))


def error_of(document: Document, effect: Effect) -> dict[str, object] | None:
    """The error of a document that a scenario fails, that is empty or that has more than 5,120 text elements."""
    scripted = effect.document_error
    if scripted is not None and (not effect.document_ids or document.identifier in effect.document_ids):
        return scripted_error(document.identifier, scripted)
    if not document.text.strip():
        return document_error(document.identifier, "InvalidDocument", EMPTY)
    if document.units.elements > _LARGEST_DOCUMENT:
        return document_error(document.identifier, "InvalidDocument", TOO_LARGE)
    return None


def warnings_of(document: Document) -> list[dict[str, str]]:
    """`LongWordsInDocument` when a word has more than 64 characters."""
    if _LONG_WORD.search(document.text) is None:
        return []
    return [{"code": "LongWordsInDocument", "message": LONG_WORDS}]


def transactions_of(document: Document) -> int:
    """How many text records (1,000 text elements each) a document is billed as."""
    return max(1, -(-document.units.elements // _RECORD))


def statistics_of(document: Document) -> dict[str, int]:
    """The `statistics` of one document, for `showStats=true`."""
    return {"charactersCount": document.units.elements, "transactionsCount": transactions_of(document)}


def results_of(
    answers: list[dict[str, object]],
    errors: list[dict[str, object]],
    *,
    transactions: int,
    model_version: str,
    show_statistics: bool,
) -> dict[str, object]:
    """The `results` object around the documents' answers."""
    results: dict[str, object] = {"documents": answers, "errors": errors, "modelVersion": model_version}
    if show_statistics:
        results["statistics"] = {
            "documentsCount": len(answers) + len(errors),
            "validDocumentsCount": len(answers),
            "erroneousDocumentsCount": len(errors),
            "transactionsCount": transactions,
        }
    return results
