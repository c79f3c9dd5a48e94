"""The errors of Azure AI Language: of a whole request, and of one document inside a 200.

Bodies of `InvalidDocumentBatch`, the too large and the empty document, and the unsupported language are recorded real
ones; the others follow their shape with the codes of the specification.
"""

from typing import Final

from aiohttp import web

from guardrails.emulator.azure_errors import azure_error

TOO_LARGE: Final = (
    "A document within the request was too large to be processed. Limit document size to: 5120 text elements. For"
    " additional details on the data limitations see https://aka.ms/text-analytics-data-limits"
)
EMPTY: Final = "Document text is empty."
LONG_WORDS: Final = (
    "The document contains very long words (longer than 64 characters). These words will be truncated and may result in"
    " unreliable model predictions."
)


class Refused(Exception):
    """A request that is refused as a whole: `inner` is the `innererror.code`, the text its message."""

    def __init__(self, inner: str, message: str, *, outer: str = "Invalid Request.", status: int = 400) -> None:
        super().__init__(message)
        self.inner = inner
        self.outer = outer
        self.status = status

    def answer(self) -> web.Response:
        """The refusal as Azure's error body."""
        inner = {"code": self.inner, "message": str(self)}
        return azure_error(self.status, "InvalidRequest", self.outer, inner=inner)


def invalid_parameter(message: str) -> Refused:
    """A parameter with a wrong value, or one the api-version does not know."""
    return Refused("InvalidParameterValue", message, outer="Invalid parameter in request.")


def document_error(identifier: str, inner: str, message: str, *, outer: str | None = None) -> dict[str, object]:
    """The entry of one failed document in `results.errors`."""
    error = {
        "code": "InvalidArgument",
        "message": outer or "Invalid document in request.",
        "innererror": {"code": inner, "message": message},
    }
    return {"id": identifier, "error": error}


def unsupported_language(identifier: str, supported: str) -> dict[str, object]:
    """The error of a document whose language code the service does not know."""
    message = (
        f"Invalid language code. Supported languages: {supported}. For additional details see"
        " https://aka.ms/text-analytics/language-support"
    )
    return document_error(identifier, "UnsupportedLanguageCode", message, outer="Invalid Language Code.")


def scripted_error(identifier: str, inner: str) -> dict[str, object]:
    """The error a scenario puts on a document, by its `innererror.code`."""
    messages = {"InvalidDocument": EMPTY, "UnsupportedLanguageCode": "Invalid language code."}
    if inner in {"InternalServerError", "ServiceUnavailable", "Timeout"}:
        entry = document_error(identifier, inner, "The document could not be processed.")
        entry["error"] = {
            "code": "InternalServerError",
            "message": "Internal Server Error.",
            "innererror": {"code": inner},
        }
        return entry
    return document_error(identifier, inner, messages.get(inner, "The document could not be processed."))
