r"""Strings that hold JSON: tool-call arguments, tool results.

Two things matter for them. A `\u0040` in the JSON is an `@` for the model and the tool, so detectors must see the `@`:
`readable` is the same JSON with such escapes written out. And an edit must leave valid JSON: `edited` changes what is
inside strings and whole numbers, never the structure between them.
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import takewhile
from types import MappingProxyType
from typing import Any

from guardrails.domain.content import Edit, Span, apply_edits
from guardrails.domain.unicode import is_unicode

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_WRITTEN_OUT = re.compile(
    r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\(.)", re.DOTALL
)
_LETTERS: Mapping[str, str] = MappingProxyType({"/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"})
_MUST_STAY_ESCAPED = frozenset('"\\')
_MAY_NEST = re.compile(r"\\\\|\\u005[cC]")
_CONTROL = re.compile(r"[\x00-\x1f]")
_SURROGATES = range(0xD800, 0xE000)
_UNTOLD = "\ufffd"

REPLACED_WHOLE = '{"redacted":true}'
"""What JSON becomes when an edit cannot be made inside it."""


def is_json_container(text: str, *, strict: bool = True) -> bool:
    """Whether a string is the JSON of an object or a list; not `strict`: or was, before `readable`."""
    if text.lstrip(" \t\r\n")[:1] not in {"{", "["}:
        return False
    try:
        # Numbers stay text: only the form matters, and a number of a million digits must cost nothing.
        json.loads(text, strict=strict, parse_int=str, parse_float=str, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False
    return True


def readable(text: str) -> str:
    r"""The text as detectors should see it.

    JSON of an object or list with its escapes written out, also in strings that are JSON themselves: a `\u0040` is an
    `@`, and a `\n` a line feed, or its `n` would run into the word behind it. Only quotes and backslashes stay escaped,
    in the short form; half a surrogate pair is seen as U+FFFD. Any other text unchanged. Spans of findings are
    positions in this text.
    """
    if "\\" not in text or not is_json_container(text):
        return text
    written = _WrittenOut()
    # JSON in JSON spells each backslash by two characters or more at each level, so that there are few levels.
    nested = rewritten(text, readable) if _MAY_NEST.search(text) else text
    return _WRITTEN_OUT.sub(lambda match: written[match.group()], nested)


def readable_escape(escape: str) -> str:
    """One escape of JSON, or the two of a pair, as `readable` gives it."""
    return _WRITTEN_OUT.sub(_write_out, escape)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """`readable(text)` with the edits made: still valid JSON where the text was JSON, and no character of a span left.

    In JSON a span is carried out in every string and number that it touches; the structure between them stays. An
    escape that a span only touches goes whole, and a touched number, true, false or null becomes a string.
    """
    if not is_json_container(text):
        return apply_edits(text, edits)
    view = readable(text)
    result = _strict(apply_edits(view, inside_tokens(view, edits)))
    return result if is_json_container(result) else REPLACED_WHOLE


def meanings(text: str, spans: Sequence[Span]) -> list[str | None]:
    r"""What is said at each span of `readable` text, as `edited` would take it out there: escapes read, none cut.

    None where a span of JSON touches no string or more than one, or what it holds is no valid Unicode. In JSON
    `{"a": "\nx"}` a span over `nx` means a line feed and an x.

    Args:
        text: As `readable` gives it.
        spans: In order, none overlapping another.
    """
    if not is_json_container(text, strict=False):
        return [text[span.start : span.end] for span in spans]
    tokens = [Span(*match.span()) for match in _TOKEN.finditer(text)]
    ends = [token.end for token in tokens]
    escapes = lru_cache(maxsize=1)(partial(_escapes, text))
    found: list[str | None] = []
    for span in spans:
        index = bisect_right(ends, span.start)
        alone = index < len(tokens) and tokens[index].start < span.end
        if alone and index + 1 < len(tokens) and tokens[index + 1].start < span.end:
            alone = False
        found.append(_meaning(text, span, tokens[index], escapes) if alone else None)
    return found


def _meaning(text: str, span: Span, token: Span, escapes: Callable[[int, int], Sequence[Span]]) -> str | None:
    if text[token.start] != '"':
        return text[token.start : token.end]
    start, end = token.start + 1, token.end - 1
    inner = _unbroken(escapes(start, end), span, start, end)
    said: str = json.loads(f'"{text[inner.start : inner.end]}"', strict=False)
    return said if said and is_unicode(said) else None


def rewritten(text: str, change: Callable[[str], str]) -> str:
    """JSON with every string, names included, changed; what does not change is kept as it was spelled."""

    def token(match: re.Match[str]) -> str:
        spelled = match.group()
        if not spelled.startswith('"'):
            return spelled
        said: str = json.loads(spelled)
        now = change(said)
        return spelled if now == said else quoted(now)

    return _TOKEN.sub(token, text)


def quoted(text: str) -> str:
    """A text as a JSON string, characters written out where UTF-8 can carry them."""
    return json.dumps(text, ensure_ascii=not is_unicode(text))


def compact(value: Any) -> str:
    """A JSON value as text, names included, characters written out."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _WrittenOut(dict[str, str]):
    """What each escape of one text stands for: a text has many escapes, and few different ones."""

    def __missing__(self, escape: str) -> str:
        self[escape] = written = readable_escape(escape)
        return written


