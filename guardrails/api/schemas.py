"""The bodies of the /check doors, checked by hand: every message names the field, none repeats its value."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from guardrails.chat.extract import Extract, not_given
from guardrails.chat.request import extract_documents, extract_messages, extract_text
from guardrails.chat.response import extract_choices
from guardrails.domain.content import Origin, Stage
from guardrails.domain.errors import InvalidRequest

CONTENT_FIELDS = ("messages", "text", "choices")
OUR_FIELDS = ("stage", "policy", "language")
FIELDS = (*OUR_FIELDS, *CONTENT_FIELDS, "documents")
_FIELD_NAME = re.compile(r"[A-Za-z_]{1,32}")
"""What may be repeated in an error: a name as programs give it, not a sentence that happens to be a key."""
_OURS = "chooses how a text is judged; no part of it"
_LANGUAGE = re.compile(r"auto|[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What the caller of a /check door chose; `content` is the field that holds what is to be judged."""

    stage: Stage
    policy: str | None
    language: str | None
    content: str


def parse_check(body: Mapping[str, Any]) -> CheckRequest:
    """Read what a body asks for (contract, `POST /check`); the texts in it are `extract_content`'s.

    Raises:
        InvalidRequest: a field is unknown, of a wrong type or missing; names the field.
    """
    _known_fields_only(body)
    stage = _stage(body)
    given = [name for name in CONTENT_FIELDS if body.get(name) is not None]
    if len(given) != 1:
        raise InvalidRequest(f"send exactly one of {', '.join(CONTENT_FIELDS)}", field=(given or CONTENT_FIELDS)[-1])
    return CheckRequest(stage, _text(body, "policy"), _language(body), given[0])


def extract_content(asked: CheckRequest, body: Mapping[str, Any], trusted: Collection[str]) -> Extract:
    """Every string of a body that is to be judged, or is not; `trusted` are the digests of the policy that judges it.

    Raises:
        InvalidRequest: texts cannot be read; names the field.
    """
    ours = (one for name in OUR_FIELDS for one in not_given(body.get(name), f"/{name}", _OURS, Origin.SYSTEM))
    return _content(asked, body, trusted) + extract_documents(body, trusted) + Extract(unread=tuple(ours))


def _known_fields_only(body: Mapping[str, Any]) -> None:
    for name in body:
        if name not in FIELDS:
            may_be_told = _FIELD_NAME.fullmatch(name) is not None
            near = difflib.get_close_matches(name, FIELDS, n=1) if may_be_told else []
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(FIELDS)}"
            raise InvalidRequest(f"unknown field; {hint}", field=name if may_be_told else None)


def _stage(body: Mapping[str, Any]) -> Stage:
    stage = body.get("stage", Stage.INPUT.value)
    if not isinstance(stage, str) or stage not in {Stage.INPUT.value, Stage.OUTPUT.value}:
        raise InvalidRequest('must be "input" or "output"', field="stage")
    return Stage(stage)


def _content(asked: CheckRequest, body: Mapping[str, Any], trusted: Collection[str]) -> Extract:
    if asked.content == "messages":
        return extract_messages(body, trusted)
    if asked.content == "choices":
        if asked.stage is not Stage.OUTPUT:
            raise InvalidRequest('choices are judged at "stage": "output"', field="choices")
        if body["choices"] == []:
            raise InvalidRequest("must hold at least one choice", field="choices")
        return extract_choices(body["choices"])
    return extract_text(body, asked.stage, trusted)


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidRequest("must be a string", field=name)
    return value


def _language(body: Mapping[str, Any]) -> str | None:
    language = _text(body, "language")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise InvalidRequest('must be a language tag such as "en" or "pt-BR", or "auto"', field="language")
    return language
