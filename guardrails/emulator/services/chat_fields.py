"""Fields of a chat completions body, and the refusals OpenAI's API gives for wrong ones."""

from collections.abc import Mapping
from typing import Any


class BadRequestError(Exception):
    """The body is wrong: a sentence, the parameter and OpenAI's error code."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


def string(payload: Mapping[str, Any], name: str) -> str | None:
    """Return a string field, None when absent."""
    value = payload.get(name)
    if value is not None and not isinstance(value, str):
        raise wrong_type(name, "a string", value)
    return value


def boolean(payload: Mapping[str, Any], name: str) -> bool:
    """Return a boolean field, False when absent."""
    value = payload.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong_type(name, "a boolean", value)
    return value is True


def mapping(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object field, empty when absent."""
    value = payload.get(name)
    if value is not None and not isinstance(value, dict):
        raise wrong_type(name, "an object", value)
    return value or {}


def integer(payload: Mapping[str, Any], name: str, least: int, most: int | None = None) -> int | None:
    """Return an integer field within bounds, None when absent."""
    value = payload.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(name, "an integer", value)
    if value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"between {least} and {most}"
        raise BadRequestError(f"Invalid '{name}': expected a value {bounds}, got {value}.", name, "invalid_value")
    return value


def wrong_type(where: str, expected: str, value: object) -> BadRequestError:
    """Build the refusal of a value of another type."""
    return BadRequestError(
        f"Invalid type for '{where}': expected {expected}, but got {name_of(value)} instead.", where, "invalid_type"
    )


def name_of(value: object) -> str:
    """Name the type of a value as the API does."""
    names = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return "null" if value is None else names.get(type(value), "something else")
