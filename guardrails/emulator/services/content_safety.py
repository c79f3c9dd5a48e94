"""Content Safety: `text:analyze`, `image:analyze` and `text:detectProtectedMaterial` (api-version 2024-09-01)."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from guardrails.emulator.azure_errors import json_answer
from guardrails.emulator.detect.harm import CATEGORIES, severities, trim
from guardrails.emulator.detect.protected_material import is_protected
from guardrails.emulator.services.blocklists import matches_in
from guardrails.emulator.services.content_safety_images import marked_severities, read_image
from guardrails.emulator.services.content_safety_requests import (
    Refused,
    answering,
    flag_of,
    path,
    read_object,
    strings_of,
    text_of,
)

_FOUR, _EIGHT = "FourSeverityLevels", "EightSeverityLevels"


def add_routes(app: web.Application) -> None:
    """Add the three operations."""
    app.router.add_post(path("text:analyze"), answering(_analyze_text))
    app.router.add_post(path("image:analyze"), answering(_analyze_image))
    app.router.add_post(path("text:detectProtectedMaterial"), answering(_detect_protected_material))


async def _analyze_text(request: web.Request) -> web.Response:
    body = await read_object(request)
    text = text_of(body, "text")
    categories = _categories(body)
    levels = _output_type(body, (_FOUR, _EIGHT))
    halt = flag_of(body, "haltOnBlocklistHit")
    matches = matches_in(request, text, strings_of(body, "blocklistNames") or [])
    found = {} if halt and matches else severities(text)
    analysis = _analysis(found, categories, levels)
    return json_answer({"blocklistsMatch": matches, "categoriesAnalysis": analysis})


async def _analyze_image(request: web.Request) -> web.Response:
    body = await read_object(request)
    categories = _categories(body)
    levels = _output_type(body, (_FOUR,))
    found = marked_severities(read_image(body.get("image")))
    return json_answer({"categoriesAnalysis": _analysis(found, categories, levels)})


async def _detect_protected_material(request: web.Request) -> web.Response:
    text = text_of(await read_object(request), "text")
    return json_answer({"protectedMaterialAnalysis": {"detected": is_protected(text)}})


def _categories(body: Mapping[str, object]) -> Sequence[str]:
    """The categories asked for, in Azure's order; all four when none are named."""
    names = strings_of(body, "categories")
    if not names:
        return CATEGORIES
    unknown = [name for name in names if name not in CATEGORIES]
    if unknown:
        raise Refused(f"Deserialize failed: categories must be of {', '.join(CATEGORIES)}")
    return [category for category in CATEGORIES if category in names]


def _output_type(body: Mapping[str, object], known: Sequence[str]) -> str:
    value = body.get("outputType")
    if value is None:
        return _FOUR
    if not isinstance(value, str) or value not in known:
        raise Refused(f"Deserialize failed: outputType must be {' or '.join(known)}")
    return value


def _analysis(found: Mapping[str, int], categories: Sequence[str], levels: str) -> list[dict[str, object]]:
    """One entry per category found; none at all when a blocklist hit ended the analysis."""
    if not found:
        return []
    return [
        {"category": category, "severity": found[category] if levels == _EIGHT else trim(found[category])}
        for category in categories
    ]
