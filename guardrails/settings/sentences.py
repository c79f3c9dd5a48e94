"""A validation error -> one sentence that names the thing and never repeats its value."""

import difflib
import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from guardrails.settings.schema import Settings

_HINTS = {
    "key_sha256": "must be the SHA-256 of the key as 64 lower-case hex digits; `guardrails key new` makes both",
    "workers": "only 1 is supported; for more load run more replicas",
}
_UNIONS = {
    "credentials": "type must be one of client_secret, certificate, workload_identity, managed_identity, api_key",
    "models": "kind must be azure_openai or foundry",
}

_TYPES = {
    "missing": "is missing",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
}


def sentence(item: Any) -> str:  # noqa: ANN401 - pydantic's own error mapping
    """Say one of `ValidationError.errors()` in words."""
    steps, siblings = _walk(item["loc"])
    where = ".".join(steps) or "the file"
    last = steps[-1] if steps else ""
    if item["type"] == "extra_forbidden":
        if last == "entra":
            return f"{where}: callers with Entra tokens are not supported yet; give this caller a key"
        near = difflib.get_close_matches(last, siblings, n=1)
        return f"{where}: unknown key" + (f"; did you mean {near[0]}?" if near else _known(siblings))
    if item["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return f"{where}: {_UNIONS[steps[0]]}"
    said = _TYPES.get(item["type"]) or _HINTS.get(last) or item["msg"].removeprefix("Value error, ")
    return f"{where}: {said}"


def _known(siblings: list[str]) -> str:
    return f"; known: {', '.join(siblings)}" if siblings else ""


def _walk(loc: tuple[int | str, ...]) -> tuple[list[str], list[str]]:
    """The path a person wrote (pydantic adds the names of union members to it), and the keys known at its end."""
    here: object = Settings
    steps: list[str] = []
    siblings: list[str] = []
    for step in loc:
        members = _models(here)
        member = next((model for model in members if step in {model.__name__, _tag(model)}), None)
        if member is not None and len(members) > 1:
            here = member
            continue
        if step == "[key]":
            continue
        steps.append(str(step))
        siblings = sorted({name for model in members for name in model.model_fields})
        here = _inside(here, members, str(step))
    return steps, siblings


def _inside(here: object, members: list[type[BaseModel]], step: str) -> object:
    for model in members:
        if step in model.model_fields:
            return model.model_fields[step].annotation
    if get_origin(here) in {Mapping, dict}:
        return get_args(here)[1]
    return get_args(here)[0] if get_origin(here) is tuple else None


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    origin = get_origin(annotation)
    if origin is Annotated:
        return _models(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return [model for member in get_args(annotation) for model in _models(member)]
    return []


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("type") or model.model_fields.get("kind")
    return next(iter(get_args(field.annotation)), None) if field else None
