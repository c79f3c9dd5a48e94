"""Bodies and answers in which a plant stands in two halves."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from server.leaks.bodies import HELLO
from server.leaks.maximal import MODEL
from server.leaks.plants import PLANTS

Halves = tuple[str, str]


def halves(plant: str) -> Halves:
    """The plant's text cut in the middle, each half with words around it that join to a sentence."""
    text = PLANTS[plant].text
    middle = text.index("previous") if plant == "attack" else len(text) // 2
    return f"Please note this: {text[:middle]}", f"{text[middle:]} Thank you."


def _body(*messages: Mapping[str, Any]) -> dict[str, Any]:
    return {"model": MODEL, "messages": [*messages]}


def _parts(both: Halves) -> list[dict[str, str]]:
    return [{"type": "text", "text": half} for half in both]


def _answer(*contents: object) -> dict[str, Any]:
    choices = [
        {"index": index, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        for index, content in enumerate(contents)
    ]
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": choices,
        "usage": usage,
    }


def _call(arguments: str) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": arguments}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


BUILDERS: Mapping[str, Callable[[Halves], dict[str, Any]]] = {
    "two text parts of one user message": lambda both: _body({"role": "user", "content": _parts(both)}),
    "two text parts of one tool result": lambda both: _body(
        {"role": "tool", "tool_call_id": "call_1", "content": _parts(both)}, HELLO
    ),
    "two turns of the user": lambda both: _body(
        {"role": "user", "content": both[0]},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": both[1]},
    ),
    "two string leaves of one tool call's arguments": lambda both: _body(
        _call(json.dumps({"a": both[0], "b": both[1]})), HELLO
    ),
    "two text parts of one answer": lambda both: _answer(_parts(both)),
    "two choices": lambda both: _answer(*both),
}
"""By the words of `table.SPLITS`."""
