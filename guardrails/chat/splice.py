"""A text in pieces with replacements in it: what of each piece goes on."""

from collections import deque
from typing import NamedTuple


class Replacement(NamedTuple):
    """What stands in place of a range of a text."""

    start: int
    end: int
    text: str


def carved(text: str, start: int, replacements: deque[Replacement]) -> str:
    """The piece of a text that begins at `start`, with the replacements made.

    A replacement stands where its range begins; what it covers of later pieces vanishes from them. Those that are done
    with are taken off the queue, which is in order and without overlaps.
    """
    end = start + len(text)
    done = start
    pieces: list[str] = []
    while replacements and replacements[0].start < end:
        first = replacements[0]
        if first.start >= start:
            pieces += (text[done - start : first.start - start], first.text)
        done = min(first.end, end)
        if first.end > end:
            break
        replacements.popleft()
    pieces.append(text[done - start :])
    return "".join(pieces)
