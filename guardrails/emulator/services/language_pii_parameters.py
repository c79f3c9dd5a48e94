"""The `parameters` of PiiEntityRecognition: what each api-version knows, and their checked values."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from guardrails.emulator.detect.pii_catalogue import NOT_BY_DEFAULT, SPECIAL, is_health, known_categories
from guardrails.emulator.services.language_pii_errors import Refused, invalid_parameter
from guardrails.emulator.services.language_pii_redaction import RedactionPolicy, policies_of

INDEX_TYPES: Final = ("TextElements_v8", "UnicodeCodePoint", "Utf16CodeUnit")
LATEST_MODEL: Final = "2021-01-15"
_GA: Final = "2026-05-01"
_SINCE_2022: Final = ("modelVersion", "loggingOptOut", "domain", "piiCategories", "stringIndexType")
# Name, then the preview that had it first; generally available in all of them since 2026-05-01.
_LATER: Final = {
    "excludePiiCategories": "2023-11-15-preview",
    "redactionPolicies": "2025-11-15-preview",
    "valueExclusionPolicy": "2025-11-15-preview",
    "entitySynonyms": "2025-11-15-preview",
    "confidenceScoreThreshold": "2025-11-15-preview",
    "disableEntityValidation": "2025-11-15-preview",
}
_OLD_PREVIEW: Final = ("redactionPolicy", "2024-11-15-preview", "2025-11-15-preview")
_MODEL: Final = re.compile(r"latest|20[0-9]{2}-[0-9]{2}-[0-9]{2}(?:-preview)?")
_DEFAULT_THRESHOLD: Final = 0.3


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least confidence: `default`, and overrides by (category, language), language "" for any."""

    default: float = _DEFAULT_THRESHOLD
    overrides: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def of(self, category: str, language: str) -> float:
        """The least confidence of a category in a document of a language."""
        for_any_language = self.overrides.get((category, ""), self.default)
        return self.overrides.get((category, language), for_any_language)


@dataclass(frozen=True, slots=True)
class PiiParameters:
    """Checked parameters. `wanted` are the category names to answer; `excluded` are those ruled out by name."""

    model_version: str
    index_type: str
    wanted: frozenset[str]
    excluded: frozenset[str]
    policies: tuple[RedactionPolicy, ...]
    threshold: Threshold
    validate: bool
    excluded_values: frozenset[str]
    case_sensitive: bool
    synonyms: Mapping[str, tuple[tuple[str, str], ...]]


def parameters_of(body: Mapping[str, object], api_version: str) -> PiiParameters:
    """Check the parameters of a request.

    Raises:
        Refused: naming the parameter that is unknown to `api_version` or wrong.
    """
    raw = body.get("parameters")
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise Refused("InvalidRequestBodyFormat", "parameters must be an object.")
    given = {name: value for name, value in raw.items() if value is not None}
    for name in given:
        if not _is_known(name, api_version):
            raise invalid_parameter(f"The parameter {name[:64]} is not known in api-version {api_version}.")
    _boolean(given, "loggingOptOut", default=False)
    known = known_categories(api_version)
    excluded = _categories(given, "excludePiiCategories", known)
    exclusion = _object(given, "valueExclusionPolicy")
    sensitive = _boolean(exclusion, "caseSensitive", default=False)
    values = _strings(exclusion, "excludedValues")
    return PiiParameters(
        model_version=model_version_of(given),
        index_type=_choice(given, "stringIndexType", INDEX_TYPES),
        wanted=_wanted(given, known) - excluded,
        excluded=excluded,
        policies=policies_of(given, known, preview=api_version.endswith("-preview")),
        threshold=_threshold(_object(given, "confidenceScoreThreshold")),
        validate=not _boolean(given, "disableEntityValidation", default=False),
        excluded_values=frozenset(value if sensitive else value.casefold() for value in values),
        case_sensitive=sensitive,
        synonyms=_synonyms(given.get("entitySynonyms")),
    )


