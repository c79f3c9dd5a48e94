"""`guardrails policy lint | test | show | schema`."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import orjson
import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
PLANTED = Path(__file__).parents[1] / "policy" / "planted"
POLICY = """\
version: 1
policy: mails
checks: {pii: {categories: [Email]}}
rules:
  - {id: mail, check: pii, category: Email, action: block}
tests:
  - {name: made up, findings: [{check: pii, category: Email, measure: 0.9}], expect: {verdict: block, rules: [mail]}}
  - {name: a text, text: "Write to anna@contoso.com today.", expect: {verdict: block, rules: [mail]}}
  - name: a chat
    messages: [{role: user, content: "Good morning."}]
    expect: {verdict: allow, rules: []}
"""
CHILD = "version: 1\npolicy: child\nextends: mails\nrules: [{id: mail, check: pii, category: Email, action: flag}]\n"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "mails.yaml").write_text(POLICY)
    return folder


def test_shipped_policies_have_neither_mistakes_nor_warnings(run, pointed):
    result = run("policy", "lint", "--json", env=pointed)
    assert result.exit_code == 0
    assert orjson.loads(result.stdout) == {"good": True, "problems": [], "warnings": []}


def test_lint_tells_every_mistake_at_once_and_answers_no(run):
    result = run("policy", "lint", str(PLANTED))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) > 40
    assert all(line.startswith(str(PLANTED)) for line in result.stdout.splitlines())


def test_a_warning_stops_nothing_unless_asked(run, folder):
    (folder / "mails.yaml").write_text(POLICY.replace("policy: mails", "policy: mails\nmode: monitor"))
    assert run("policy", "lint", str(folder)).exit_code == 0
    result = run("policy", "lint", "--strict", str(folder))
    assert result.exit_code == 1
    assert "warning: mode: `monitor`" in result.stdout


def test_lint_with_settings_knows_the_api_version(run, pointed, folder):
    (folder / "mails.yaml").write_text(POLICY.replace("[Email]", "[Email, Password]"))
    result = run("policy", "lint", str(folder), env=pointed)
    assert result.exit_code == 1
    assert "Password needs api-version 2026-05-01; configured is 2025-11-01" in result.stdout


def test_lint_online_finds_a_list_that_azure_does_not_have(run, pointed, folder):
    (folder / "lists.yaml").write_text(
        "version: 1\npolicy: lists\nchecks: {content_safety: {blocklists: [no-such-list]}}\n"
        "rules: [{id: r, check: content_safety, category: blocklist, action: block}]\n"
    )
    assert run("policy", "lint", str(folder), env=pointed).exit_code == 0
    result = run("policy", "lint", "--online", str(folder), env=pointed)
    assert result.exit_code == 1
    assert "lists.yaml:3:" in result.stdout
    assert "there is no list 'no-such-list' in Azure" in result.stdout


def test_an_emulator_that_nobody_asks_is_wrong_use(run, folder):
    assert run("policy", "lint", "--emulator", str(folder)).exit_code == 2


def test_one_file_is_linted_with_what_it_extends_and_without_the_others(run, folder):
    (folder / "child.yaml").write_text(CHILD)
    (folder / "broken.yaml").write_text("version: 1\n")
    assert run("policy", "lint", str(folder / "child.yaml")).exit_code == 0
    assert run("policy", "lint", str(folder)).exit_code == 1


def test_tests_run_canned_and_through_the_services(run, pointed, folder, tmp_path):
    file = tmp_path / "junit.xml"
    result = run("policy", "test", str(folder), "--junit", str(file), env=pointed)
    assert (result.exit_code, result.stdout) == (0, "3 tests, 0 failed.\n")
    (suite,) = ET.fromstring(file.read_bytes())  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures")) == ("3", "0")


def test_tests_run_before_an_emulator_of_their_own(run, pointed, folder):
    plain = {"GUARDRAILS_CONFIG": pointed["GUARDRAILS_CONFIG"]}
    result = run("policy", "test", str(folder), "--emulator", "--json", env=plain)
    assert result.exit_code == 0, result.output
    assert all(one["passed"] for one in orjson.loads(result.stdout)["tests"])


def test_a_test_that_fails_is_told_with_its_line_and_answers_no(run, pointed, folder, tmp_path):
    (folder / "mails.yaml").write_text(POLICY.replace("{verdict: allow, rules: []}", "{verdict: block}"))
    file = tmp_path / "junit.xml"
    result = run("policy", "test", str(folder), "--junit", str(file), env=pointed)
    assert result.exit_code == 1
    assert "mails.yaml:9:5: tests[2]: the test 'a chat' fails: expected block, got allow by no rule" in result.stdout
    assert "<failure message=" in file.read_text()


def test_a_service_that_is_down_is_named_beside_the_test(run, pointed, folder):
    broken = {**pointed, "GUARDRAILS_SERVICES__LANGUAGE__ENDPOINT": "https://127.0.0.1:1"}
    result = run("policy", "test", str(folder), env=broken)
    assert result.exit_code == 1
    assert "pii could not run (network)" in result.stdout


def test_rules_without_a_test_are_named(run, folder):
    text = POLICY.partition("tests:")[0] + "  - {id: never, stage: output, check: pii, action: redact}\n"
    (folder / "mails.yaml").write_text(text)
    result = run("policy", "test", str(folder))
    assert result.exit_code == 0
    assert "no test makes these rules fire: mail, never" in result.stdout


def test_policies_that_do_not_hold_are_wrong_use_of_test(run):
    result = run("policy", "test", str(PLANTED))
    assert result.exit_code == 2
    assert "did you mean" in result.stderr


def test_show_prints_a_policy_that_means_the_same_without_what_it_extends(run, folder, tmp_path):
    (folder / "child.yaml").write_text(CHILD)
    result = run("policy", "show", "child", str(folder))
    assert result.exit_code == 0
    shown = yaml.safe_load(result.stdout)
    assert shown["checks"] == {"pii": {"categories": ["Email"]}}
    assert [rule["action"] for rule in shown["rules"]] == ["flag"]
    assert "extends" not in shown
    assert "mails.yaml" in result.stdout.splitlines()[1]
    (tmp_path / "whole.yaml").write_text(result.stdout)
    assert run("policy", "lint", str(tmp_path / "whole.yaml")).exit_code == 0


def test_show_tells_the_nearest_name(run, folder):
    result = run("policy", "show", "mail", str(folder))
    assert result.exit_code == 2
    assert "did you mean 'mails'?" in result.stderr


def test_schema_prints_a_schema(run):
    assert json.loads(run("policy", "schema").stdout)["$schema"].startswith("https://json-schema.org/")
