"""Bodies that are no chat completion: every string of any JSON, so that an unknown shape is read and never passed.

Two readings. `extract_anything` believes no name in the body: all texts have the one origin it is told.
`extract_native` is for chats in a provider's own shape (Anthropic, Gemini, OpenAI's Responses), which say by role who
wrote what.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from guardrails.chat.address import child
from guardrails.chat.extract import Extract, collected
from guardrails.chat.leaves import leaves
from guardrails.chat.native import native_strings
from guardrails.chat.payload import is_medium, is_payload
from guardrails.chat.request import extract_request
from guardrails.chat.tree import is_field_name, require_sound
from guardrails.chat.trusted import NONE, marked
from guardrails.domain.content import Kind, Origin, Segment, Unread
from guardrails.domain.errors import InvalidRequest, TooLarge

_TOKENS: Final = ("prompt", "input")


def extract_anything(value: Any, trusted: Collection[str] = NONE, origin: Origin = Origin.USER) -> Extract:
    """Every string of a JSON value, each editable in its place, all from one origin.

    What looks like an image, a recording or a file is told as a segment of the kind OTHER as well: a policy's `media`
    says what its presence means.

    Raises:
        InvalidRequest: a string or name is not Unicode text.
        TooLarge: there are more strings than `guardrails.chat.extract` takes, or more than `MAX_DEPTH` levels.
    """
    require_sound(value)
    return collected(marked(_with_media(leaves(value, "", origin), value, origin), value, trusted))


def extract_native(body: Mapping[str, Any], trusted: Collection[str] = NONE) -> Extract:
    """Every string of a chat in a provider's own shape, with origins by role; without one a text is the user's.

    Raises:
        InvalidRequest: as `extract_anything`.
        TooLarge: as `extract_anything`.
    """
    require_sound(dict(body))
    return collected(marked(native_strings(body, trusted), body, trusted))


def extract_chat_or_anything(body: Mapping[str, Any], trusted: Collection[str] = NONE) -> Extract:
    """A chat completions body as `extract_request` reads it; one of another shape leaf by leaf, as the user's.

    A `prompt` or `input` in token ids (completions, embeddings) is text that nobody here can read: of the kind OTHER.

    Raises:
        InvalidRequest: as `extract_anything`.
        TooLarge: as `extract_anything`.
    """
    tokens = Extract(
        tuple(
            Segment("", Origin.USER, child("", name), editable=False, kind=Kind.OTHER)
            for name in _TOKENS
            if _holds_numbers(body.get(name))
        )
    )
    try:
        return extract_request(body, trusted) + tokens
    except TooLarge:
        raise
    except InvalidRequest:
        return extract_anything(dict(body), trusted) + tokens


def _holds_numbers(value: Any) -> bool:
    if not isinstance(value, list):
        return False
    elements = (inner for outer in value for inner in (outer if isinstance(outer, list) else (outer,)))
    return any(isinstance(element, int | float) for element in elements)


def _with_media(strings: Iterator[Segment | Unread], value: Any, origin: Origin) -> Iterator[Segment | Unread]:
    """The strings, and one segment OTHER for each object or list that holds a medium: its text has its own pointer."""
    yield from strings
    pending: list[tuple[Any, str]] = [(value, "")]
    while pending:
        item, pointer = pending.pop()
        if isinstance(item, dict):
            # A name that is no identifier must not get into a pointer.
            inside = [
                (member, child(pointer, name) if is_field_name(name) else pointer) for name, member in item.items()
            ]
            holds = is_medium(item) or any(is_payload(m) for m in item.values())
        elif isinstance(item, list):
            inside = [(element, child(pointer, index)) for index, element in enumerate(item)]
            holds = any(map(is_payload, item))
        else:
            continue
        pending += inside
        if holds:
            yield Segment("", origin, pointer, editable=False, kind=Kind.OTHER)
