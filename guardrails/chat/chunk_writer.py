"""The frames of a stream that are ours: one with other text in it, and the one that ends a stream early."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from guardrails.chat.chunk import decoded
from guardrails.chat.filter_results import FILTERED
from guardrails.chat.piece import Path
from guardrails.chat.sse import DONE, event, with_data


@dataclass(frozen=True, slots=True)
class Left:
    """What a cut leaves of one choice: characters of its content that went on, and that came from the model.

    `received` is None where nobody read the stream.
    """

    choice: int
    released: int
    received: int | None


def rewritten(raw: bytes, data: bytes, changes: Mapping[Path, str]) -> bytes:
    """A frame with other strings at some paths. Everything else stays, `logprobs` of the changed choices excepted."""
    body = decoded(data)
    for path, text in changes.items():
        place: Any = body
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = text
        choice = body["choices"][path[1]]
        if choice.get("logprobs") is not None:
            choice["logprobs"] = None
    return with_data(raw, orjson.dumps(body))


def cut(envelope: Mapping[str, Any], left: Iterable[Left], results: Mapping[str, Any], refusal: str | None) -> bytes:
    """The last chunk of a stream that ends here, and `[DONE]`, as Azure OpenAI ends a filtered stream.

    Args:
        envelope: `id`, `created`, `model`, `system_fingerprint` of the stream's own chunks.
        left: The choices that end here.
        results: The `content_filter_results` of each.
        refusal: The sentence that callers are told, if any.
    """
    chunk = {
        "id": _text(envelope.get("id")),
        "object": "chat.completion.chunk",
        "created": envelope["created"] if isinstance(envelope.get("created"), int) else 0,
        "model": _text(envelope.get("model")),
        **{name: envelope[name] for name in ("system_fingerprint",) if isinstance(envelope.get(name), str)},
        "choices": [
            {
                "index": end.choice,
                "delta": {} if refusal is None else {"refusal": refusal},
                "logprobs": None,
                "finish_reason": FILTERED,
                "content_filter_results": dict(results),
                **_offsets(end),
            }
            for end in left
        ],
    }
    return event(orjson.dumps(chunk)) + event(DONE)


def _offsets(end: Left) -> dict[str, Any]:
    if end.received is None:
        return {}
    at = end.released
    return {"content_filter_offsets": {"check_offset": at, "start_offset": at, "end_offset": end.received}}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
