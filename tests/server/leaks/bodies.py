"""How a plant gets into one position of a body or an answer, and how an answer becomes a stream."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import jsonpointer
from scripted_model import DONE, event
from server.leaks.maximal import ANSWER, BODY, MODEL

HELLO = {"role": "user", "content": "Hello"}

_PROTOCOL = ("id", "object", "created", "model", "usage")
_IN_PLACE_OF_CONTENT = frozenset({"refusal", "tool_calls", "function_call", "audio"})


def planted(whole: Mapping[str, Any], pointer: str, value: object) -> dict[str, Any]:
    """`whole` with a value at a pointer (also of a member that is not there yet), and the rest as it was."""
    result: dict[str, Any] = jsonpointer.set_pointer(deepcopy(dict(whole)), pointer, value)
    return result


def body_with(pointer: str, value: object) -> dict[str, Any]:
    """The body that has nothing but what a value at this pointer needs around it."""
    whole = planted(BODY, pointer, value)
    top, *rest = jsonpointer.JsonPointer(pointer).parts
    if top == "messages":
        return {"model": MODEL, "messages": [whole["messages"][int(rest[0])], HELLO]}
    return {"model": MODEL, "messages": [HELLO], top: whole[top]}


def moved(pointer: str) -> str:
    """Where `body_with` has put what stands at a pointer of `BODY`."""
    parts = pointer.split("/")
    return "/".join([*parts[:2], "0", *parts[3:]]) if parts[1] == "messages" else pointer


def answer_with(pointer: str, value: object) -> dict[str, Any]:
    """The answer that has nothing but what a value at this pointer needs around it; also the choices before its own."""
    whole = planted(ANSWER, pointer, value)
    top, *rest = jsonpointer.JsonPointer(pointer).parts
    answer = {name: whole[name] for name in _PROTOCOL}
    if top != "choices":
        return answer | {"choices": [_bare(0)], top: whole[top]}
    index = int(rest[0])
    choice = _kept(whole["choices"][index], ANSWER["choices"][index], rest[1:])
    return answer | {"choices": [*(_bare(number) for number in range(index)), choice]}


def _kept(choice: Mapping[str, Any], before: Mapping[str, Any], inside: Sequence[str]) -> dict[str, Any]:
    """A choice with the one member that leads to what was planted."""
    bare = _bare(choice["index"])
    if not inside:
        return bare | _new(choice, before)
    if inside[0] != "message":
        return bare | {inside[0]: choice[inside[0]]}
    message = choice["message"]
    if len(inside) == 1:
        return bare | {"message": bare["message"] | _new(message, before["message"])}
    said = {"content": None} if inside[1] in _IN_PLACE_OF_CONTENT else {}
    return bare | {"message": bare["message"] | said | {inside[1]: message[inside[1]]}}


def _new(members: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in members.items() if name not in before}


def _bare(index: int) -> dict[str, Any]:
    return {"index": index, "finish_reason": "stop", "message": {"role": "assistant", "content": "All is well."}}


def strings(value: object, here: str = "") -> Iterator[str]:
    """The pointers of every string leaf of a JSON value."""
    if isinstance(value, str):
        yield here
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from strings(member, f"{here}/{jsonpointer.escape(name)}")
    elif isinstance(value, Sequence):
        for index, element in enumerate(value):
            yield from strings(element, f"{here}/{index}")


def streamed(answer: Mapping[str, Any], size: int) -> list[bytes]:
    """The same answer as the events of a stream; texts and arguments come `size` characters at a time."""
    return [*(event(chunk) for chunk in _chunks(answer, size)), DONE]


def _chunks(answer: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    frame = {name: answer[name] for name in ("id", "created", "model")}
    frame["object"] = answer["object"].replace("chat.completion", "chat.completion.chunk")
    extra = {name: value for name, value in answer.items() if name not in {*_PROTOCOL, "choices"}}
    if extra:
        yield frame | {"choices": []} | extra
    for choice in answer["choices"]:
        index = choice["index"]
        rest = {name: value for name, value in choice.items() if name not in {"message", "finish_reason"}}
        for delta in _deltas(choice["message"], size):
            yield frame | {"choices": [{"index": index, "delta": delta, "finish_reason": None}]}
        yield frame | {"choices": [{**rest, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    yield frame | {"choices": [], "usage": answer["usage"]}


def _deltas(message: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    yield {"role": message["role"], "content": "" if isinstance(message.get("content"), str) else None}
    for name, value in message.items():
        if name == "role" or value is None:
            continue
        if name == "tool_calls":
            for number, call in enumerate(value):
                yield from ({"tool_calls": [one]} for one in _call(number, call, size))
        elif name == "function_call":
            yield {"function_call": {**value, "arguments": ""}}
            yield from ({"function_call": {"arguments": piece}} for piece in _cut(value["arguments"], size))
        elif name == "audio":
            yield {"audio": {"id": value["id"]}}
            yield from ({"audio": {"transcript": piece}} for piece in _cut(value["transcript"], size))
            yield {"audio": {"data": value["data"]}}
        elif isinstance(value, str):
            yield from ({name: piece} for piece in _cut(value, size))
        else:
            yield {name: value}


def _call(number: int, call: Mapping[str, Any], size: int) -> Iterator[dict[str, Any]]:
    kind = "custom" if "custom" in call else "function"
    body = call[kind]
    member = "input" if kind == "custom" else "arguments"
    yield {**call, "index": number, kind: {**body, member: ""}}
    yield from ({"index": number, kind: {member: piece}} for piece in _cut(body[member], size))


def _cut(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]
