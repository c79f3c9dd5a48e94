"""The command as a whole: help, version, errors as sentences, and `key new`."""

import hashlib
import subprocess
import sys

import orjson
import pytest
import yaml

from guardrails.telemetry.metrics import VERSION


def test_help_names_every_command(run):
    result = run("--help")
    assert result.exit_code == 0
    for name in ("serve", "emulate", "doctor", "check", "policy", "blocklist", "decisions", "gateway", "key"):
        assert f"\n  {name} " in result.stdout


COMMANDS = (
    "serve", "emulate", "doctor", "check", "blocklist", "policy", "policy diff", "policy replay", "policy lint",
    "policy test", "policy show", "policy schema", "policy explain", "policy tune", "decisions",
    "decisions schema", "gateway", "gateway list", "gateway try", "key", "key new",
)  # fmt: skip


@pytest.mark.parametrize("command", [command.split() for command in COMMANDS])
def test_every_command_explains_itself(run, command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_the_version_is_the_package_s(run):
    assert run("--version").stdout == f"guardrails, version {VERSION}\n"


def test_an_unknown_command_is_wrong_use(run):
    result = run("sevre")
    assert result.exit_code == 2
    assert "No such command" in result.stderr


@pytest.mark.parametrize("command", [["doctor"], ["check", "Hello.", "--key", "k"]])
def test_ctrl_c_is_not_taken_for_an_answer(run, pointed, monkeypatch, command):
    def interrupted(coroutine, **_):
        coroutine.close()
        raise KeyboardInterrupt

    monkeypatch.setattr("asyncio.run", interrupted)
    result = run(*command, env=pointed)
    assert (result.exit_code, result.output) == (130, "")


def test_the_package_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "guardrails", "--version"], capture_output=True, check=False, text=True, timeout=90
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("guardrails, version")


def test_asking_for_help_loads_no_server_and_no_sdk():
    script = (
        "import sys; from guardrails.cli.main import main; main(['--version'], standalone_mode=False);"
        "print([name for name in ('aiohttp', 'azure', 'trustme') if name in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", script], capture_output=True, check=True, text=True, timeout=90
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_new_key_comes_with_its_hash_and_the_line_that_lets_it_in(run):
    result = run("key", "new", "--name", "orders")
    assert result.exit_code == 0
    made = next(line.strip() for line in result.stdout.splitlines() if line.startswith("  guardrails_"))
    line = yaml.safe_load(result.stdout.splitlines()[-1])
    assert line == {"orders": {"key_sha256": hashlib.sha256(made.encode()).hexdigest(), "policies": ["default"]}}


def test_a_new_key_as_json_is_whole_and_never_the_same(run):
    first, second = (orjson.loads(run("key", "new", "--json").stdout) for _ in range(2))
    assert first["key"] != second["key"]
    assert len(first["key"]) > 43
    assert first["key_sha256"] == hashlib.sha256(first["key"].encode()).hexdigest()


@pytest.mark.parametrize("name", ["", "two words", "a: b", "x" * 65])
def test_a_name_that_settings_would_refuse_is_refused(run, name):
    result = run("key", "new", "--name", name)
    assert result.exit_code == 2
    assert "letters, digits" in result.stderr


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_settings_that_do_not_hold_are_one_sentence_for_each_problem(run, tmp_path, command):
    file = tmp_path / "guardrails.yaml"
    file.write_text("sever: {}\npolicies: ./policies\ncallers: {a: {key_sha256: no, policies: [default]}}\n")
    result = run(command, "--config", str(file))
    assert result.exit_code == 2
    problems = result.stderr.splitlines()
    assert len(problems) == 2
    assert all(problem.startswith("guardrails: ") for problem in problems)
    assert "Traceback" not in result.output
