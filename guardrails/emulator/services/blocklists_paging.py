"""Azure's list paging: `top` entries after `skip`, at most `maxpagesize` of them per answer, the rest by `nextLink`."""

from typing import Final

from aiohttp import web

from guardrails.emulator.services.content_safety_requests import Refused

_PAGE: Final = 100
_LARGEST: Final = 1_000_000


def page_of(request: web.Request, entries: list[dict[str, object]]) -> dict[str, object]:
    """The page a request asks for.

    Raises:
        Refused: when top, skip or maxpagesize is not a number in its range.
    """
    skip = _number(request, "skip", 0, least=0)
    top = _number(request, "top", _LARGEST, least=0)
    size = min(_number(request, "maxpagesize", _PAGE, least=1), _PAGE, top)
    answer: dict[str, object] = {"value": entries[skip : skip + size]}
    if skip + size < len(entries) and top > size:
        query = {"skip": str(skip + size), "maxpagesize": str(size)} | (
            {"top": str(top - size)} if top < _LARGEST else {}
        )
        answer["nextLink"] = str(request.url.update_query(query))
    return answer


def _number(request: web.Request, name: str, default: int, *, least: int) -> int:
    given = request.query.get(name)
    if given is None:
        return default
    if (
        len(given) > len(str(_LARGEST))
        or not (given.isascii() and given.isdecimal())
        or not least <= int(given) <= _LARGEST
    ):
        raise Refused(f"The query parameter {name} must be a whole number from {least} on")
    return int(given)
