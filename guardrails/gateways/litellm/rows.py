"""The messages that LiteLLM shows beside its texts, walked as LiteLLM walks them to collect the texts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Place = tuple[int, ...]
"""Where a text stands: the number of its message, and that of its part where the content has parts."""


def texts_in(rows: Sequence[Any]) -> Iterator[tuple[Place, str]]:
    """Every content, and every part that has a `text`, whatever its type; empty ones too."""
    for number, row in enumerate(rows):
        content = row.get("content") if isinstance(row, dict) else None
        if isinstance(content, str):
            yield (number,), content
        elif isinstance(content, list):
            for index, part in enumerate(content):
                text = part.get("text") if isinstance(part, dict) else None
                if isinstance(text, str):
                    yield (number, index), text


def lined_up(texts: Iterable[str], standing: Iterable[tuple[Place, str]]) -> tuple[Place, ...] | None:
    """Where each of the texts stands, in their order; None where one stands nowhere. Others may stand between them."""
    found: list[Place] = []
    places = iter(standing)
    for text in texts:
        place = next((place for place, there in places if there == text), None)
        if place is None:
            return None
        found.append(place)
    return tuple(found)


def pointer_of(place: Place) -> str:
    """The pointer of the text at a place."""
    number, *part = place
    return f"/messages/{number}/content/{part[0]}/text" if part else f"/messages/{number}/content"


def text_at(rows: Sequence[Any], place: Place) -> str:
    """The text at a place."""
    number, *part = place
    content = rows[number]["content"]
    text: str = content[part[0]]["text"] if part else content
    return text


def untold(calls: Any, rows: Sequence[Any]) -> Any:  # noqa: ANN401 - any JSON
    """What calls of tools hold that the messages do not: LiteLLM leaves fields out there that it does not know."""
    shown = [call for row in rows if isinstance(row, dict) for call in _list(row.get("tool_calls"))]
    if not isinstance(calls, list) or len(calls) != len(shown):
        return calls
    rest = [_beside(call, known) for call, known in zip(calls, shown, strict=True)]
    return rest if any(rest) else []


def images_in(rows: Sequence[Any]) -> set[str]:
    """The addresses of all images of content parts."""
    contents = [_list(row.get("content")) for row in rows if isinstance(row, dict)]
    held = [part.get("image_url") for content in contents for part in content if isinstance(part, dict)]
    urls = [image.get("url") if isinstance(image, dict) else image for image in held]
    return {url for url in urls if isinstance(url, str)}


def _beside(call: Any, known: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(call, dict) or not isinstance(known, dict):
        return call if call != known else None
    return {name: value for name, value in call.items() if name not in known or known[name] != value}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
