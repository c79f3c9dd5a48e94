"""A completion in the shapes of the API: one body, or the chunks of a stream. Pure data."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from guardrails.emulator.services.chat_answers import Answer, Completion, ToolCall
from guardrails.emulator.services.chat_filter import answer_results, prompt_results
from guardrails.emulator.services.chat_request import ChatRequest

FINGERPRINT: Final = "fp_emulator"
_MAX_TEXT_CHUNKS: Final = 2000
_ANNOTATE_EVERY: Final = 20
_SURE: Final = -0.01
_LESS_LIKELY: Final = 4.5


@dataclass(frozen=True, slots=True)
class Rendering:
    """What every part of one answer repeats, and how it is wanted. `created` is seconds since the epoch."""

    identifier: str
    created: int
    model: str
    request: ChatRequest
    async_filter: bool = False


def body_of(completion: Completion, how: Rendering) -> dict[str, Any]:
    """Return the body of an answer that is not streamed."""
    return {
        "id": how.identifier,
        "object": "chat.completion",
        "created": how.created,
        "model": how.model,
        "system_fingerprint": FINGERPRINT,
        "prompt_filter_results": _prompt_filter(completion),
        "choices": [_choice(completion, how, index) for index in range(len(completion.answers))],
        "usage": completion.usage,
    }


def chunks_of(completion: Completion, how: Rendering) -> Iterator[dict[str, Any]]:
    """Yield the events of a streamed answer in order, without the final `[DONE]`.

    The first holds the prompt's annotation and no id; then a role for every choice; then the pieces of all choices in
    turn; then the ends; then, if asked for, the usage with no choices.
    """
    usage = {"usage": None} if how.request.include_usage else {}
    yield {**_annotation([]), "prompt_filter_results": _prompt_filter(completion), **usage}
    for index in range(len(completion.answers)):
        delta = {"role": "assistant", "content": "", "refusal": None}
        yield {**_chunk(how, _part(index, delta, {} if not how.async_filter else None)), **usage}
    streams = [_pieces(completion, how, index) for index in range(len(completion.answers))]
    for turn in zip_longest(*streams):
        for event in turn:
            if event is not None:
                yield {**event, **usage}
    if how.request.include_usage:
        yield {**_chunk(how), "usage": completion.usage}


def _choice(completion: Completion, how: Rendering, index: int) -> dict[str, Any]:
    answer = completion.answers[index]
    return {
        "index": index,
        "finish_reason": answer.finish_reason,
        "message": _message(answer),
        "logprobs": _logprobs(how, answer.tokens, answer.refusal),
        "content_filter_results": _answer_filter(completion, answer),
    }


def _message(answer: Answer) -> dict[str, Any]:
    refusal = "".join(answer.refusal) if answer.refusal else None
    message: dict[str, Any] = {"role": "assistant", "refusal": refusal, "annotations": []}
    if not answer.filtered:
        message["content"] = answer.text if answer.tokens or not (answer.calls or answer.refusal) else None
    if answer.tool_calls:
        message["tool_calls"] = [_whole_call(call) for call in answer.tool_calls]
    if answer.function_call is not None:
        message["function_call"] = _function(answer.function_call)
    return message


def _pieces(completion: Completion, how: Rendering, index: int) -> Iterator[dict[str, Any]]:
    answer = completion.answers[index]
    passing = answer_results(failed=completion.filter_failed)
    size = max(1, math.ceil(len(answer.tokens) / _MAX_TEXT_CHUNKS))
    checked = offset = 0
    for start in range(0, len(answer.tokens), size):
        tokens = answer.tokens[start : start + size]
        part = _part(index, {"content": "".join(tokens)}, None if how.async_filter else passing)
        yield _chunk(how, {**part, "logprobs": _logprobs(how, tokens, ())})
        offset += sum(len(token) for token in tokens)
        if how.async_filter and (start // size + 1) % _ANNOTATE_EVERY == 0:
            yield _annotation([_late_annotation(index, passing, checked, offset)])
            checked = offset
    for token in answer.refusal:
        part = _part(index, {"refusal": token}, None if how.async_filter else passing)
        yield _chunk(how, {**part, "logprobs": _logprobs(how, (), (token,))})
    for delta in _call_deltas(answer):
        yield _chunk(how, _part(index, delta, {} if not how.async_filter else None))
    yield from _ending(completion, how, index, (checked, offset))


def _ending(completion: Completion, how: Rendering, index: int, span: tuple[int, int]) -> Iterator[dict[str, Any]]:
    answer = completion.answers[index]
    results = _answer_filter(completion, answer)
    if not how.async_filter:
        part = _part(index, {}, results if answer.filtered else {})
        yield _chunk(how, {**part, "finish_reason": answer.finish_reason})
        return
    late = _late_annotation(index, results, *span)
    if answer.filtered:
        yield _annotation([{**late, "finish_reason": answer.finish_reason}])
        return
    if answer.tokens:
        yield _annotation([late])
    yield _chunk(how, {**_part(index, {}, None), "finish_reason": answer.finish_reason})


def _call_deltas(answer: Answer) -> Iterator[dict[str, Any]]:
    for order, call in enumerate(answer.tool_calls):
        function = {"name": call.name, "arguments": ""}
        yield {"tool_calls": [{"index": order, "id": call.identifier, "type": "function", "function": function}]}
        for piece in call.pieces:
            yield {"tool_calls": [{"index": order, "function": {"arguments": piece}}]}
    if answer.function_call is not None:
        yield {"function_call": {"name": answer.function_call.name, "arguments": ""}}
        for piece in answer.function_call.pieces:
            yield {"function_call": {"arguments": piece}}


def _chunk(how: Rendering, *choices: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": how.identifier,
        "object": "chat.completion.chunk",
        "created": how.created,
        "model": how.model,
        "system_fingerprint": FINGERPRINT,
        "choices": list(choices),
    }


def _annotation(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "", "object": "", "created": 0, "model": "", "choices": choices}


def _part(index: int, delta: dict[str, Any], results: dict[str, Any] | None) -> dict[str, Any]:
    part: dict[str, Any] = {"index": index, "delta": delta, "finish_reason": None, "logprobs": None}
    return part if results is None else {**part, "content_filter_results": results}


def _late_annotation(index: int, results: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    # The asynchronous filter's annotations carry no delta at all, which clients must survive.
    offsets = {"check_offset": start, "start_offset": start, "end_offset": end}
    return {
        "index": index,
        "finish_reason": None,
        "content_filter_results": results,
        "content_filter_offsets": offsets,
    }


def _prompt_filter(completion: Completion) -> list[dict[str, Any]]:
    results = prompt_results(failed=completion.filter_failed)
    return [{"prompt_index": 0, "content_filter_results": results}]


def _answer_filter(completion: Completion, answer: Answer) -> dict[str, Any]:
    if answer.calls and not (answer.tokens or answer.filtered):
        return {}
    return answer_results(filtered=answer.filtered, failed=completion.filter_failed)


def _whole_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.identifier, "type": "function", "function": _function(call)}


def _function(call: ToolCall) -> dict[str, str]:
    return {"name": call.name, "arguments": call.arguments}


def _logprobs(how: Rendering, tokens: tuple[str, ...], refusal: tuple[str, ...]) -> dict[str, Any] | None:
    if not how.request.logprobs:
        return None
    told = [[_logprob(token, how.request.top_logprobs) for token in those] for those in (tokens, refusal)]
    return {"content": told[0] if tokens or not refusal else None, "refusal": told[1] or None}


def _logprob(token: str, alternatives: int) -> dict[str, Any]:
    others = [_likely(f"{token}{rank}", _SURE - _LESS_LIKELY * rank) for rank in range(1, alternatives)]
    chosen = _likely(token, _SURE)
    return {**chosen, "top_logprobs": [chosen, *others][:alternatives]}


def _likely(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode("utf-8", "replace"))}
