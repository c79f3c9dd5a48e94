"""Fields whose strings are given to no check, each with the reason that receipts repeat.

Everything that is not listed here is read (but see `guardrails.chat.data_sources`). Two kinds: bookkeeping, which no
model ever sees, and knobs, whose strings are single words of a fixed vocabulary. A knob that holds anything but such
words is read like any other field: a sentence in `reasoning_effort` is a text.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

_LABELS = "a label for accounts and abuse monitoring; never part of the prompt"
_ROUTING = "chooses the model; never part of the prompt"
_SAMPLING = "a number or word that steers sampling; never part of the prompt"
_DELIVERY = "how the answer is delivered or kept; never part of the prompt"
_TOOLS = "which of the tools may be called; their definitions are read where they stand"

BOOKKEEPING: Mapping[str, str] = MappingProxyType(
    {
        "model": _ROUTING,
        "user": _LABELS,
        "metadata": _LABELS,
        "safety_identifier": _LABELS,
        "prompt_cache_key": _LABELS,
    }
)
"""Top-level request fields that are never read."""

KNOBS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "temperature", "top_p", "n", "max_tokens", "max_completion_tokens", "presence_penalty",
                "frequency_penalty", "logit_bias", "seed", "logprobs", "top_logprobs", "reasoning_effort", "verbosity",
            ),
            _SAMPLING,
        ),
        **dict.fromkeys(
            (
                "stream", "stream_options", "store", "service_tier", "modalities", "audio", "prompt_cache_retention",
            ),
            _DELIVERY,
        ),
        **dict.fromkeys(("tool_choice", "function_call", "parallel_tool_calls"), _TOOLS),
    }
)  # fmt: skip
"""Top-level request fields that are not read while their strings are single words. `stop` is not among them: it is
free text that leaves the house with the request, and reading it costs nothing."""

MARKS: Mapping[str, str] = MappingProxyType(
    {
        "role": "a word of the protocol",
        "type": "a word of the protocol",
        "finish_reason": "a word of the protocol",
        "id": "ties a tool call to its result",
        "tool_call_id": "ties a tool result to its call",
        "file_id": "names a file that the endpoint keeps",
    }
)
"""Members of messages and answers that are not read while they are single words."""

ANSWER: Mapping[str, str] = MappingProxyType(
    {
        "id": "the endpoint's own mark",
        "object": "a word of the protocol",
        "created": "a time",
        "model": "the deployment's own name",
        "system_fingerprint": "the endpoint's own mark",
        "service_tier": "a word of the protocol",
        "usage": "counts of tokens",
        "prompt_filter_results": "Azure's own verdict on the prompt",
        "prompt_annotations": "Azure's own verdict on the prompt, as older versions spell it",
    }
)
"""Top-level fields of a completion that are not read."""

CHOICE: Mapping[str, str] = MappingProxyType(
    {
        "index": "a number",
        "logprobs": "the tokens of the text that is read; removed when that text is edited",
        "content_filter_results": "Azure's own verdict on the answer",
        "content_filter_result": "Azure's own verdict on the answer, as older versions spell it",
        "content_filter_offsets": "positions of Azure's own verdict",
        "content_filter_raw": "Azure's own verdict on the answer, as its asynchronous filter spells it",
    }
)
"""Members of a choice that are not read."""

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}|[0-9]{1,6}")


def is_word(text: str) -> bool:
    """Whether a string is one word of letters, digits, dash and underscore, or a short number: no text to judge."""
    return _WORD.fullmatch(text) is not None


def only_words(value: object) -> bool:
    """Whether every string and name in a JSON value is a single word."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            pending += item
        elif isinstance(item, str) and not is_word(item):
            return False
    return True
