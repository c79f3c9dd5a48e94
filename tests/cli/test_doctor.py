"""The doctor explains each failure in a sentence with its mend (contract, section 5)."""

import json
from collections.abc import Callable

import orjson
import pytest
from click.testing import Result
from ports import closed_port

from guardrails.emulator.presets import preset
from guardrails.emulator.serve import Emulator


@pytest.fixture
def examine(run, pointed: dict[str, str]) -> Callable[..., tuple[Result, dict[tuple[str, str], tuple[str, str]]]]:
    def ask(**changes: str | None):
        result = run("doctor", "--json", env={**pointed, **changes})
        told = orjson.loads(result.stdout)
        found = {(d["subject"], d["name"]): (d["state"], d["sentence"]) for d in told["diagnoses"]}
        assert told["well"] is (result.exit_code == 0)
        assert pointed["AZURE_CLIENT_SECRET"] not in result.output
        return result, found

    return ask


SERVICES = [("service", "prompt_shield"), ("service", "content_safety"), ("service", "language")]
MODELS = [("model", "gpt-4o"), ("model", "phi-4")]
CORP = ("credential", "corp")


def test_a_healthy_setup_is_well(examine):
    result, found = examine()
    assert result.exit_code == 0
    assert list(found) == [CORP, *SERVICES, *MODELS]
    assert {state for state, _ in found.values()} == {"ok"}
    assert "good for 60 minutes" in found[CORP][1]


def test_a_wrong_secret_is_named_and_nothing_else_is_asked(examine, emulator: Emulator):
    result, found = examine(AZURE_CLIENT_SECRET="not the secret")
    assert result.exit_code == 1
    state, sentence = found.pop(CORP)
    assert state == "failed"
    assert "AADSTS7000215" in sentence
    assert "environment variable AZURE_CLIENT_SECRET" in sentence
    assert "not the secret" not in result.output
    assert {state for state, _ in found.values()} == {"skipped"}
    assert {call.service for call in emulator.state.journal} == {"entra"}


def test_an_expired_secret_comes_with_the_command_that_makes_a_new_one(examine, emulator: Emulator):
    emulator.state.scenarios.add(preset("secret_expired"))
    result, found = examine()
    assert result.exit_code == 1
    assert "AADSTS7000222" in found[CORP][1]
    assert f"az ad app credential reset --id {emulator.config.client_id}" in found[CORP][1]


def test_an_unknown_tenant_is_named(examine, pointed):
    credential = json.loads(pointed["GUARDRAILS_CREDENTIALS__CORP"]) | {"tenant_id": "no-such-tenant"}
    result, found = examine(GUARDRAILS_CREDENTIALS__CORP=json.dumps(credential))
    assert result.exit_code == 1
    assert "AADSTS90002" in found[CORP][1]
    assert "no-such-tenant" in found[CORP][1]


def test_a_missing_role_comes_with_the_command_that_assigns_it(examine, emulator: Emulator):
    emulator.state.directory.assignments = []
    result, found = examine()
    assert result.exit_code == 1
    assert found[CORP][0] == "ok"
    line = f'az role assignment create --assignee {emulator.config.client_id} --role "Cognitive Services User"'
    for name in (*SERVICES, ("model", "phi-4")):
        assert found[name][0] == "failed"
        assert line in found[name][1]
    assert '--role "Cognitive Services OpenAI User"' in found["model", "gpt-4o"][1]


def test_a_role_that_covers_only_the_models_fails_only_the_services(examine, emulator: Emulator):
    for assignment in list(emulator.state.directory.assignments):
        emulator.state.directory.assignments.remove(assignment)
        emulator.state.directory.assignments.append(
            type(assignment)(assignment.object_id, "Cognitive Services OpenAI User")
        )
    _, found = examine()
    assert found["model", "gpt-4o"][0] == "ok"
    assert {found[name][0] for name in SERVICES} == {"failed"}


def test_a_wrong_audience_names_the_one_that_is_expected(examine):
    result, found = examine(GUARDRAILS_AZURE__SCOPE="https://vault.azure.net/.default")
    assert result.exit_code == 1
    assert found[CORP][0] == "ok"
    for name in SERVICES:
        assert found[name][0] == "failed"
        assert "https://vault.azure.net/.default" in found[name][1]
        assert "https://cognitiveservices.azure.com is expected" in found[name][1]


