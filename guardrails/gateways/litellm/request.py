"""A request before the model: its texts come without roles, and beside them the messages they stand in.

Roles are those of the messages, walked in the order of the texts. Where the two do not line up, as behind LiteLLM's
doors that are no chat completions, the texts are the user's, and the messages are read all the same.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from guardrails.chat.anything import extract_anything, extract_native
from guardrails.chat.extract import Extract, collected
from guardrails.chat.json_text import readable
from guardrails.chat.media import message_strings
from guardrails.chat.request import extract_request
from guardrails.domain.content import Edit, Kind, Origin, Segment, Unread
from guardrails.domain.errors import InvalidRequest, TooLarge
from guardrails.gateways.litellm.call import bookkeeping, rewrites_rows, strings_in, unexpected
from guardrails.gateways.litellm.rows import Place, images_in, lined_up, pointer_of, text_at, texts_in, untold


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        content: `messages`, `tools`, the `texts` that do not line up with messages, the `images` that stand in none,
            and `more`, which nobody expects.
        places: Where each of LiteLLM's texts stands in the messages; None where they do not line up.
        rows: Whether changed messages can be told to LiteLLM and will be used.
        unread: The receipts of what is no text to judge.
    """

    content: dict[str, Any] = field(repr=False)
    places: tuple[Place, ...] | None
    rows: bool
    unread: tuple[Unread, ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Request":
        """What a body holds."""
        texts, messages = strings_in(body, "texts"), body.get("structured_messages")
        rows = messages if isinstance(messages, list) else []
        standing = tuple(texts_in(rows))
        places = lined_up(texts, standing) if texts is not None and rows else None
        content: dict[str, Any] = {"messages": rows}
        if places is None:
            content["texts"] = texts or []
        more = unexpected(body, *_by_name(body, rows))
        calls = untold(body.get("tool_calls"), rows)
        if calls:
            more["tool_calls"] = calls
        if body.get("tools"):
            content["tools"] = more.pop("tools")
        content |= _images(body, rows if places is not None else []) | ({"more": more} if more else {})
        whole = places is not None and len(places) == len(standing)
        return cls(content, places, whole and rewrites_rows(body), tuple(bookkeeping(body)))

    def read(self, trusted: Collection[str]) -> Extract:
        """Every string of it.

        Raises:
            InvalidRequest: there is nothing to judge, text that is none, or an image that is none.
            TooLarge: there is more than can be judged.
        """
        read = collected(self._strings(trusted))
        if not read.segments:
            raise InvalidRequest("The body holds no text that could be judged.")
        return Extract(read.segments, (*read.unread, *self.unread))

    def reply(self, edited: Mapping[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
        """All texts as they shall be; where more has changed, the messages as well: LiteLLM then takes only them.

        Args:
            edited: The content after all edits.
            edits: Those edits.
        """
        if self.places is None:
            return {"texts": edited["texts"]}
        rows = edited["messages"]
        changed: dict[str, Any] = {"texts": [text_at(rows, place) for place in self.places]}
        if not {edit.pointer for edit in edits} <= self._told():
            changed["structured_messages"] = rows
        return changed

    def _strings(self, trusted: Collection[str]) -> Iterator[Segment | Unread]:
        told = self._told()
        texts = self.content.get("texts", [])
        if texts:
            yield from _all(extract_anything({"texts": texts}, trusted))
        judged = set(map(readable, texts))
        for found in self._messages(trusted):
            if isinstance(found, Unread) or found.pointer in told or (self.rows and self._is_answer(found)):
                yield found
            elif found.kind is not Kind.TEXT or found.text not in judged:
                yield replace(found, editable=False)
        yield from message_strings(self.content.get("images", {}), "/images", Origin.USER)
        more = extract_anything({"more": self.content["more"]}, trusted) if "more" in self.content else Extract()
        yield from (replace(found, editable=False) for found in more.segments)
        yield from more.unread

    def _told(self) -> frozenset[str]:
        """The pointers of what LiteLLM takes back as texts."""
        return frozenset(map(pointer_of, self.places or ()))

    def _messages(self, trusted: Collection[str]) -> Iterator[Segment | Unread]:
        own: dict[str, Any] = {name: self.content[name] for name in ("messages", "tools") if name in self.content}
        if self.places is not None:
            try:
                return _all(extract_request(own, trusted))
            except TooLarge:
                raise
            except InvalidRequest:
                pass  # No chat of ours, but the texts stand in it, and its roles say who wrote them.
        return _all(extract_native(own, trusted))

    def _is_answer(self, segment: Segment) -> bool:
        """Whether it stands in a message of the assistant: there the calls of tools are, and what it thought."""
        row = _row(segment.pointer)
        message = self.content["messages"][row] if row is not None else None
        return isinstance(message, dict) and message.get("role") == "assistant"


def _by_name(body: Mapping[str, Any], rows: list[Any]) -> Iterator[str]:
    """The fields of content that are read by name, because they are of their type."""
    if strings_in(body, "texts") is not None:
        yield "texts"
    if rows:
        yield "structured_messages"
    if strings_in(body, "images") is not None:
        yield "images"
    yield "tool_calls"


def _images(body: Mapping[str, Any], rows: list[Any]) -> dict[str, Any]:
    known = images_in(rows)
    apart = [image for image in strings_in(body, "images") or () if image not in known]
    parts = [{"type": "image_url", "image_url": {"url": image}} for image in apart]
    return {"images": {"content": parts}} if parts else {}


def _row(pointer: str) -> int | None:
    """The number of the message that a pointer leads into."""
    first, *rest = pointer.removeprefix("/").split("/")
    return int(rest[0]) if first == "messages" and rest else None


def _all(read: Extract) -> Iterator[Segment | Unread]:
    yield from read.segments
    yield from read.unread
