"""The shapes of Azure AI Language's PII recognition.

Source: Azure/azure-rest-api-specs LanguageAnalyzeText (kind PiiEntityRecognition), data limits of 2025-11-18.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from guardrails.checks.answers import Answer, bad, read
from guardrails.checks.pii.options import AUTO, AUTO_SINCE, PiiOptions

PATH: Final = "/language/:analyze-text"

TEXT_LIMIT: Final = 5120
"""Text elements a document may have. An element is one code point or more, so 5,120 code points always fit."""

DOCUMENTS_PER_CALL: Final = 5
"""With five full documents of six bytes a character (an escaped control character) a request has 154 kB of its 1 MB."""

FALLBACK_LANGUAGE: Final = "en"
"""The service's own default, sent where `auto` is asked of an api-version without it."""

_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


class _Entity(Answer):
    text: str = Field(repr=False)
    category: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,127}$")]
    type: str | None = None
    subcategory: str | None = None
    offset: Annotated[int, Field(ge=0)]
    length: Annotated[int, Field(ge=1)]
    confidenceScore: Annotated[float, Field(ge=0, le=1)]  # noqa: N815 - the wire's name

    def kinds(self) -> tuple[str, ...]:
        """The names the service gives it, the general one first."""
        return tuple(name for name in (self.category, self.type, self.subcategory) if name)


class _Warning(Answer):
    code: str


class _Document(Answer):
    id: str
    entities: list[_Entity]
    warnings: list[_Warning] = Field(default_factory=list)


class _InnerError(Answer):
    code: str | None = None


class _Error(Answer):
    code: str
    innererror: _InnerError | None = None


class _DocumentError(Answer):
    id: str
    error: _Error


class _Results(Answer):
    documents: list[_Document]
    errors: list[_DocumentError]


class _Body(Answer):
    kind: Literal["PiiEntityRecognitionResults"]
    results: _Results


@dataclass(frozen=True, slots=True)
class Entity:
    """What the service saw: the category a policy knows it by, a closer name if it has one, confidence and place."""

    category: str
    kind: str | None
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A document's outcome: its entities and warnings, or the code of the error that kept it from being read."""

    entities: tuple[Entity, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str | None = None


def language_to_send(language: str, api_version: str) -> str:
    """The language as this api-version understands it."""
    return FALLBACK_LANGUAGE if language == AUTO and api_version[:10] < AUTO_SINCE else language


def request(texts: Sequence[str], options: PiiOptions, language: str) -> dict[str, object]:
    """The body for up to five texts; each has its place in the sequence as its id."""
    parameters: dict[str, object] = {"stringIndexType": "UnicodeCodePoint", "loggingOptOut": True}
    if options.categories is not None:
        parameters["piiCategories"] = options.categories
    if options.domain != "none":
        parameters["domain"] = options.domain
    if options.model_version is not None:
        parameters["modelVersion"] = options.model_version
    if options.disable_entity_validation:
        parameters["disableEntityValidation"] = True
    documents = [{"id": str(index), "language": language, "text": text} for index, text in enumerate(texts)]
    return {"kind": "PiiEntityRecognition", "parameters": parameters, "analysisInput": {"documents": documents}}


def answer(body: Any, texts: Sequence[str], options: PiiOptions, calls: int) -> tuple[Judged, ...]:
    """The outcome of each text, in the order they were sent.

    Raises:
        ServiceError: `bad_response`: another shape, a document that is missing, unknown or there twice, or a span that
            does not hold the text it is said to hold.
    """
    results = read(_Body, body, calls).results
    outcomes: dict[str, Judged] = {}
    for failed in results.errors:
        inner = failed.error.innererror
        outcomes[failed.id] = Judged(error=_code((inner and inner.code) or failed.error.code))
    ids = [str(index) for index in range(len(texts))]
    answered = [document.id for document in results.documents] + [failed.id for failed in results.errors]
    if sorted(answered) != sorted(ids):
        raise bad("it does not speak of each document exactly once", calls)
    for document in results.documents:
        outcomes[document.id] = _judged(document, texts[int(document.id)], options, calls)
    return tuple(outcomes[id_] for id_ in ids)


def _judged(document: _Document, text: str, options: PiiOptions, calls: int) -> Judged:
    entities: list[Entity] = []
    for entity in document.entities:
        end = entity.offset + entity.length
        if end > len(text) or not _same(text[entity.offset : end], entity.text):
            raise bad("an entity's span does not hold its text", calls)
        kinds = entity.kinds()
        category = next((kind for kind in kinds if options.wanted is None or kind in options.wanted), None)
        if category is None:
            continue
        kind = next((other for other in kinds[1:] if other != category and _CODE.fullmatch(other)), None)
        entities.append(Entity(category, kind, entity.confidenceScore, entity.offset, end))
    return Judged(tuple(entities), tuple(_code(warning.code) for warning in document.warnings))


def _same(ours: str, theirs: str) -> bool:
    """Whether two texts differ at most in white space and in how their characters are composed."""
    return ours == theirs or _plain(ours) == _plain(theirs)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _code(code: str) -> str:
    """A code of the service, if it looks like one: it goes into reports and logs, where no content may go."""
    return code if _CODE.fullmatch(code) else "unknown"
