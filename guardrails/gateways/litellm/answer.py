"""An answer of the model, whole or as far as it is streamed: LiteLLM sends both alike."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from guardrails.chat.address import child
from guardrails.chat.anything import extract_anything
from guardrails.chat.extract import Extract, collected
from guardrails.chat.leaves import leaves
from guardrails.chat.media import message_strings
from guardrails.chat.tree import require_sound
from guardrails.domain.content import Edit, Origin, Segment, Unread
from guardrails.domain.errors import InvalidRequest
from guardrails.domain.verdict import Mode, Verdict
from guardrails.gateways.litellm.call import bookkeeping, strings_in, unexpected
from guardrails.gateways.litellm.windows import Answered


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        content: The windows of each of the `texts`, `tool_calls`, `images`, and `more`, which nobody expects.
        texts: One for each choice that says something.
        unread: The receipts of what is no text to judge.
    """

    content: dict[str, Any] = field(repr=False)
    texts: tuple[Answered, ...] = field(repr=False)
    unread: tuple[Unread, ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Answer":
        """What a body holds.

        Raises:
            InvalidRequest: there is text in it that is none.
            TooLarge: it nests too deep.
        """
        require_sound(dict(body))
        texts = tuple(map(Answered, strings_in(body, "texts") or ()))
        images = strings_in(body, "images")
        named = [
            name for name, value in (("texts", strings_in(body, "texts")), ("images", images)) if value is not None
        ]
        content: dict[str, Any] = {"texts": list(map(_told, texts))}
        if isinstance(body.get("tool_calls"), list):
            named.append("tool_calls")
            content["tool_calls"] = body["tool_calls"]
        if images:
            content["images"] = {"content": [{"type": "image_url", "image_url": {"url": url}} for url in images]}
        more = unexpected(body, *named)
        return cls(content | ({"more": more} if more else {}), texts, tuple(bookkeeping(body)))

    def read(self, trusted: Collection[str]) -> Extract:
        """Every string of it. Only texts can be edited: LiteLLM takes back nothing else of an answer.

        Raises:
            InvalidRequest: there is nothing to judge, or an image that is none.
            TooLarge: there is more than can be judged.
        """
        read = collected(self._strings(trusted))
        if not read.segments:
            raise InvalidRequest("The body holds no text that could be judged.")
        return Extract(read.segments, (*read.unread, *self.unread))

    def reply(self, verdict: Verdict) -> dict[str, Any]:
        """What has changed, and of each text how much of its end should wait for the next call."""
        edits: dict[int, list[tuple[int, Edit]]] = {number: [] for number in range(len(self.texts))}
        for edit in verdict.edits if verdict.mode is Mode.ENFORCE else ():
            _, _, text, *window = edit.pointer.split("/")
            edits[int(text)].append((int(window[0]) if window else 0, edit))
        shown = [text.with_edits(edits[number]) for number, text in enumerate(self.texts)]
        told: dict[str, Any] = {"action": "NONE"}
        if any(edits.values()):
            told = {"action": "GUARDRAIL_INTERVENED", "texts": [text.text for text in shown]}
        if shown:
            told["stream_holdback_chars"] = [text.held for text in shown]
        return told

    def _strings(self, trusted: Collection[str]) -> Iterator[Segment | Unread]:
        for number, text in enumerate(self.texts):
            here = child("/texts", number)
            for index, window in enumerate(text.windows):
                yield Segment(window.text, Origin.ASSISTANT, child(here, index) if len(text.windows) > 1 else here)
        yield from map(_fixed, leaves(self.content.get("tool_calls"), "/tool_calls", Origin.ASSISTANT))
        yield from message_strings(self.content.get("images", {}), "/images", Origin.ASSISTANT)
        if "more" in self.content:
            more = extract_anything({"more": self.content["more"]}, trusted, Origin.ASSISTANT)
            yield from map(_fixed, more.segments)
            yield from more.unread


def _told(text: Answered) -> list[str] | str:
    """The windows as they stand in the content: one of them is the text itself."""
    windows = [window.text for window in text.windows]
    return windows if len(windows) > 1 else windows[0]


def _fixed(found: Segment | Unread) -> Segment | Unread:
    return replace(found, editable=False) if isinstance(found, Segment) else found
