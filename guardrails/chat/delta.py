"""The strings of one delta of a streamed answer, each with its address in the whole answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from guardrails.chat.address import child
from guardrails.chat.json_text import compact
from guardrails.chat.media import TEXTS
from guardrails.chat.message import TEXT_PARTS
from guardrails.chat.piece import Aside, Chunk, Path, Piece, Unreadable, list_of, number_of, object_of
from guardrails.chat.protocol import MARKS, is_word
from guardrails.chat.tree import is_field_name

MAX_CALLS: Final = 1024
"""The most tool calls of one choice."""

_NO_TEXT: Final = frozenset(
    {"image_url", "image", "input_image", "output_image", "input_audio", "audio", "input_file", "file", "video_url"}
)
_NAMES: Final = frozenset({"name"})
_STRINGS: Final = frozenset({"refusal", "reasoning_content", "name", "tool_call_id"})
_CALL_BODIES: Final[Mapping[str, frozenset[str]]] = {
    "function": frozenset({"name", "arguments"}),
    "custom": frozenset({"name", "input"}),
}
# In which order a model says the parts of a message: once a later part speaks, an earlier one is over.
BEFORE_CONTENT, _CONTENT, _FIRST_CALL = 0, 1, 2


@dataclass(slots=True)
class Walk:
    """Reads every string of a value, as `leaves` does for a whole answer."""

    chunk: Chunk
    choice: int
    rank: int

    def value(self, value: Any, pointer: str, path: Path) -> None:
        """Read a value, which is content that is no text if it says so itself."""
        if isinstance(value, str):
            self.text(value, pointer, path)
        elif isinstance(value, list):
            for position, element in enumerate(value):
                self.value(element, child(pointer, _told_index(element, position)), (*path, position))
        elif isinstance(value, dict):
            kind = value.get("type")
            if isinstance(kind, str) and kind in _NO_TEXT:
                raise Unreadable("the answer holds content that is no text")
            self.members(value, pointer, path)

    def members(self, members: Mapping[str, Any], pointer: str, path: Path) -> None:
        """Read the members of the object at a pointer."""
        odd = {name: value for name, value in members.items() if not is_field_name(name)}
        if odd:
            self.chunk.asides.append(Aside(pointer, compact(odd)))
        for name, value in members.items():
            if not isinstance(value, str):
                if name not in odd:
                    self.value(value, child(pointer, name), (*path, name))
            elif name in MARKS:
                if not is_word(value) and value:
                    self.chunk.asides.append(Aside(child(pointer, name), value))
            elif name not in odd:
                self.text(value, child(pointer, name), (*path, name), is_name=name in _NAMES)

    def text(self, text: str, pointer: str, path: Path, *, is_name: bool = False) -> None:
        """Read a string."""
        if text:
            self.chunk.pieces.append(Piece(pointer, path, text, self.choice, self.rank, is_name))


@dataclass(slots=True)
class Delta:
    """Reads a delta, or the message that some endpoints send in its place."""

    chunk: Chunk
    choice: int
    pointer: str
    path: Path

    def read(self, delta: dict[str, Any]) -> None:
        """Read all of it.

        Raises:
            Unreadable: see `guardrails.chat.chunk.read`.
        """
        rest: dict[str, Any] = {}
        for name, value in delta.items():
            if value is None:
                continue
            if name == "content":
                self._content(value)
            elif name == "tool_calls":
                for position, call in enumerate(list_of(value, "tool_calls")):
                    self._call(object_of(call, "a tool call"), (*self.path, name, position))
            elif name == "function_call":
                body = _call_body(value, "function")
                self._walk(_FIRST_CALL + 1).members(body, f"{self.pointer}/{name}", (*self.path, name))
            else:
                rest[name] = value
        if rest:
            self._others(rest)

    def _others(self, rest: dict[str, Any]) -> None:
        if "audio" in rest:
            raise Unreadable("the answer holds content that is no text")
        for name in _STRINGS & rest.keys():
            if not isinstance(rest[name], str):
                raise Unreadable(f"the {name} of a choice is no string")
        if "refusal" in rest:
            refusal = rest.pop("refusal")
            self._walk(_CONTENT).text(refusal, f"{self.pointer}/refusal", (*self.path, "refusal"))
        self._walk(BEFORE_CONTENT).members(rest, self.pointer, self.path)

    def _walk(self, rank: int) -> Walk:
        return Walk(self.chunk, self.choice, rank)

    def _content(self, content: Any) -> None:
        pointer, path = f"{self.pointer}/content", (*self.path, "content")
        if isinstance(content, str):
            self._walk(_CONTENT).text(content, pointer, path)
            return
        for position, part in enumerate(list_of(content, "the content of a choice")):
            self._part(object_of(part, "a part of the content"), pointer, (*path, position))

    def _part(self, part: dict[str, Any], pointer: str, path: Path) -> None:
        kind = part.get("type")
        if not isinstance(kind, str) or kind not in TEXTS:
            raise Unreadable("the answer holds content that is no text")
        name = TEXT_PARTS.get(kind)
        if name is not None and not isinstance(part.get(name), str):
            raise Unreadable("a part of the content holds no string")
        rest = dict(part)
        # Parts have no number that lasts over frames; models and callers read them with nothing between.
        text = rest.pop("text", None) if isinstance(part.get("text"), str) else None
        if text is not None:
            self._walk(_CONTENT).text(text, pointer, (*path, "text"))
        self._walk(_CONTENT if name else BEFORE_CONTENT).members(rest, child(pointer, path[-1]), path)

    def _call(self, call: dict[str, Any], path: Path) -> None:
        number = number_of(call.get("index"), MAX_CALLS, "a tool call")
        pointer = f"{self.pointer}/tool_calls/{number}"
        rank = _FIRST_CALL + 2 * number
        for kind in _CALL_BODIES:
            if call.get(kind) is not None:
                body = _call_body(call[kind], kind)
                here, inner = f"{pointer}/{kind}", (*path, kind)
                # The name of a call is over when its arguments begin.
                named = {name: value for name, value in body.items() if name in _NAMES}
                self._walk(rank).members(named, here, inner)
                rest = {name: value for name, value in body.items() if name not in _NAMES}
                self._walk(rank + 1).members(rest, here, inner)
        others = {name: value for name, value in call.items() if name not in _CALL_BODIES}
        self._walk(rank).members(others, pointer, path)


def _call_body(value: Any, kind: str) -> dict[str, Any]:
    body = object_of(value, "a call")
    for name in _CALL_BODIES[kind]:
        if not isinstance(body.get(name), str | None):
            raise Unreadable(f"the {name} of a call is no string")
    return body


def _told_index(element: Any, position: int) -> int:
    told = element.get("index") if isinstance(element, dict) else None
    return told if isinstance(told, int) and 0 <= told < MAX_CALLS else position
