"""What is shipped for production parses, agrees with the code, and runs without privileges."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from guardrails.api.routes import routes
from guardrails.server.prepare import prepare
from guardrails.settings.bundles import Bundles
from guardrails.settings.schema import SecretRef, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
ENV = {
    "AZURE_TENANT_ID": "00000000-0000-0000-0000-000000000001",
    "AZURE_CLIENT_ID": "00000000-0000-0000-0000-000000000002",
    "GUARDRAILS_GATEWAY_KEY_SHA256": "0" * 64,
}
CLOSE_S = 5
"""What the decision log may take to be written at the end."""


def parse(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def manifest(kind: str) -> Any:
    return next(document for document in map(parse, MANIFESTS) if document["kind"] == kind)


def container() -> Any:
    (only,) = manifest("Deployment")["spec"]["template"]["spec"]["containers"]
    return only


def instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", text))
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def last(instruction: str) -> str:
    return [rest for name, rest in instructions() if name == instruction][-1]


def settings(**env: str) -> Settings:
    return prepare(DEPLOY / "guardrails.yaml", {**ENV, **env}).settings


def test_the_shipped_settings_and_policies_hold_together():
    prepared = prepare(DEPLOY / "guardrails.yaml", ENV)
    assert set(prepared.bundle.policies) == {"default", "strict"}
    assert set(prepared.settings.models) == {"gpt-4o", "phi-4"}
    assert prepared.settings.callers["gateway"].policies == ("default", "strict")
    assert prepared.settings.callers["gateway"].default_policy == "default"


def test_the_shipped_settings_hold_no_secret_and_no_caller_that_exists():
    text = (DEPLOY / "guardrails.yaml").read_text(encoding="utf-8")
    assert settings().credentials["corp"].client_secret == SecretRef(env="AZURE_CLIENT_SECRET")
    assert not re.search(r"[0-9a-f]{32}", text)
    assert settings().server.host == "127.0.0.1"


@pytest.mark.parametrize(
    "path", [*MANIFESTS, DEPLOY / "compose.yaml", DEPLOY / "kustomization.yaml"], ids=lambda p: p.name
)
def test_every_file_is_yaml_of_one_document(path):
    assert isinstance(parse(path), dict)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda p: p.name)
def test_every_manifest_is_part_of_the_kustomization_and_named_alike(path):
    document = parse(path)
    assert f"kubernetes/{path.name}" in parse(DEPLOY / "kustomization.yaml")["resources"]
    assert document["metadata"]["name"] == "guardrails"
    assert document["kind"].lower() == path.stem


def test_the_kustomization_names_files_that_exist_and_every_policy():
    maps = {entry["name"]: entry["files"] for entry in parse(DEPLOY / "kustomization.yaml")["configMapGenerator"]}
    assert all((DEPLOY / file).is_file() for files in maps.values() for file in files)
    assert set(maps["guardrails-policies"]) == {
        f"policies/{file.name}" for file in (DEPLOY / "policies").glob("*.yaml")
    }
    volumes = manifest("Deployment")["spec"]["template"]["spec"]["volumes"]
    assert {volume["configMap"]["name"] for volume in volumes} == set(maps)


def test_new_policies_reach_pods_that_run():
    """A ConfigMap mounted with subPath is never updated; one with a new name rolls the pods instead."""
    (mount,) = [mount for mount in container()["volumeMounts"] if mount["name"] == "policies"]
    assert "subPath" not in mount
    assert mount["mountPath"] == literal_env()["GUARDRAILS_POLICIES"]
    maps = {entry["name"]: entry for entry in parse(DEPLOY / "kustomization.yaml")["configMapGenerator"]}
    assert maps["guardrails-policies"]["options"] == {"disableNameSuffixHash": True}
    assert "options" not in maps["guardrails-settings"]
    assert settings().bundles.watch is True


def test_the_shipped_bundle_settings_are_those_of_the_code():
    assert settings().bundles == Bundles()


def test_probes_ask_doors_that_are_there():
    doors = {route.path for route in routes() if route.method == "GET"}
    probes = [container()[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
    assert [probe["path"] for probe in probes] == ["/livez", "/livez", "/readyz"]
    annotations = manifest("Deployment")["spec"]["template"]["metadata"]["annotations"]
    assert {probe["path"] for probe in probes} | {annotations["prometheus.io/path"]} <= doors
    assert "/livez" in last("HEALTHCHECK")


def test_ports_agree_with_the_settings():
    port = settings().server.port
    assert container()["ports"] == [{"name": "http", "containerPort": port}]
    assert manifest("Service")["spec"]["ports"][0]["targetPort"] == "http"
    assert last("EXPOSE") == str(port)
    assert f"'{port}'" in last("HEALTHCHECK")
    assert parse(DEPLOY / "compose.yaml")["services"]["guardrails"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def literal_env() -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container()["env"] if "value" in variable}


def test_the_pod_s_variables_are_settings_that_hold(tmp_path):
    env = literal_env()
    names = {variable["name"] for variable in container()["env"]}
    assert "GUARDRAILS_GATEWAY_KEY_SHA256" in names
    mounted = {mount["mountPath"] for mount in container()["volumeMounts"]}
    assert env.pop("GUARDRAILS_POLICIES") in mounted
    assert str(Path(env.pop("GUARDRAILS_CONFIG")).parent) in mounted
    # The identity webhook gives tenant and client: neither is needed to read the settings.
    made = prepare(
        DEPLOY / "guardrails.yaml", {**env, "GUARDRAILS_GATEWAY_KEY_SHA256": ENV["GUARDRAILS_GATEWAY_KEY_SHA256"]}
    ).settings
    assert made.credentials["corp"].type == "workload_identity"
    assert made.server.host == "0.0.0.0"  # noqa: S104 - in its own network namespace


def test_the_compose_variables_are_settings_that_hold():
    environment = parse(DEPLOY / "compose.yaml")["services"]["guardrails"]["environment"]
    assert set(environment) >= set(ENV)
    overrides = {name: value for name, value in environment.items() if name not in ENV}
    assert settings(**overrides).credentials["corp"].client_secret == SecretRef(
        file=Path("/run/secrets/azure_client_secret")
    )


def test_the_image_s_variables_are_settings_that_hold():
    env = dict(pair.split("=", 1) for pair in shlex.split(last("ENV")))
    assert settings(GUARDRAILS_SERVER__HOST=env["GUARDRAILS_SERVER__HOST"]).server.host == "0.0.0.0"  # noqa: S104
    copied = [rest.split()[-1] for name, rest in instructions() if name == "COPY"]
    assert env["GUARDRAILS_CONFIG"] in copied


def test_the_grace_periods_are_longer_than_draining():
    pod = manifest("Deployment")["spec"]["template"]["spec"]
    before = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > before + settings().server.drain_s + CLOSE_S
    grace = parse(DEPLOY / "compose.yaml")["services"]["guardrails"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > settings().server.drain_s + CLOSE_S


def test_the_pod_has_no_privileges():
    pod = manifest("Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert {"requests", "limits"} <= set(container()["resources"])


def test_the_pod_uses_the_workload_identity_of_its_service_account():
    template = manifest("Deployment")["spec"]["template"]
    account = manifest("ServiceAccount")
    assert template["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert template["spec"]["serviceAccountName"] == account["metadata"]["name"]
    assert "azure.workload.identity/client-id" in account["metadata"]["annotations"]


def test_everything_selects_the_same_pods():
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"].items()
    selectors = [
        manifest("Deployment")["spec"]["selector"]["matchLabels"],
        manifest("Service")["spec"]["selector"],
        manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels for selector in selectors)
    assert (
        manifest("HorizontalPodAutoscaler")["spec"]["minReplicas"]
        > manifest("PodDisruptionBudget")["spec"]["minAvailable"]
    )


def test_the_image_runs_as_a_numbered_user_and_installs_what_is_locked():
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", last("USER"))
    user = manifest("Deployment")["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
    assert last("USER").split(":")[0] == str(user)
    runs = " ".join(rest for name, rest in instructions() if name == "RUN")
    assert "--require-hashes -r requirements/service.txt" in runs
    assert "--no-deps" in runs
    assert [rest.split()[0] for name, rest in instructions() if name == "FROM"] == ["python:3.13-slim"] * 2


def test_the_image_copies_only_what_exists_and_is_not_ignored():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    for name, rest in instructions():
        if name != "COPY" or rest.startswith("--from"):
            continue
        for source in rest.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignored, source
