"""Several deployments under one model name: the shape, its problems as sentences, and its overrides."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from guardrails.settings.load import SettingsError, load

ENDPOINT = "https://contoso.services.ai.azure.com"


def document(model: object) -> dict[str, Any]:
    return {
        "credentials": {"corp": {"type": "managed_identity"}},
        "accounts": {
            "west": {"endpoint": "https://west.openai.azure.com", "credential": "corp"},
            "north": {"endpoint": "https://north.openai.azure.com", "credential": "corp"},
        },
        "models": {"gpt-4o": model},
        "callers": {"gateway": {"key_sha256": "a" * 64, "policies": ["default"]}},
        "policies": "./policies",
    }


def loaded(folder: Path, model: object, env: Mapping[str, str] | None = None):
    file = folder / "guardrails.yaml"
    file.write_text(yaml.safe_dump(document(model)))
    return load(file, env or {}).models["gpt-4o"]


def problems(folder: Path, model: object, env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as failed:
        loaded(folder, model, env)
    return failed.value.problems


def several() -> dict[str, Any]:
    return {
        "deployments": [
            {"account": "west", "deployment": "gpt-4o", "priority": 1},
            {"kind": "foundry", "endpoint": ENDPOINT, "deployment": "gpt-4o", "credential": "corp", "priority": 2},
        ]
    }


def test_a_single_entry_stays_what_it_was(tmp_path):
    model = loaded(tmp_path, {"account": "west", "deployment": "gpt-4o"})
    assert (model.kind, model.account, model.deployment) == ("azure_openai", "west", "gpt-4o")
    assert problems(tmp_path, {"account": "west", "deployment": "gpt-4o", "priority": 1}) == (
        "models.gpt-4o.priority: unknown key; known: account, deployment, kind",
    )


def test_a_model_may_have_several_deployments_of_both_kinds(tmp_path):
    model = loaded(tmp_path, several())
    assert [(one.kind, one.deployment, one.priority) for one in model.deployments] == [
        ("azure_openai", "gpt-4o", 1),
        ("foundry", "gpt-4o", 2),
    ]
    assert model.timeout_s is None


def test_priority_is_1_when_absent(tmp_path):
    model = several()
    for one in model["deployments"]:
        del one["priority"]
    assert [one.priority for one in loaded(tmp_path, model).deployments] == [1, 1]


def test_problems_of_a_deployment_name_its_place(tmp_path):
    model = several()
    model["deployments"][0]["acount"] = model["deployments"][0].pop("account")
    model["deployments"][1]["endpoint"] = "http://contoso.services.ai.azure.com"
    model["deployments"][1]["priority"] = 0
    model["deployments"].append({"kind": "elsewhere"})
    assert problems(tmp_path, model) == (
        "models.gpt-4o.deployments.0.account: is missing",
        "models.gpt-4o.deployments.0.acount: unknown key; did you mean account?",
        "models.gpt-4o.deployments.1.endpoint: must begin with https://: tokens and texts never travel in the clear",
        "models.gpt-4o.deployments.1.priority: Input should be greater than or equal to 1",
        "models.gpt-4o.deployments.2: kind must be azure_openai or foundry",
    )


def test_a_misspelt_list_is_told_its_name(tmp_path):
    model = several()
    model["deploymnets"] = model.pop("deployments")
    assert "models.gpt-4o.deploymnets: unknown key; did you mean deployments?" in problems(tmp_path, model)


def test_a_list_in_the_place_of_a_name_is_a_problem_of_that_name(tmp_path):
    (problem,) = problems(tmp_path, {"account": ["west"], "deployment": "gpt-4o"})
    assert problem.startswith("models.gpt-4o.account: ")


@pytest.mark.parametrize("count", [0, 17])
def test_a_list_holds_one_to_sixteen(tmp_path, count):
    model = {"deployments": [{"account": "west", "deployment": f"d{number}"} for number in range(count)]}
    assert problems(tmp_path, model) == ("models.gpt-4o.deployments: must be a list of 1 to 16 deployments",)


def test_names_that_lead_nowhere_are_told_with_the_known_ones(tmp_path):
    model = several()
    model["deployments"][0]["account"] = "est"
    model["deployments"][1]["credential"] = "crop"
    assert problems(tmp_path, model) == (
        "models.gpt-4o.deployments.1.credential: there is no credential 'crop'; known: corp",
        "models.gpt-4o.deployments.0.account: there is no account 'est'; known: north, west",
    )


def test_the_same_deployment_twice_is_no_second_chance(tmp_path):
    model = several()
    model["deployments"].append({"account": "west", "deployment": "gpt-4o", "priority": 3})
    assert problems(tmp_path, model) == ("models.gpt-4o.deployments.2: is the same as deployments.0",)


def test_a_value_inside_the_list_has_an_override_and_a_reference(tmp_path):
    model = several()
    model["deployments"][0]["deployment"] = {"env": "NAME"}
    env = {"NAME": "from-env", "GUARDRAILS_MODELS__GPT_4O__DEPLOYMENTS__1__ENDPOINT": "https://other.azure.com"}
    found = loaded(tmp_path, model, env)
    assert found.deployments[0].deployment == "from-env"
    assert found.deployments[1].endpoint == "https://other.azure.com"


@pytest.mark.parametrize("place", ["2__ENDPOINT", "X__ENDPOINT", "-1__ENDPOINT", "2", "0__ENDPOINT__X"])
def test_an_override_of_what_is_not_in_the_list_is_a_problem(tmp_path, place):
    variable = f"GUARDRAILS_MODELS__GPT_4O__DEPLOYMENTS__{place}"
    assert any(
        problem.startswith((f"environment variable {variable}", "models.gpt-4o.deployments.0.endpoint"))
        for problem in problems(tmp_path, several(), {variable: "https://other.azure.com"})
    )


def test_a_reference_inside_the_list_that_is_not_set_is_told(tmp_path):
    model = several()
    model["deployments"][1]["endpoint"] = {"env": "NOT_SET"}
    assert problems(tmp_path, model) == (
        "models.gpt-4o.deployments.1.endpoint: environment variable NOT_SET is not set",
    )
