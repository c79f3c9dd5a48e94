"""What comes back from the model: choices and whole completions -> segments."""

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.chat.address import child
from guardrails.chat.leaves import bounded, has_text, joined_parts, leaves, named_oddly, whole
from guardrails.chat.message import TEXT_PARTS, require_fields, wrong
from guardrails.chat.protocol import ANSWER, CHOICE
from guardrails.chat.tree import is_field_name, require_sound
from guardrails.domain.content import Origin, Segment
from guardrails.domain.errors import TooLarge

MAX_CHOICES = 128
"""The most choices of one answer; OpenAI's own limit for `n`."""

READ_PARTS = frozenset({*TEXT_PARTS, "output_text", "thinking", "reasoning"})


def extract_choices(choices: Any, prefix: str = "/choices") -> tuple[Segment, ...]:
    """Every string of a completion's choices, all from the origin assistant.

    Content (parts each, and joined), refusals, reasoning, tool calls with their arguments, and every other string of
    each message and choice but those listed in `guardrails.chat.protocol`. What is not text is told by `unread`. No
    choices: no segments.

    Raises:
        InvalidRequest: it is not of a completion's shape; the error names the field. Of an upstream's answer this means
            that it cannot be judged and must not be passed on.
        TooLarge: more than `MAX_CHOICES` choices, `MAX_SEGMENTS` strings or `MAX_DEPTH` levels.
    """
    require_sound(choices, prefix)
    return bounded(_choices(choices, prefix))


def extract_completion(completion: Any) -> tuple[Segment, ...]:
    """Every string of a whole completion: its choices, and each unknown top-level field that holds text as one segment.

    Raises:
        InvalidRequest: as `extract_choices`, and when it is no object.
        TooLarge: as `extract_choices`.
    """
    if not isinstance(completion, dict):
        raise wrong("must be an object", "")
    require_sound(completion)
    return bounded(_completion(completion))


def unread(choices: Any, prefix: str = "/choices") -> tuple[str, ...]:
    """Pointers of what an answer holds that is no text and so was read by no check: audio, parts of another type.

    Whoever enforces must not pass such an answer on as judged.
    """
    found: list[str] = []
    for index, choice in enumerate(choices if isinstance(choices, list) else ()):
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(message, dict):
            continue
        pointer = child(child(prefix, index), "message")
        if message.get("audio") is not None:
            found.append(child(pointer, "audio"))
        content = message.get("content")
        for number, part in enumerate(content if isinstance(content, list) else ()):
            kind = part.get("type") if isinstance(part, dict) else None
            if not isinstance(kind, str) or kind not in READ_PARTS:
                found.append(child(child(pointer, "content"), number))
    return tuple(found)


def _completion(completion: Mapping[str, Any]) -> Iterator[Segment]:
    yield from _choices(completion.get("choices"), "/choices")
    yield from named_oddly(completion, "", Origin.ASSISTANT)
    for name, value in completion.items():
        if name != "choices" and name not in ANSWER and is_field_name(name) and has_text(value):
            yield whole(value, child("", name), Origin.ASSISTANT)


def _choices(choices: Any, prefix: str) -> Iterator[Segment]:
    if not isinstance(choices, list):
        raise wrong("must be a list of choices", prefix)
    if len(choices) > MAX_CHOICES:
        raise TooLarge(f"holds more than {MAX_CHOICES} choices", field=prefix.removeprefix("/"))
    for index, choice in enumerate(choices):
        pointer = child(prefix, index)
        if not isinstance(choice, dict):
            raise wrong("must be an object", pointer)
        yield from _choice(choice, pointer)


def _choice(choice: Mapping[str, Any], pointer: str) -> Iterator[Segment]:
    if "message" not in choice and "text" not in choice:
        raise wrong("is required", child(pointer, "message"))
    if "message" in choice:
        message, here = choice["message"], child(pointer, "message")
        yield from _message(message, here)
        yield from joined_parts(message.get("content"), child(here, "content"), Origin.ASSISTANT)
    rest = {name: value for name, value in choice.items() if name != "message" and name not in CHOICE}
    yield from leaves(rest, pointer, Origin.ASSISTANT)


def _message(message: Any, pointer: str) -> Iterator[Segment]:
    if not isinstance(message, dict):
        raise wrong("must be an object", pointer)
    require_fields(message, pointer)
    audio = message.get("audio")
    if not isinstance(audio, dict):
        yield from leaves(message, pointer, Origin.ASSISTANT)
        return
    # The samples are no text, and `unread` tells of them; the transcript is.
    yield from leaves({name: value for name, value in message.items() if name != "audio"}, pointer, Origin.ASSISTANT)
    transcript = {name: value for name, value in audio.items() if name != "data"}
    yield from leaves(transcript, child(pointer, "audio"), Origin.ASSISTANT)
