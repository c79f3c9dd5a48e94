"""One frame of a streamed completion: every string it carries, with its place.

The addresses are those of the whole answer: `delta.content` of the choice with index 0 is a piece of
`/choices/0/message/content`, however many choices and calls a frame holds and in which order.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from guardrails.chat.address import child
from guardrails.chat.delta import BEFORE_CONTENT, Delta, Walk
from guardrails.chat.json_text import compact
from guardrails.chat.leaves import has_text
from guardrails.chat.model_filter import told_by_answer
from guardrails.chat.piece import Aside, Chunk, Path, Unreadable, list_of, number_of, object_of
from guardrails.chat.protocol import ANSWER, CHOICE, is_word
from guardrails.chat.response import MAX_CHOICES
from guardrails.chat.sse import Frame
from guardrails.chat.tree import MAX_DEPTH, is_field_name, require_sound
from guardrails.domain.errors import InvalidRequest, TooLarge

_MESSAGES: Final = ("delta", "message")
_PADDING: Final = "obfuscation"
_ENVELOPE: Final = ("id", "created", "model", "system_fingerprint")


def read(data: bytes) -> Chunk:
    """The chunk in a frame's data.

    Raises:
        Unreadable: it is not JSON in UTF-8, no chunk, holds something of a wrong type where the type decides what is
            read, text that UTF-8 cannot carry, or content that is no text.
    """
    body = decoded(data)
    chunk = _chunk(body, data)
    choices = body.get("choices")
    for position, choice in enumerate(list_of(choices, "choices")):
        _read_choice(object_of(choice, "a choice"), ("choices", position), chunk)
    for name, value in body.items():
        if name in ANSWER or name == "choices" or not has_text(value):
            continue
        if not is_field_name(name):
            chunk.asides.append(Aside("", compact({name: value})))
        elif name != _PADDING or not (isinstance(value, str) and value.isascii() and value.isalnum()):
            chunk.asides.append(Aside(child("", name), _whole(value)))
    return chunk


def noted(data: bytes) -> Chunk:
    """A chunk of which only its choices are known, and which of them end: for streams that nobody judges.

    Raises:
        Unreadable: it is no JSON object.
    """
    body = decoded(data)
    chunk = _chunk(body, data)
    choices = body.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        index = choice.get("index") if isinstance(choice, dict) else None
        if isinstance(index, int) and 0 <= index < MAX_CHOICES:
            chunk.begun.add(index)
            if choice.get("finish_reason") is not None:
                chunk.finished.add(index)
    return chunk


def _chunk(body: dict[str, Any], data: bytes) -> Chunk:
    told = told_by_answer(body) if b"content_filter" in data else ((), ())
    return Chunk(envelope={name: body[name] for name in _ENVELOPE if body.get(name)}, told=told)


def said_beside(frame: Frame) -> list[Aside]:
    """What a frame says in lines that are no data, such as comments: nobody should show it, and everybody could.

    Raises:
        Unreadable: it is not UTF-8.
    """
    beside = frame.beside
    if not beside:
        return []
    try:
        text = beside.decode()
    except UnicodeDecodeError:
        raise Unreadable("a comment of the stream is not UTF-8") from None
    return [] if is_word(text.strip()) else [Aside("/stream", text)]


def decoded(data: bytes) -> dict[str, Any]:
    """The object in a frame's data.

    Raises:
        Unreadable: it is none, or nests deeper than bodies may.
    """
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Unreadable("an event of the stream is not JSON in UTF-8") from None
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH:
        try:
            require_sound(body)
        except (InvalidRequest, TooLarge):
            raise Unreadable("an event of the stream nests too deep") from None
    return object_of(body, "an event")


def _read_choice(choice: dict[str, Any], path: Path, chunk: Chunk) -> None:
    index = number_of(choice.get("index"), MAX_CHOICES, "a choice")
    chunk.begun.add(index)
    here = f"/choices/{index}"
    for name, value in choice.items():
        if name in CHOICE or value is None:
            continue
        if name in _MESSAGES:
            Delta(chunk, index, f"{here}/message", (*path, name)).read(object_of(value, f"the {name} of a choice"))
        elif name == "finish_reason":
            _finish(value, index, chunk)
        else:
            rest = Walk(chunk, index, BEFORE_CONTENT)
            rest.members({name: value}, here, path)
    if choice.get("logprobs") is not None:
        _read_logprobs(choice, here, chunk)


def _finish(reason: Any, index: int, chunk: Chunk) -> None:
    if not isinstance(reason, str):
        raise Unreadable("the finish_reason of a choice is no string")
    if not is_word(reason):
        chunk.asides.append(Aside(f"/choices/{index}/finish_reason", reason))
    chunk.finished.add(index)


def _read_logprobs(choice: Mapping[str, Any], pointer: str, chunk: Chunk) -> None:
    """Tokens spell the text of their frame, which is read. Those that spell anything else are a text of their own."""
    delta = choice.get("delta")
    logprobs = choice["logprobs"]
    if not isinstance(logprobs, dict):
        raise Unreadable("the logprobs of a choice are no object")
    for name, tokens in logprobs.items():
        spelled = "".join(
            token["token"]
            for token in list_of(tokens, "logprobs of a choice")
            if isinstance(token, dict) and isinstance(token.get("token"), str)
        )
        if spelled and spelled != (delta.get(name) if isinstance(delta, dict) else None):
            chunk.asides.append(Aside(child(pointer, "logprobs"), spelled))


def _whole(value: Any) -> str:
    return value if isinstance(value, str) else compact(value)
