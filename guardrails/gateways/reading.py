"""Readings that several dialects need: texts that are of the shape they should have, or else every string of them."""

from collections.abc import Collection, Mapping
from typing import Any

from guardrails.chat.anything import extract_anything
from guardrails.chat.extract import Extract
from guardrails.chat.response import extract_completion
from guardrails.chat.trusted import NONE
from guardrails.domain.content import Origin
from guardrails.domain.errors import InvalidRequest, TooLarge


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
