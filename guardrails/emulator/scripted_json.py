"""Scripted answers as JSON, for the control API: strict reading, and writing back."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

from guardrails.emulator.json_fields import FieldError, boolean, refuse_unknown, text
from guardrails.emulator.scripted import ScriptedCall, ScriptedChoice

_CHOICE_FIELDS: Final = frozenset({"content", "refusal", "tool_calls", "function_call", "finish_reason", "filtered"})
_CALL_FIELDS: Final = frozenset({"name", "arguments", "id"})


def read_says(given: object, where: str) -> tuple[ScriptedChoice, ...]:
    """Read the choices of an answer.

    Raises:
        FieldError: naming the field that is unknown or wrong.
    """
    return tuple(_choice(one, f"{where}[{index}]") for index, one in enumerate(_array(given, where)))


def read_raw(given: object, where: str) -> tuple[bytes | float, ...]:
    """Read the pieces of a raw body: a text, `{"base64": ...}`, or a number of milliseconds to wait.

    Raises:
        FieldError: naming the piece that is wrong.
    """
    return tuple(_raw_piece(one, f"{where}[{index}]") for index, one in enumerate(_array(given, where)))


def says_document(choices: Sequence[ScriptedChoice]) -> list[dict[str, Any]]:
    """Return choices as JSON that `read_says` reads."""
    return [_choice_document(choice) for choice in choices]


def raw_document(pieces: Sequence[bytes | float]) -> list[str | float | dict[str, str]]:
    """Return pieces as JSON that `read_raw` reads."""
    return [_raw_document(piece) for piece in pieces]


def _choice(given: object, where: str) -> ScriptedChoice:
    document = _object(given, where)
    refuse_unknown(document, _CHOICE_FIELDS, where)
    calls = _array(document.get("tool_calls", []), f"{where}.tool_calls", least=0)
    called = document.get("function_call")
    try:
        return ScriptedChoice(
            content=_pieces(document, "content", where),
            refusal=_pieces(document, "refusal", where),
            tool_calls=tuple(_call(one, f"{where}.tool_calls[{index}]") for index, one in enumerate(calls)),
            function_call=None if called is None else _call(called, f"{where}.function_call"),
            finish_reason=text(document, "finish_reason", f"{where}.finish_reason"),
            filtered=boolean(document, "filtered", f"{where}.filtered"),
        )
    except FieldError:
        raise
    except ValueError as error:
        raise FieldError(f"{where}: {error}") from error


def _call(given: object, where: str) -> ScriptedCall:
    document = _object(given, where)
    refuse_unknown(document, _CALL_FIELDS, where)
    name = text(document, "name", f"{where}.name")
    if not name:
        raise FieldError(f"{where}.name must be a string with at least one character")
    arguments = _pieces(document, "arguments", where) if "arguments" in document else ("{}",)
    return ScriptedCall(name, arguments, text(document, "id", f"{where}.id"))


def _pieces(document: Mapping[str, object], name: str, where: str) -> tuple[str, ...]:
    given = document.get(name, [])
    pieces = [given] if isinstance(given, str) else given
    if not isinstance(pieces, list) or not all(isinstance(piece, str) for piece in pieces):
        raise FieldError(f"{where}.{name} must be a string or an array of strings")
    return tuple(pieces)


def _raw_piece(given: object, where: str) -> bytes | float:
    if isinstance(given, str):
        return given.encode()
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return float(given)
    encoded = given.get("base64") if isinstance(given, dict) and len(given) == 1 else None
    if not isinstance(encoded, str):
        raise FieldError(f'{where} must be a string, a number of milliseconds or {{"base64": "..."}}')
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FieldError(f"{where}.base64 must be base64") from error


def _raw_document(piece: bytes | float) -> str | float | dict[str, str]:
    if not isinstance(piece, bytes):
        return piece
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(piece).decode()}


def _choice_document(choice: ScriptedChoice) -> dict[str, Any]:
    called = choice.function_call
    return {
        "content": list(choice.content),
        "refusal": list(choice.refusal),
        "tool_calls": [_call_document(call) for call in choice.tool_calls],
        "function_call": None if called is None else _call_document(called),
        "finish_reason": choice.finish_reason,
        "filtered": choice.filtered,
    }


def _call_document(call: ScriptedCall) -> dict[str, Any]:
    return {"name": call.name, "arguments": list(call.arguments), "id": call.identifier}


def _array(given: object, where: str, *, least: int = 1) -> list[object]:
    if not isinstance(given, list) or len(given) < least:
        raise FieldError(f"{where} must be an array{' with at least one item' if least else ''}")
    return given


def _object(given: object, where: str) -> Mapping[str, object]:
    if not isinstance(given, dict):
        raise FieldError(f"{where} must be an object")
    return given
