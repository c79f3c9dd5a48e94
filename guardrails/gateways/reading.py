"""Readings that several dialects need: texts that are of the shape they should have, or else every string of them."""

from collections.abc import Collection, Mapping
from typing import Any

from guardrails.chat.anything import extract_anything
from guardrails.chat.extract import Extract
from guardrails.chat.response import extract_completion
from guardrails.chat.trusted import NONE
from guardrails.domain.content import Kind, Origin, Segment
from guardrails.domain.errors import InvalidRequest, TooLarge
from guardrails.policy.select import is_blank


def extract_completion_or_anything(answer: Mapping[str, Any], _trusted: Collection[str] = NONE) -> Extract:
    """A completion as `extract_completion` reads it; an answer of another shape leaf by leaf, as the assistant's.

    Raises:
        InvalidRequest: as `extract_anything`.
        TooLarge: as `extract_anything`.
    """
    try:
        return extract_completion(answer)
    except TooLarge:
        raise
    except InvalidRequest:
        return extract_anything(answer, origin=Origin.ASSISTANT)


def extract_something(
    body: Mapping[str, Any],
    trusted: Collection[str] = NONE,
    *,
    origin: Origin = Origin.USER,
    about: Collection[str] = NONE,
) -> Extract:
    """Every string of a body in which what is to be judged was not found in its place.

    Args:
        body: All of it.
        trusted: The digests of trusted texts.
        origin: Who wrote its texts.
        about: Members that only describe the call: read like all others, and nothing to judge by themselves.

    Raises:
        InvalidRequest: as `extract_anything`, and where there is nothing but white space: a pass would be of nothing.
        TooLarge: as `extract_anything`.
    """
    found = extract_anything(dict(body), trusted, origin)
    if not any(_tells(segment, about) for segment in found.segments):
        raise InvalidRequest("The body holds no text that could be judged.")
    return found


def _tells(segment: Segment, about: Collection[str]) -> bool:
    member = segment.pointer.removeprefix("/").partition("/")[0]
    return member not in about and not (segment.kind is Kind.TEXT and is_blank(segment))
