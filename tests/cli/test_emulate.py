"""`emulate` prints what points this service, or an Azure SDK, at the stand-in."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from guardrails.cli import emulation
from guardrails.cli.key import sha256_of
from guardrails.emulator.config import RateLimit
from guardrails.emulator.limits import RateLimiter
from guardrails.policy.placeholders import MIN_KEY_BYTES
from guardrails.settings.load import load

SETTINGS = Path(__file__).parents[2] / "deploy" / "guardrails.yaml"


def start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "guardrails", "emulate", "--config", str(SETTINGS), "--port", "0", *options]
    return subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def stop() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=90)
        assert (process.returncode, err) == (0, "")


def test_the_printed_variables_make_the_shipped_settings_well(run, stop, tmp_path):
    ca_file = tmp_path / "ca.pem"
    process = start("--json", "--ca-file", str(ca_file))
    stop.append(process)
    assert process.stdout is not None
    told = orjson.loads(process.stdout.readline())
    assert told["ca_file"] == str(ca_file)
    assert ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")
    env = {**told["service"], "GUARDRAILS_CONFIG": str(SETTINGS)}
    assert env["GUARDRAILS_GATEWAY_KEY_SHA256"] == sha256_of(env["GUARDRAILS_KEY"])
    result = run("doctor", "--json", env=env)
    assert result.exit_code == 0, result.output


def test_the_lines_for_people_are_shell_that_sets_the_same_variables(stop):
    process = start("--scenario", "secret_expired")
    stop.append(process)
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("# Scenarios"):
        lines.append(process.stdout.readline())
        assert lines[-1]
    script = "".join(lines) + "\nenv\n"
    done = subprocess.run(
        ["/bin/sh"], input=script, capture_output=True, check=True, text=True, env={"PATH": "/usr/bin:/bin"}
    )
    variables = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert variables["AZURE_AUTHORITY_HOST"].startswith("https://localhost:")
    assert yaml.safe_load(variables["GUARDRAILS_CREDENTIALS__CORP"])["client_secret"] == {"env": "AZURE_CLIENT_SECRET"}


def emulated() -> dict[str, Any]:
    services = ("language", "content_safety", "prompt_shield", "azure_openai", "foundry")
    return {
        "authority": "https://localhost:1",
        "scope": "https://cognitiveservices.azure.com/.default",
        "ca_file": "/tmp/a b/ca.pem",
        "tenant_id": "tenant",
        "client_id": "client",
        "client_secret": "a secret",
        "api_key": "a key",
        "endpoints": dict.fromkeys(services, "https://localhost:1"),
    }


SETTINGS_OF_MANY_KINDS = """
credentials:
  my-pod: {type: workload_identity}
  old.key: {type: api_key, key: {file: /run/secrets/none}}
