"""A value for a JSON schema: what the emulated model fills arguments and structured answers with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_MAX_DEPTH: Final = 12
_MAX_VALUES: Final = 1000
_MAX_ITEMS: Final = 10
_SANE_BOUND: Final = 10_000


def example_of(schema: Mapping[str, Any], text: str) -> object:
    """Return a value that fits a schema, the same every time; `text` is what its strings say.

    Knows type, properties, items, enum, const, anyOf, oneOf, allOf (the first that is a schema), local references and
    the bounds minItems, minimum, exclusiveMinimum, minLength and maxLength. Depth and size are bounded: what lies
    beyond is null.
    """
    return _Builder(schema, text).build(schema, 0)


@dataclass(slots=True)
class _Builder:
    root: Mapping[str, Any]
    text: str
    left: int = _MAX_VALUES

    def build(self, schema: Mapping[str, Any], depth: int) -> object:
        self.left -= 1
        if depth > _MAX_DEPTH or self.left < 0:
            return None
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return schema["enum"][0]
        for name in ("anyOf", "oneOf", "allOf"):
            options = schema.get(name)
            if isinstance(options, list) and options:
                return self.build(_first(options), depth + 1)
        return self._by_type(schema, depth)

    def _by_type(self, schema: Mapping[str, Any], depth: int) -> object:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = kind[0] if kind else None
        if kind == "object" or (kind is None and "properties" in schema):
            properties = schema.get("properties")
            named = properties.items() if isinstance(properties, dict) else ()
            return {name: self.build(inner, depth + 1) for name, inner in named if isinstance(inner, dict)}
        if kind == "array":
            items = schema.get("items")
            count = max(1, min(_number(schema, "minItems", 1), _MAX_ITEMS))
            return [self.build(items if isinstance(items, dict) else {}, depth + 1) for _ in range(count)]
        return self._scalar(kind, schema)

    def _scalar(self, kind: object, schema: Mapping[str, Any]) -> object:
        if kind == "integer":
            return _least(schema)
        if kind == "number":
            return float(_least(schema))
        if kind == "boolean":
            return True
        if kind == "null":
            return None
        longest = _number(schema, "maxLength", _SANE_BOUND)
        return self.text.ljust(_number(schema, "minLength", 0), ".")[: max(0, longest)]

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(_MAX_DEPTH):
            reference = schema.get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#"):
                return schema
            found: Any = self.root
            for part in reference.removeprefix("#").strip("/").split("/"):
                found = found.get(part, {}) if part and isinstance(found, dict) else found
            schema = found if isinstance(found, dict) else {}
        return {}


def _least(schema: Mapping[str, Any]) -> int:
    if "exclusiveMinimum" in schema:
        return _number(schema, "exclusiveMinimum", 0) + 1
    return _number(schema, "minimum", 1)


def _number(schema: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = schema.get(name)
    return int(value) if isinstance(value, (int, float)) and abs(value) < _SANE_BOUND else otherwise


def _first(options: Sequence[Any]) -> Mapping[str, Any]:
    return next((option for option in options if isinstance(option, dict)), {})