def test_a_regional_endpoint_is_told_from_a_custom_subdomain(examine, emulator: Emulator):
    emulator.state.scenarios.add(preset("regional_endpoint", service="language"))
    result, found = examine()
    assert result.exit_code == 1
    assert found["service", "language"][0] == "failed"
    assert "regional endpoint" in found["service", "language"][1]
    assert "custom subdomain" in found["service", "language"][1]
    assert found["service", "content_safety"][0] == "ok"


def test_an_unknown_deployment_is_told(examine):
    result, found = examine(GUARDRAILS_MODELS__GPT_4O__DEPLOYMENT="gpt-nope")
    assert result.exit_code == 1
    assert "no such deployment" in found["model", "gpt-4o"][1]
    assert "az cognitiveservices account deployment list" in found["model", "gpt-4o"][1]
    assert found["model", "phi-4"][0] == "ok"


def test_every_deployment_of_a_model_is_asked_and_named(examine):
    several = {
        "deployments": [
            {"account": "contoso-aoai", "deployment": "gpt-4o"},
            {"account": "contoso-aoai", "deployment": "gpt-nope", "priority": 2},
        ]
    }
    result, found = examine(GUARDRAILS_MODELS__GPT_4O=json.dumps(several))
    assert result.exit_code == 1
    assert found["model", "gpt-4o (contoso-aoai/gpt-4o)"][0] == "ok"
    state, sentence = found["model", "gpt-4o (contoso-aoai/gpt-nope)"]
    assert state == "failed"
    assert "no such deployment" in sentence
    assert ("model", "gpt-4o") not in found


def test_an_unreachable_host_is_told(examine):
    with closed_port() as port:
        result, found = examine(
            GUARDRAILS_SERVICES__LANGUAGE__ENDPOINT=f"https://127.0.0.1:{port}",
            GUARDRAILS_MODELS__PHI_4__ENDPOINT=f"https://127.0.0.1:{port}",
        )
    assert result.exit_code == 1
    for name in (("service", "language"), ("model", "phi-4")):
        assert found[name][0] == "failed"
        assert "refuses the connection" in found[name][1]


def test_an_unreachable_entra_is_told(examine):
    result, found = examine(GUARDRAILS_AZURE__AUTHORITY="https://127.0.0.1:9")
    assert result.exit_code == 1
    assert "azure.authority" in found[CORP][1]


def test_a_certificate_that_is_not_trusted_is_told(examine):
    result, found = examine(GUARDRAILS_AZURE__CA_FILE="null")
    assert result.exit_code == 1
    assert "azure.ca_file" in found[CORP][1]


def test_a_wrong_key_is_told_from_a_wrong_token(examine, pointed):
    result, found = examine(
        GUARDRAILS_CREDENTIALS__CORP="{type: api_key, key: {env: AZURE_API_KEY}}", AZURE_API_KEY="wrong"
    )
    assert result.exit_code == 1
    assert found[CORP][0] == "ok"
    assert "the key of credential corp was refused" in found["service", "language"][1]


def test_a_missing_secret_is_a_failure_that_names_where_it_should_be(examine):
    result, found = examine(AZURE_CLIENT_SECRET="")
    assert result.exit_code == 1
    assert "environment variable AZURE_CLIENT_SECRET is not set" in found[CORP][1]


def test_a_service_that_a_policy_needs_and_nobody_configured_is_a_failure(examine):
    result, found = examine(GUARDRAILS_SERVICES__LANGUAGE="null", GUARDRAILS_SERVICES__LANGUAGE__ENDPOINT=None)
    assert result.exit_code == 1
    assert found["service", "language"][0] == "failed"
    assert "policy default, strict names the check pii" in found["service", "language"][1]


def test_a_credential_that_nothing_uses_is_asked_too(examine):
    _, found = examine(
        GUARDRAILS_CREDENTIALS__SPARE="{type: client_secret, tenant_id: t, client_id: c, client_secret: {env: NONE}}"
    )
    assert found["credential", "spare"][0] == "failed"