services:
  language: {endpoint: https://contoso.cognitiveservices.azure.com, credential: old.key}
accounts:
  aoai: {endpoint: https://contoso.openai.azure.com, credential: my-pod}
models:
  chat: {account: aoai, deployment: our-own-name}
  open.model: {kind: foundry, endpoint: https://contoso.services.ai.azure.com, deployment: Open, credential: my-pod}
  both:
    deployments:
      - {account: aoai, deployment: first-choice}
      - {kind: foundry, endpoint: https://b.services.ai.azure.com, deployment: Spare, credential: my-pod, priority: 2}
      - {kind: foundry, endpoint: https://c.services.ai.azure.com, deployment: Spare, credential: my-pod, priority: 3}
callers:
  one: {key_sha256: {env: ONE_KEY}, policies: [strict, default]}
  two: {key_sha256: "%s", policies: [default, lax]}
policies: ./policies
""" % ("0" * 64)


def test_settings_of_any_kind_are_pointed_whole_at_the_emulator(tmp_path):
    file = tmp_path / "guardrails.yaml"
    file.write_text(SETTINGS_OF_MANY_KINDS)
    document = emulation.read_document(file)
    variables = {**emulation.service_variables(document, emulated()), **emulation.demo_variables(document, {})}
    settings = load(file, variables)
    endpoints = [settings.accounts["aoai"].endpoint, settings.models["open.model"].endpoint]
    endpoints += [deployment.endpoint for deployment in settings.models["both"].deployments[1:]]
    assert endpoints == ["https://localhost:1"] * 4
    assert settings.services.language is not None
    assert settings.services.language.endpoint == "https://localhost:1"
    assert settings.services.content_safety is None
    assert settings.credentials["my-pod"].type == "client_secret"
    assert settings.credentials["old.key"].type == "api_key"
    assert settings.azure.ca_file == Path("/tmp/a b/ca.pem")
    assert settings.callers["demo"].policies == ("strict", "default", "lax")
    assert settings.callers["demo"].key_sha256 == sha256_of("local-demo-key")
    assert settings.callers["one"].key_sha256 not in {sha256_of(""), sha256_of("local-demo-key")}
    (key,) = settings.placeholders.keys
    assert len(variables[key.env]) >= MIN_KEY_BYTES
    assert variables[key.env] != emulation.service_variables(document, emulated())[key.env]


def test_a_caller_whose_key_is_set_keeps_it(tmp_path):
    file = tmp_path / "guardrails.yaml"
    file.write_text(SETTINGS_OF_MANY_KINDS)
    variables = emulation.demo_variables(emulation.read_document(file), {"ONE_KEY": "f" * 64})
    assert "ONE_KEY" not in variables


def test_the_emulator_has_the_deployments_that_the_settings_name(tmp_path):
    file = tmp_path / "guardrails.yaml"
    file.write_text(SETTINGS_OF_MANY_KINDS)
    config = emulation.emulator_config(emulation.read_document(file))
    kinds = {deployment.name: deployment.kind for deployment in config.deployments}
    assert kinds["our-own-name"] == "azure_openai"
    assert kinds["Open"] == "foundry"
    assert (kinds["first-choice"], kinds["Spare"]) == ("azure_openai", "foundry")
    assert kinds["gpt-4o"] == "azure_openai"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a\n- b\n",
        "models: [1]\ncallers: 7\n",
        "{",
        "models: {a: 1, b: {deployments: [1, {}]}, c: {deployments: 1}}\ncallers: {b: []}\n",
    ],
)
def test_settings_that_do_not_hold_are_no_reason_to_break(tmp_path, text):
    file = tmp_path / "guardrails.yaml"
    file.write_text(text)
    document = emulation.read_document(file)
    assert emulation.emulator_config(document).deployments
    assert emulation.service_variables(document, emulated())["GUARDRAILS_AZURE__AUTHORITY"] == "https://localhost:1"
    assert "GUARDRAILS_CALLERS__DEMO" in emulation.demo_variables(document, {})


@pytest.mark.parametrize(
    ("text", "problem"), [(None, "cannot be read"), ("{", "is not YAML"), ("- a\n", "has no settings")]
)
def test_a_settings_file_that_was_named_must_be_one(run, tmp_path, text, problem):
    file = tmp_path / "mine.yaml"
    if text is not None:
        file.write_text(text)
    result = run("emulate", "--config", str(file))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"guardrails: {file}: {problem}")


def test_a_ca_file_that_cannot_be_written_is_named(run, tmp_path):
    file = tmp_path / "none" / "ca.pem"
    result = run("emulate", "--port", "0", "--ca-file", str(file))
    assert result.exit_code == 2
    assert f"{file}: No such file" in result.stderr


def test_a_wrong_scenario_lists_the_known_ones(run):
    result = run("emulate", "--scenario", "sunshine")
    assert result.exit_code == 2
    assert "secret_expired" in result.stderr


def test_the_emulator_alone_has_azure_s_limits_and_the_demo_s_has_none(tmp_path):
    alone, demo = emulation.emulator_config({}), emulation.emulator_config({}, limited=False)
    assert RateLimiter.of(alone).limits["language"] == RateLimit(1000, 60)
    assert RateLimiter.of(demo).limits == {}


def test_a_port_that_is_taken_is_a_sentence(run, emulator):
    result = run("emulate", "--port", emulator.url.rpartition(":")[2])
    assert result.exit_code == 2
    assert "the emulator cannot start" in result.stderr