def _write_out(match: re.Match[str]) -> str:
    high, low, code, other = match.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    if other:
        return _LETTERS.get(other, match.group())
    return seen(chr(int(code, 16)))


def seen(character: str, levels: int = 1) -> str:
    """How `readable` spells a character that stands in this many strings of JSON, one in the other."""
    if ord(character) in _SURROGATES:
        return _UNTOLD
    for _ in range(levels if character in _MUST_STAY_ESCAPED else 0):
        character = character.replace("\\", "\\\\").replace('"', '\\"')
    return character


def _strict(view: str) -> str:
    """JSON that `readable` has written out, with control characters in strings escaped again, at every level."""

    def token(match: re.Match[str]) -> str:
        spelled = match.group()
        if not spelled.startswith('"') or _CONTROL.search(spelled) is None:
            return spelled
        said: str = json.loads(spelled, strict=False)
        return quoted(_strict(said) if is_json_container(said, strict=False) else said)

    return _TOKEN.sub(token, view) if _CONTROL.search(view) is not None else view


def inside_tokens(text: str, edits: Iterable[Edit]) -> Iterator[Edit]:
    """The edits as they can be made in JSON: inside its strings, and on whole numbers and words; in order."""
    waiting = deque(disjoint(edits))
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        while waiting and waiting[0].span.end <= start:
            waiting.popleft()
        if not waiting:
            return
        touching = list(takewhile(lambda edit, end=end: edit.span.start < end, waiting))  # type: ignore[misc]
        if touching and text[start] == '"':
            yield from _inside_string(text, start + 1, end - 1, touching)
        else:
            for edit in touching:
                yield Edit(edit.pointer, Span(start, end), json.dumps(edit.replacement, ensure_ascii=False))


def disjoint(edits: Iterable[Edit]) -> Iterator[Edit]:
    """Overlapping edits as one, as `apply_edits` takes them; in order."""
    first: Edit | None = None
    for edit in sorted(edits, key=lambda edit: (edit.span.start, -edit.span.end)):
        if first is None or edit.span.start >= first.span.end:
            if first is not None:
                yield first
            first = edit
        elif edit.span.end > first.span.end:
            first = Edit(first.pointer, Span(first.span.start, edit.span.end), first.replacement)
    if first is not None:
        yield first


def _inside_string(text: str, start: int, end: int, edits: Iterable[Edit]) -> Iterator[Edit]:
    escapes = _escapes(text, start, end)
    for edit in edits:
        inner = _unbroken(escapes, edit.span, start, end)
        if inner.start < inner.end:
            yield Edit(edit.pointer, inner, json.dumps(edit.replacement, ensure_ascii=False)[1:-1])


def _escapes(text: str, start: int, end: int) -> Sequence[Span]:
    return [Span(*match.span()) for match in _ESCAPE.finditer(text, start, end)]


def _unbroken(escapes: Sequence[Span], span: Span, start: int, end: int) -> Span:
    """The part of a span within start and end, with every escape that it only touches."""
    return Span(_escape_around(escapes, max(span.start, start)).start, _escape_around(escapes, min(span.end, end)).end)


def _escape_around(escapes: Sequence[Span], position: int) -> Span:
    """The escape that a position lies within, or the position itself."""
    index = bisect_left(escapes, (position, 0)) - 1
    if index >= 0 and position < escapes[index].end:
        return escapes[index]
    return Span(position, position)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