def _is_known(name: str, api_version: str) -> bool:
    if name in _SINCE_2022:
        return True
    preview = api_version.endswith("-preview")
    if name == _OLD_PREVIEW[0]:
        return preview and _OLD_PREVIEW[1] <= api_version < _OLD_PREVIEW[2]
    return name in _LATER and (api_version >= _GA or (preview and api_version >= _LATER[name]))


def model_version_of(given: Mapping[str, object]) -> str:
    """The model version to answer with.

    Raises:
        Refused: `ModelVersionIncorrect` for what is no version.
    """
    version = given.get("modelVersion", "latest")
    if not isinstance(version, str) or _MODEL.fullmatch(version) is None:
        raise Refused("ModelVersionIncorrect", "Invalid model version. Possible values are: latest, 2021-01-15.")
    return LATEST_MODEL if version == "latest" else version


def _wanted(given: Mapping[str, object], known: frozenset[str]) -> frozenset[str]:
    domain = _choice(given, "domain", ("none", "phi"))
    named = _categories(given, "piiCategories", known | SPECIAL)
    wanted = named - SPECIAL
    if not named or "Default" in named:
        wanted |= known - NOT_BY_DEFAULT
    if "All" in named:
        wanted |= known
    if domain == "phi":
        wanted = frozenset(category for category in wanted if is_health(category))
    return wanted


def _categories(given: Mapping[str, object], name: str, known: frozenset[str]) -> frozenset[str]:
    names = _strings(given, name)
    for category in names:
        if category not in known:
            raise invalid_parameter(f"{name} has an unknown category: {category[:64]!r}.")
    return frozenset(names)


def _threshold(given: Mapping[str, object]) -> Threshold:
    overrides = given.get("overrides") or []
    if not isinstance(overrides, list):
        raise invalid_parameter("confidenceScoreThreshold.overrides must be a list.")
    found: dict[tuple[str, str], float] = {}
    for entry in overrides:
        if not isinstance(entry, dict) or not isinstance(entry.get("entity"), str):
            raise invalid_parameter("confidenceScoreThreshold.overrides must hold objects with an entity.")
        language = entry.get("language") or ""
        if not isinstance(language, str):
            raise invalid_parameter("confidenceScoreThreshold.overrides has a language that is no string.")
        found[entry["entity"], language] = _fraction(entry.get("value"))
    return Threshold(_fraction(given.get("default", _DEFAULT_THRESHOLD)), found)


def _fraction(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise invalid_parameter("confidenceScoreThreshold has a value that is not between 0 and 1.")
    return float(value)


def _synonyms(raw: object) -> dict[str, tuple[tuple[str, str], ...]]:
    """Per category: (synonym, language), language "" for any."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    if raw is None:
        return found
    if not isinstance(raw, list):
        raise invalid_parameter("entitySynonyms must be a list.")
    for entry in raw:
        entries = entry.get("synonyms") if isinstance(entry, dict) else None
        if not isinstance(entries, list) or not isinstance(entry.get("entityType"), str):
            raise invalid_parameter("entitySynonyms must hold objects with entityType and synonyms.")
        for synonym in entries:
            word = synonym.get("synonym") if isinstance(synonym, dict) else None
            language = (synonym.get("language") or "") if isinstance(synonym, dict) else None
            if not isinstance(word, str) or not isinstance(language, str):
                raise invalid_parameter("entitySynonyms must hold synonyms that are strings.")
            found[entry["entityType"]] = (*found.get(entry["entityType"], ()), (word, language))
    return found


def _choice(given: Mapping[str, object], name: str, values: tuple[str, ...]) -> str:
    value = given.get(name, values[0])
    if not isinstance(value, str) or value not in values:
        raise invalid_parameter(f"{name} must be one of {', '.join(values)}.")
    return value


def _boolean(given: Mapping[str, object], name: str, *, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise invalid_parameter(f"{name} must be true or false.")
    return value


def _strings(given: Mapping[str, object], name: str) -> list[str]:
    values = given.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise invalid_parameter(f"{name} must be a list of strings.")
    return values


def _object(given: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = given.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid_parameter(f"{name} must be an object.")
    return value
