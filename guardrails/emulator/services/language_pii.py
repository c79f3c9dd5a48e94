"""Azure AI Language `POST /language/:analyze-text`: PiiEntityRecognition and LanguageDetection."""

from collections.abc import Mapping
from typing import Final

import orjson
from aiohttp import web

from guardrails.emulator.azure_errors import json_answer
from guardrails.emulator.services.language_pii_answers import analyze_documents
from guardrails.emulator.services.language_pii_detection import detect_documents
from guardrails.emulator.services.language_pii_errors import Refused
from guardrails.emulator.state import API_VERSION, EFFECT

_PATH: Final = "/language/:analyze-text"
_LARGEST_REQUEST: Final = 1024 * 1024
_KINDS: Final = {"PiiEntityRecognition": analyze_documents, "LanguageDetection": detect_documents}


def add_routes(app: web.Application) -> None:
    """Add the operation."""
    app.router.add_post(_PATH, _analyze_text)


async def _analyze_text(request: web.Request) -> web.Response:
    try:
        body = _body(await request.read())
        kind = _kind(body)
        statistics = request.query.get("showStats", "false").lower() == "true"
        results, records = _KINDS[kind](body, request[API_VERSION], request[EFFECT], show_statistics=statistics)
    except Refused as refused:
        return refused.answer()
    usage = f"CognitiveServices.TextAnalytics.BatchScoring=1,CognitiveServices.TextAnalytics.TextRecords={records}"
    return json_answer({"kind": f"{kind}Results", "results": results}, headers={"csp-billing-usage": usage})


def _kind(body: Mapping[str, object]) -> str:
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise Refused("InvalidParameterValue", f"kind must be one of {', '.join(_KINDS)} in this emulator.")
    return kind


def _body(raw: bytes) -> Mapping[str, object]:
    if len(raw) > _LARGEST_REQUEST:
        raise Refused("InvalidRequest", "The request must not be larger than 1 MB.", status=413)
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refused("InvalidRequestBodyFormat", "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise Refused("InvalidRequestBodyFormat", "The request body must be a JSON object.")
    return body
