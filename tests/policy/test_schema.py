"""The published JSON Schema is the models', accepts what compiles, and refuses what does not."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from guardrails.checks.catalogue import SPECS
from guardrails.cli.policy.schema import schema_text
from guardrails.policy.positions import read
from guardrails.policy.schema import HEADER, policy_schema

FOLDER = Path(__file__).parents[2] / "deploy" / "policies"
SHIPPED = sorted(FOLDER.glob("*.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(policy_schema(SPECS))
GOOD = """\
version: 1
policy: good
extends: base
mode: monitor
shadow: [other]
checks:
  pii: {scan: {input: [user], output: []}, ignore: [a@b.example, {like: "*@b.example"}], categories: [Email]}
  prompt_shield:
rules:
  - {id: r, stage: input, origin: [tool], check: pii, category: "*", at_least: 0.5, action: redact, with: mask}
media:
chat: {stream: {release: whole}}
tests:
  - {name: t, failed: [pii], expect: {verdict: block}}
  - {name: u, messages: [{role: user, content: hi}], expect: {verdict: allow, rules: []}}
"""


def errors(text):
    return list(VALIDATOR.iter_errors(read(text).value))


def test_the_schema_beside_the_policies_is_what_the_command_prints():
    assert (FOLDER / "policy.schema.json").read_text(encoding="utf-8") == schema_text()
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_policies_name_the_schema_and_satisfy_it(path):
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == HEADER
    assert errors(text) == []


def test_a_policy_with_every_form_satisfies_it():
    assert yaml.safe_load(GOOD)
    assert errors(GOOD) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("extends: base\n", "extends: base\nrulse: []\n"),
        ("mode: monitor", "mode: monitr"),
        ("version: 1", "version: 2"),
        ("output: []", "answer: []"),
        ("action: redact", "action: hide"),
        ("check: pii, category", "check: pi, category"),
        ('category: "*"', "category: Emial"),
        ("stage: input", "stage: inptu"),
        ("with: mask", "with: stars"),
        ("  prompt_shield:\n", "  prompt_sheild:\n"),
        ("release: whole", "release: all"),
        ("expect: {verdict: block}", "expect: {}"),
        ("policy: good\n", ""),
    ],
)
def test_what_does_not_compile_for_its_shape_is_refused(right, wrong):
    assert right in GOOD
    assert errors(GOOD.replace(right, wrong)) != []


def test_checks_and_rules_may_be_absent_only_where_something_is_extended():
    assert errors("version: 1\npolicy: p\nextends: base\n") == []
    assert errors("version: 1\npolicy: p\n") != []