def test_another_scope_of_a_credential_is_a_question_of_its_own(examine):
    result, found = examine(GUARDRAILS_MODELS__PHI_4__SCOPE="https://ai.azure.com/.default")
    assert result.exit_code == 0
    assert found["credential", "corp for https://ai.azure.com/.default"][0] == "ok"


def test_an_answer_of_another_shape_is_not_taken_for_health(examine, emulator: Emulator):
    emulator.state.scenarios.add(preset("wrong_shape", service="content_safety"))
    result, found = examine()
    assert result.exit_code == 1
    assert "not as its api-version documents" in found["service", "content_safety"][1]


def test_settings_that_do_not_hold_are_sentences_and_code_2(run, tmp_path):
    result = run("doctor", "--config", str(tmp_path / "none.yaml"))
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr
    assert "Traceback" not in result.output


def test_people_get_a_table_and_the_sentences_below_it(run, pointed, emulator: Emulator):
    emulator.state.directory.assignments = []
    result = run("doctor", env=pointed)
    assert result.exit_code == 1
    assert "prompt_shield" in result.stdout
    assert "az role assignment create" in result.stdout
    mend = next(line for line in result.stdout.splitlines() if line.startswith("service language"))
    assert mend.startswith("service language: the principal of credential corp lacks a role")
    assert "customSubDomainName=='localhost'" in mend


def test_people_read_what_a_failure_is_about_once(run, pointed, emulator: Emulator):
    emulator.state.scenarios.add(preset("secret_expired"))
    result = run("doctor", env=pointed)
    assert "\ncredential corp: AADSTS7000222: the client secret has expired." in result.stdout


def test_people_are_told_when_everything_answers(run, pointed):
    result = run("doctor", env=pointed)
    assert result.exit_code == 0
    assert "Everything answers." in result.stdout


def test_a_narrow_terminal_loses_no_name(run, pointed, monkeypatch):
    monkeypatch.setattr("guardrails.cli.terminal._WIDE", 30)
    result = run("doctor", env=pointed)
    assert "content_safety" not in result.stdout
    assert "\N{HORIZONTAL ELLIPSIS}" not in result.stdout


def test_a_blocklist_that_a_policy_matches_and_azure_lacks_is_a_failure(examine, tmp_path):
    policy = tmp_path / "listed.yaml"
    policy.write_text(
        "version: 1\npolicy: default\nchecks:\n  content_safety: {blocklists: [company-terms]}\nrules:\n"
        "  - {id: terms, check: content_safety, category: blocklist, action: block}\n"
    )
    (tmp_path / "strict.yaml").write_text(policy.read_text().replace("policy: default", "policy: strict"))
    result, found = examine(GUARDRAILS_POLICIES=str(tmp_path))
    assert result.exit_code == 1
    state, sentence = found["blocklist", "company-terms"]
    assert state == "failed"
    assert "has no such list, and policy default, strict matches it" in sentence


@pytest.fixture
def hiding(pointed, tmp_path) -> dict[str, str]:
    """The emulated settings with policies that hide behind placeholders."""
    for name in ("default", "strict"):
        (tmp_path / f"{name}.yaml").write_text(
            f"version: 1\npolicy: {name}\nchecks: {{pii: {{}}}}\nrules:\n"
            "  - {id: mail, check: pii, category: Email, action: redact, with: placeholder}\n"
        )
    return pointed | {"GUARDRAILS_POLICIES": str(tmp_path)}


def test_a_placeholder_key_that_does_not_hold_is_a_sentence_and_code_2(run, hiding):
    result = run("doctor", env=hiding | {"GUARDRAILS_PLACEHOLDER_KEY": "short-secret"})
    assert result.exit_code == 2
    assert "placeholders.keys.0: the key in environment variable GUARDRAILS_PLACEHOLDER_KEY is shorter" in result.stderr
    assert "short-secret" not in result.output


def test_the_service_does_not_start_with_a_key_that_does_not_hold(run, hiding):
    result = run("serve", "--port", "0", env=hiding | {"GUARDRAILS_PLACEHOLDER_KEY": ""})
    assert result.exit_code == 2
    assert "The secret in environment variable GUARDRAILS_PLACEHOLDER_KEY is not set" in result.stderr
    assert "Traceback" not in result.output
