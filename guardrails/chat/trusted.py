"""Texts that their owner has listed by their SHA-256: exactly these strings, as they stand in the body."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from guardrails.domain.content import Kind, Segment, Unread

NONE: Collection[str] = frozenset()


def is_trusted(text: object, digests: Collection[str]) -> bool:
    """Whether a string of the body is one of those with these SHA-256 in hex; without any, nothing is hashed."""
    if not digests or not isinstance(text, str):
        return False
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() in digests


def marked(segments: Iterable[Segment | Unread], body: Any, digests: Collection[str]) -> Iterator[Segment | Unread]:
    """The segments, with `trusted` set on those whose string in the body is one of these."""
    for segment in segments:
        if not digests or not isinstance(segment, Segment) or segment.kind is not Kind.TEXT:
            yield segment
        elif is_trusted(_string_at(body, segment.pointer), digests):
            yield replace(segment, trusted=True)
        else:
            yield segment


def untrusted(content: object, digests: Collection[str]) -> object:
    """The content of a message without the text parts that are trusted; what is not a list of parts as it is."""
    if not digests or not isinstance(content, list):
        return content
    return [part for part in content if not (isinstance(part, dict) and is_trusted(part.get("text"), digests))]


def _string_at(body: Any, pointer: str) -> object:
    # A segment's pointer has indices and identifiers only, so nothing in it is escaped.
    here = body
    for step in pointer.split("/")[1:]:
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            return None
    return here
