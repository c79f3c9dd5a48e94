"""What comes back from the model: choices and whole completions -> segments."""

from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.chat.address import child
from guardrails.chat.extract import Extract, collected, not_given
from guardrails.chat.leaves import has_text, leaves, named_oddly, whole
from guardrails.chat.media import message_strings
from guardrails.chat.message import require_fields, wrong
from guardrails.chat.protocol import ANSWER, CHOICE
from guardrails.chat.tree import is_field_name, require_sound
from guardrails.domain.content import Origin, Segment, Unread
from guardrails.domain.errors import TooLarge

MAX_CHOICES = 128
"""The most choices of one answer; OpenAI's own limit for `n`."""


def extract_choices(choices: Any, prefix: str = "/choices") -> Extract:
    """Every string of a completion's choices, all from the origin assistant.

    Content (parts each, and joined), refusals, reasoning, tool calls with their arguments, and every other string of
    each message and choice but those listed in `guardrails.chat.protocol`. What is no text is a segment of its kind.
    No choices: no segments. Images are held against their limits by `guardrails.chat.images.require_images`.

    Raises:
        InvalidRequest: it is not of a completion's shape; the error names the field. Of an upstream's answer this means
            that it cannot be judged and must not be passed on.
        TooLarge: more than `MAX_CHOICES` choices, more strings or images than `guardrails.chat.extract` takes, or more
            than `MAX_DEPTH` levels.
    """
    require_sound(choices, prefix)
    return collected(_choices(choices, prefix))


def extract_completion(completion: Any) -> Extract:
    """Every string of a whole completion: its choices, and each unknown top-level field that holds text as one segment.

    Raises:
        InvalidRequest: as `extract_choices`, and when it is no object.
        TooLarge: as `extract_choices`.
    """
    if not isinstance(completion, dict):
        raise wrong("must be an object", "")
    require_sound(completion)
    return collected(_completion(completion))


def _completion(completion: Mapping[str, Any]) -> Iterator[Segment | Unread]:
    yield from _choices(completion.get("choices"), "/choices")
    yield from named_oddly(completion, "", Origin.ASSISTANT)
    for name, value in completion.items():
        if name == "choices" or not is_field_name(name):
            continue
        if name in ANSWER:
            yield from not_given(value, child("", name), ANSWER[name], Origin.ASSISTANT)
        elif has_text(value):
            yield whole(value, child("", name), Origin.ASSISTANT)


def _choices(choices: Any, prefix: str) -> Iterator[Segment | Unread]:
    if not isinstance(choices, list):
        raise wrong("must be a list of choices", prefix)
    if len(choices) > MAX_CHOICES:
        raise TooLarge(f"holds more than {MAX_CHOICES} choices", field=prefix.removeprefix("/"))
    for index, choice in enumerate(choices):
        pointer = child(prefix, index)
        if not isinstance(choice, dict):
            raise wrong("must be an object", pointer)
        yield from _choice(choice, pointer)


def _choice(choice: Mapping[str, Any], pointer: str) -> Iterator[Segment | Unread]:
    if "message" not in choice and "text" not in choice:
        raise wrong("is required", child(pointer, "message"))
    if "message" in choice:
        message, here = choice["message"], child(pointer, "message")
        if not isinstance(message, dict):
            raise wrong("must be an object", here)
        require_fields(message, here)
        yield from message_strings(message, here, Origin.ASSISTANT)
    for name in (name for name in choice if name in CHOICE):
        yield from not_given(choice[name], child(pointer, name), CHOICE[name], Origin.ASSISTANT)
    rest = {name: value for name, value in choice.items() if name != "message" and name not in CHOICE}
    yield from leaves(rest, pointer, Origin.ASSISTANT)
