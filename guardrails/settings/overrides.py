"""What the environment puts into the parsed file: overrides of values, and ids given by reference."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from guardrails.settings.schema import Settings

ENV_PREFIX = "GUARDRAILS_"
_LONGEST_NUMBER = 3
_BY_REFERENCE = {"tenant_id", "client_id", "endpoint", "key_sha256", "deployment"}


def override(document: dict[str, Any], env: Mapping[str, str]) -> list[str]:
    """Put `GUARDRAILS_<SECTION>__<KEY>` values into the document in place; return the problems."""
    problems: list[str] = []
    for variable in sorted(env):
        path = variable.removeprefix(ENV_PREFIX).lower().split("__")
        if not variable.startswith(ENV_PREFIX) or path[0] not in Settings.model_fields:
            continue
        try:
            value = yaml.safe_load(env[variable])
        except yaml.YAMLError:
            problems.append(f"environment variable {variable}: is not a YAML value")
            continue
        if not _put(document, path, value):
            problems.append(f"environment variable {variable}: there is no section there to override")
    return problems


def _put(document: dict[str, Any], path: list[str], value: object) -> bool:
    here: dict[str, Any] | list[Any] = document
    for part in path[:-1]:
        inside = _step_into(here, part)
        if inside is None:
            return False
        here = inside
    if isinstance(here, list):
        number = _number_in(here, path[-1])
        if number is None:
            return False
        here[number] = value
    else:
        here[_key_for(here, path[-1])] = value
    return True


def _step_into(here: dict[str, Any] | list[Any], part: str) -> dict[str, Any] | list[Any] | None:
    """The section or list under a part of a variable's name; a section that is not there yet is made."""
    if isinstance(here, list):
        number = _number_in(here, part)
        inside = None if number is None else here[number]
    else:
        key = _key_for(here, part)
        if here.get(key) is None:
            here[key] = {}
        inside = here[key]
    return inside if isinstance(inside, dict | list) else None


def _number_in(items: list[Any], part: str) -> int | None:
    """The place in a list that a part of a variable's name means, where there is one: `0` is the first."""
    is_number = part.isascii() and part.isdecimal() and len(part) <= _LONGEST_NUMBER
    return int(part) if is_number and int(part) < len(items) else None


def _key_for(section: Mapping[str, Any], part: str) -> str:
    def plain(key: object) -> str:
        return str(key).lower().replace("-", "_").replace(".", "_")

    return next((key for key in section if plain(key) == part), part)


def resolve_ids(node: object, env: Mapping[str, str], where: str = "") -> list[str]:
    """Replace ids given as `{env: NAME}` or `{file: PATH}` by their values in place; return the problems."""
    if isinstance(node, list):
        return [text for number, item in enumerate(node) for text in resolve_ids(item, env, f"{where}.{number}")]
    if not isinstance(node, dict):
        return []
    problems: list[str] = []
    for key, value in node.items():
        place = f"{where}.{key}" if where else str(key)
        if key in _BY_REFERENCE and isinstance(value, dict):
            try:
                node[key] = _referenced(value, env)
            except ValueError as error:
                problems.append(f"{place}: {error}")
        else:
            problems += resolve_ids(value, env, place)
    return problems


def _referenced(reference: Mapping[Any, Any], env: Mapping[str, str]) -> str:
    if set(reference) == {"env"}:
        name = str(reference["env"])
        if not env.get(name, "").strip():
            raise ValueError(f"environment variable {name} is not set")
        return env[name].strip()
    if set(reference) == {"file"}:
        path = Path(str(reference["file"]))
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"file {path} cannot be read") from None
    raise ValueError("must be a text, {env: NAME} or {file: PATH}")
