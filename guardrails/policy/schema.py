"""The JSON Schema of policy files, for editors and pipelines, made of the models that read them."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from guardrails.domain.check import CheckSpec
from guardrails.domain.content import Origin, Stage
from guardrails.policy.document import PolicyDocument
from guardrails.policy.redaction import REPLACEMENTS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
HEADER: Final = "# yaml-language-server: $schema=./policy.schema.json"
"""The first line of a policy file, by which editors find the schema beside it."""
_ONE_OR_MORE: Final = ("stage", "origin", "category")
_MAY_BE_EMPTY: Final = ("chat", "media", "gateways")

Schema = dict[str, Any]


def policy_schema(specs: Mapping[str, CheckSpec]) -> Schema:
    """The schema of one policy file.

    It knows shapes and words. What only makes sense, or not, beside something else (a rule without its check, a policy
    that extends another one) is the compiler's to tell: what the schema refuses the compiler refuses, not the reverse.
    """
    schema = PolicyDocument.model_json_schema(by_alias=True)
    definitions: Schema = schema["$defs"]
    properties: Schema = schema["properties"]
    properties["checks"] = {
        "type": "object",
        "properties": {name: _check(spec, definitions) for name, spec in specs.items()},
        "additionalProperties": False,
    }
    properties["rules"].pop("minItems", None)
    for name in _MAY_BE_EMPTY:
        properties[name] = {"anyOf": [properties[name], {"type": "null"}]}
    stream = definitions["ChatSection"]["properties"]
    stream["stream"] = {"anyOf": [stream["stream"], {"type": "null"}]}
    _rule(definitions["RuleSection"]["properties"], specs)
    finding = definitions["FindingSection"]["properties"]
    finding["check"], finding["category"] = {"enum": list(specs)}, {"enum": _categories(specs)}
    schema["required"] = ["version", "policy"]
    schema["anyOf"] = [{"required": ["extends"]}, {"required": ["checks", "rules"]}]
    return {"$schema": DIALECT, "title": "A policy of azure-guardrails"} | {
        key: value for key, value in schema.items() if key != "title"
    }


def _rule(rule: Schema, specs: Mapping[str, CheckSpec]) -> None:
    for name, own in rule.items():
        if "anyOf" in own:
            (rule[name],) = [kind for kind in own["anyOf"] if kind != {"type": "null"}]
    rule["check"] = {"enum": list(specs)}
    rule["with"] = {"enum": list(REPLACEMENTS)}
    rule["category"]["items"] = {"enum": ["*", *_categories(specs)]}
    for name in _ONE_OR_MORE:
        rule[name] = {"anyOf": [rule[name]["items"], rule[name]]}


def _categories(specs: Mapping[str, CheckSpec]) -> list[str]:
    return sorted({category for spec in specs.values() for category in spec.categories})


def _check(spec: CheckSpec, definitions: Schema) -> Schema:
    origins = {"type": "array", "items": {"enum": [each.value for each in Origin if each in spec.origins]}}
    by_stage = {
        "type": "object",
        "properties": {stage.value: origins for stage in Stage},
        "additionalProperties": False,
        "minProperties": 1,
    }
    shared = {"scan": {"anyOf": [origins | {"minItems": 1}, by_stage]}, "on_failure": {"enum": ["block", "flag"]}}
    options = spec.parse_options({})
    own: Schema = options.model_json_schema(by_alias=True) if isinstance(options, BaseModel) else {}
    definitions.update(own.get("$defs", {}))
    section = {
        "type": "object",
        "properties": shared | own.get("properties", {}),
        "additionalProperties": False,
    }
    return {"anyOf": [section, {"type": "null"}]}
