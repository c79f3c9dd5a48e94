"""The turns of a conversation: which messages are old, what was said over several turns, and what goes together.

A turn begins at a message of the user. The last one begins at the last message of the user, or at the first of several
that stand together. System prompts (and developer's) belong to no turn.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from guardrails.chat.json_text import readable
from guardrails.chat.trusted import is_trusted, untrusted
from guardrails.domain.content import Kind, Origin, Segment, Unread

WINDOW_TURNS: Final = 5
"""Turns of the user that are read together."""

WINDOW_CHARACTERS: Final = 10_000
"""Characters (UTF-16 code units) that are read together: as many as Prompt Shield takes in one call."""

_POINTER: Final = "/messages"
_SYSTEM: Final = frozenset({"system", "developer"})
_UTF16: Final = "utf-16-le"
_CODE_UNIT: Final = 2


def last_turn(messages: Sequence[Any]) -> int:
    """The place of the first message of the last turn: 0 where no user has said anything, and so nothing is old."""
    place = len(messages) - 1
    while place >= 0 and _role(messages[place]) != "user":
        place -= 1
    while place > 0 and _role(messages[place - 1]) in {"user", *_SYSTEM}:
        place -= 1
    return max(place, 0)


def aged(strings: Iterable[Segment | Unread], *, old: bool) -> Iterator[Segment | Unread]:
    """The strings of a message, its segments marked where it is old. No system prompt is: it holds for all turns."""
    for string in strings:
        if old and isinstance(string, Segment) and string.origin is not Origin.SYSTEM:
            yield replace(string, old=True)
        else:
            yield string


def joined_turns(messages: Sequence[Any], digests: Collection[str], pointer: str = _POINTER) -> Iterator[Segment]:
    """What users said in the last turns as one text, oldest first, a line for each message, if there are several.

    At most `WINDOW_TURNS` and `WINDOW_CHARACTERS`. What does not fit is cut: of the newest message the end, of the
    oldest the beginning, so that the place where two turns meet is read together, however long they are.

    Args:
        messages: The body's.
        digests: The SHA-256 of trusted texts, which are left out.
        pointer: Where the messages stand.
    """
    newest_first: list[str] = []
    characters = 0
    for text in _said_last(messages, digests):
        newest_first.append(text)
        characters += len(text) + 1
        if characters > WINDOW_CHARACTERS and len(newest_first) > 1:
            break
    if len(newest_first) > 1:
        yield Segment(_fitted(newest_first), Origin.USER, pointer, editable=False, kind=Kind.TURNS)


def going_with(messages: Sequence[Any], guilty: Collection[int]) -> tuple[int, ...]:
    """The places of all messages that have to go when some go, in order; none where these cannot go.

    Whole turns go. A call of a tool and its result go together, also where they stand in two turns. What stands before
    the first message of the user counts as a turn. The last turn cannot go, and system prompts stay.
    """
    turn_of = _turns(messages)
    if not all(place in turn_of for place in guilty):
        return ()
    going = {turn_of[place] for place in guilty}
    links = _links(messages, turn_of)
    while more := {turn for link in links if going & link for turn in link} - going:
        going |= more
    gone = tuple(place for place, turn in turn_of.items() if turn in going)
    return gone if gone and gone[-1] < last_turn(messages) else ()


def _said_last(messages: Sequence[Any], digests: Collection[str]) -> Iterator[str]:
    """What users said in the last turns, message by message, the newest first."""
    turns, within = 0, False
    for message in reversed(messages):
        role = _role(message)
        if role == "user":
            text = _said(message, digests)
            if not text or text.isspace():
                continue
            turns += not within
            within = True
            if turns > WINDOW_TURNS:
                return
            yield readable(text)
        elif role not in _SYSTEM:
            within = False


def _said(message: Mapping[str, Any], digests: Collection[str]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return "" if is_trusted(content, digests) else content
    parts = untrusted(content, digests)
    texts = (part.get("text") for part in parts if isinstance(part, dict)) if isinstance(parts, list) else ()
    return "".join(text for text in texts if isinstance(text, str))


def _fitted(newest_first: Sequence[str]) -> str:
    if sum(map(_units, newest_first)) + len(newest_first) - 1 <= WINDOW_CHARACTERS:
        return "\n".join(reversed(newest_first))
    pieces = [_beginning(newest_first[0], WINDOW_CHARACTERS // 2)]
    room = WINDOW_CHARACTERS - _units(pieces[0]) - 1
    for text in newest_first[1:]:
        if room <= 0:
            break
        pieces.append(_end(text, room))
        room -= _units(pieces[-1]) + 1
    return "\n".join(reversed(pieces))


def _units(text: str) -> int:
    return len(text.encode(_UTF16)) // _CODE_UNIT


def _beginning(text: str, units: int) -> str:
    # A character that the cut would halve is left out.
    return text[:units].encode(_UTF16)[: _CODE_UNIT * units].decode(_UTF16, "ignore")


def _end(text: str, units: int) -> str:
    return text[-units:].encode(_UTF16)[-_CODE_UNIT * units :].decode(_UTF16, "ignore")


def _turns(messages: Sequence[Any]) -> dict[int, int]:
    """The turn of each message that belongs to one, by its place."""
    turn = 0
    found: dict[int, int] = {}
    for place, message in enumerate(messages):
        role = _role(message)
        turn += role == "user"
        if role not in _SYSTEM:
            found[place] = turn
    return found


def _links(messages: Sequence[Any], turn_of: Mapping[int, int]) -> set[frozenset[int]]:
    """Pairs of turns of which one holds a call and the other its result."""
    called: dict[object, int] = {}
    links: set[frozenset[int]] = set()
    for place, turn in turn_of.items():
        message = messages[place]
        for call in _calls(message):
            called[call] = turn
        answered = _answers(message)
        if answered is not None and called.get(answered, turn) != turn:
            links.add(frozenset({turn, called[answered]}))
    return links


def _calls(message: Mapping[str, Any]) -> Iterator[object]:
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, dict) and isinstance(call.get("id"), str):
            yield call["id"]
    if message.get("function_call") is not None:
        yield _FUNCTION


def _answers(message: Mapping[str, Any]) -> object:
    if _role(message) == "function":
        return _FUNCTION
    name = message.get("tool_call_id")
    return name if isinstance(name, str) else None


_FUNCTION: Final = ("function_call",)
"""Stands for a call of the older kind, which has no id: its result is the next message of a function."""


def _role(message: Any) -> object:
    role = message.get("role") if isinstance(message, dict) else None
    return role if isinstance(role, str) else None
