"""Scenarios as JSON, for the control API: strict reading with errors that name the field."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any, Final

from guardrails.emulator.json_fields import FieldError, boolean, integer, number, refuse_unknown, text
from guardrails.emulator.presets import PRESETS, preset
from guardrails.emulator.scenarios import (
    ANY,
    NO_EFFECT,
    STREAM_FAULTS,
    Effect,
    EntraFault,
    Malformed,
    Refusal,
    Scenario,
    Truncation,
)
from guardrails.emulator.scripted_json import raw_document, read_raw, read_says, says_document

_ENUMS: Final[Mapping[str, type[StrEnum]]] = {
    "truncate": Truncation,
    "malformed": Malformed,
    "entra": EntraFault,
    "refusal": Refusal,
}
_INTEGERS: Final = frozenset({"status", *STREAM_FAULTS})
_NUMBERS: Final = frozenset({"latency_ms", "retry_after", "slow_stream_ms"})
_BOOLEANS: Final = frozenset({"reset", "hang", "filter_error"})
_SCRIPTED: Final[Mapping[str, Callable[[object, str], object]]] = {"says": read_says, "raw": read_raw}
_MATCH_FIELDS: Final = frozenset({"service", "operation", "deployment", "after", "times"})


def read_scenario(document: object) -> Scenario:
    """Read one scenario: `{"preset": NAME, ...}` or `{"effect": {...}, ...}` with the fields of the match.

    Raises:
        FieldError: naming the field that is unknown or wrong.
    """
    if not isinstance(document, dict):
        raise FieldError("a scenario must be an object")
    known = _MATCH_FIELDS | ({"preset"} if "preset" in document else {"effect", "name"})
    refuse_unknown(document, known, "scenario")
    match: dict[str, Any] = {
        "operation": text(document, "operation"),
        "deployment": text(document, "deployment"),
        "after": integer(document, "after") or 0,
        "times": integer(document, "times"),
    }
    service = text(document, "service")
    try:
        if "preset" in document:
            return preset(_preset_name(document), service=service, **match)
        effect = read_effect(document.get("effect"))
        return Scenario(effect, service=service or ANY, name=text(document, "name") or "", **match)
    except ValueError as error:
        raise FieldError(str(error)) from error


def read_effect(document: object) -> Effect:
    """Read an effect.

    Raises:
        FieldError: naming the field that is unknown or wrong, or when it has no field at all.
    """
    if not isinstance(document, dict) or not document:
        raise FieldError("effect must be an object with at least one field")
    refuse_unknown(document, {field.name for field in fields(Effect)}, "effect")
    values: dict[str, Any] = {name: _effect_value(document, name) for name in document}
    try:
        return Effect(**values)
    except ValueError as error:
        raise FieldError(str(error)) from error


def scenario_document(identifier: int, scenario: Scenario, met: int) -> dict[str, object]:
    """Return a scenario in force as JSON, with how many calls it has met."""
    effect: dict[str, object] = {
        field.name: getattr(scenario.effect, field.name)
        for field in fields(Effect)
        if getattr(scenario.effect, field.name) != getattr(NO_EFFECT, field.name)
    }
    if "says" in effect:
        effect["says"] = says_document(scenario.effect.says)
    if "raw" in effect:
        effect["raw"] = raw_document(scenario.effect.raw)
    return {
        "id": identifier,
        "name": scenario.name,
        "service": scenario.service,
        "operation": scenario.operation,
        "deployment": scenario.deployment,
        "after": scenario.after,
        "times": scenario.times,
        "met": met,
        "effect": effect,
    }


def _preset_name(document: Mapping[str, object]) -> str:
    name = document["preset"]
    if not isinstance(name, str) or name not in PRESETS:
        raise FieldError(f"preset must be one of {', '.join(PRESETS)}")
    return name


def _effect_value(document: Mapping[str, object], name: str) -> object:
    where = f"effect.{name}"
    value = document[name]
    if name in _ENUMS:
        known = [member.value for member in _ENUMS[name]]
        if value not in known:
            raise FieldError(f"{where} must be one of {', '.join(known)}")
        return _ENUMS[name](value)
    if name in _SCRIPTED:
        return _SCRIPTED[name](value, where)
    if name in _BOOLEANS:
        return boolean(document, name, where)
    if name == "document_ids":
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise FieldError(f"{where} must be an array of strings")
        return tuple(value)
    if name in _INTEGERS:
        return integer(document, name, where)
    return number(document, name, where) if name in _NUMBERS else text(document, name, where)
