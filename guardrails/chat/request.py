"""What travels to the model: chat messages, documents and whole request bodies -> segments."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from guardrails.chat.address import child
from guardrails.chat.data_sources import FIELDS as DATA_SOURCES
from guardrails.chat.data_sources import data_sources
from guardrails.chat.extract import Extract, collected, not_given
from guardrails.chat.json_text import readable
from guardrails.chat.leaves import has_text, leaves, named_oddly, whole
from guardrails.chat.media import message_strings
from guardrails.chat.message import require_message, wrong
from guardrails.chat.protocol import BOOKKEEPING, KNOBS, only_words
from guardrails.chat.tree import is_field_name, require_sound
from guardrails.chat.trusted import NONE, marked
from guardrails.chat.turns import aged, joined_turns, last_turn
from guardrails.domain.content import Origin, Segment, Stage, Unread
from guardrails.domain.errors import TooLarge

MAX_MESSAGES = 2_048
"""The most messages of one body."""


def extract_messages(body: Mapping[str, Any], trusted: Collection[str] = NONE) -> Extract:
    """Every string of `body["messages"]`, in order (contract, section 2).

    Content as string or as parts (each text, and all of a message joined; what is no text as a segment of its kind),
    names, refusals, tool calls with their arguments, and every other string of a message. `developer` counts as system
    and `function` as tool. Images are held against their limits by `guardrails.chat.images.require_images`. Last comes
    what users said in several turns, as one text (`guardrails.chat.turns`). `trusted` are the SHA-256, in hex, of
    strings that are marked as such and left out of texts that are put together.

    Raises:
        InvalidRequest: a field is missing or of the wrong type; the error names it.
        TooLarge: more than `MAX_MESSAGES` messages, more strings or images than `guardrails.chat.extract` takes, or
            more than `MAX_DEPTH` levels.
    """
    require_sound(body.get("messages"), "/messages")
    return collected(marked(_messages(body, trusted), body, trusted))


def extract_documents(body: Mapping[str, Any], trusted: Collection[str] = NONE) -> Extract:
    """`body["documents"]`: retrieved texts, each `/documents/i`. Absent or null: none.

    Raises:
        InvalidRequest: it is no list of strings.
        TooLarge: more than `MAX_SEGMENTS`.
    """
    documents = body.get("documents")
    if documents is None:
        return Extract()
    if not isinstance(documents, list):
        raise wrong("must be a list of strings", "/documents")
    for index, document in enumerate(documents):
        if not isinstance(document, str):
            raise wrong("must be a string", child("/documents", index))
    require_sound(documents, "/documents")
    return collected(marked(leaves(documents, "/documents", Origin.DOCUMENT), body, trusted))


def extract_text(body: Mapping[str, Any], stage: Stage, trusted: Collection[str] = NONE) -> Extract:
    """`body["text"]`: short for one user message, or for one assistant message at stage output.

    Raises:
        InvalidRequest: it is no string.
    """
    text = body.get("text")
    if not isinstance(text, str):
        raise wrong("must be a string", "/text")
    require_sound(text, "/text")
    origin = Origin.USER if stage is Stage.INPUT else Origin.ASSISTANT
    return collected(marked((Segment(readable(text), origin, "/text"),), body, trusted))


def extract_request(body: Mapping[str, Any], trusted: Collection[str] = NONE) -> Extract:
    """Every string of a whole chat-completions body that can reach the model or leaves with it.

    Messages as in `extract_messages`. Of the other fields those listed in `guardrails.chat.protocol` are not read;
    each other one that holds text is: a list one segment for each element (`/tools/0`), anything else as one, as JSON
    with its names, from the origin system and not editable. `documents` come from the origin document, each string;
    of `data_sources` what `guardrails.chat.data_sources` lets be read.

    Raises:
        InvalidRequest: as `extract_messages`.
        TooLarge: as `extract_messages`.
    """
    require_sound(dict(body))
    return collected(marked(_request(body, trusted), body, trusted))


def _request(body: Mapping[str, Any], trusted: Collection[str]) -> Iterator[Segment | Unread]:
    yield from _messages(body, trusted)
    yield from named_oddly(body, "", Origin.SYSTEM)
    for name, value in body.items():
        if name == "messages" or not is_field_name(name):
            continue
        yield from _field(value, child("", name), name)


def _field(value: Any, pointer: str, name: str) -> Iterator[Segment | Unread]:
    if name in BOOKKEEPING:
        yield from not_given(value, pointer, BOOKKEEPING[name], Origin.SYSTEM)
    elif name in KNOBS and only_words(value):
        yield from not_given(value, pointer, KNOBS[name], Origin.SYSTEM)
    elif name in DATA_SOURCES:
        yield from data_sources(value, pointer)
    elif name == "documents":
        yield from leaves(value, pointer, Origin.DOCUMENT)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            if has_text(element):
                yield whole(element, child(pointer, index), Origin.SYSTEM)
    elif has_text(value):
        yield whole(value, pointer, Origin.SYSTEM)


def _messages(body: Mapping[str, Any], trusted: Collection[str]) -> Iterator[Segment | Unread]:
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise wrong("must be a list of messages" if "messages" in body else "is required", "/messages")
    if not messages:
        raise wrong("must hold at least one message", "/messages")
    if len(messages) > MAX_MESSAGES:
        raise TooLarge(f"holds more than {MAX_MESSAGES} messages", field="messages")
    newest = last_turn(messages)
    for index, message in enumerate(messages):
        pointer = child("/messages", index)
        origin = require_message(message, pointer)
        yield from aged(message_strings(message, pointer, origin, trusted), old=index < newest)
    yield from joined_turns(messages, trusted)
