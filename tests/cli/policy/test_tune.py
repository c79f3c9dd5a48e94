"""`policy tune` through the emulator: estimates, runs, resumes, and tells whether what is wanted is met."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import labelled
import orjson
import pytest

from guardrails.emulator.presets import preset

SETTINGS = Path(__file__).parents[3] / "deploy" / "guardrails.yaml"


OWN = """
version: 1
policy: own
checks: {content_safety: {severity_levels: eight}, pii: {categories: [Email, PhoneNumber]}}
rules:
  - {id: harm, check: content_safety, category: [Hate, Violence], at_least: 2, action: block}
  - {id: contact, check: pii, category: [Email, PhoneNumber], at_least: 0.7, action: redact}
"""
ANSWERS = 2 * 45


@pytest.fixture
def data(tmp_path):
    missed = labelled.bad("anna deserves a good thrashing tonight.", "Violence")
    return labelled.write(tmp_path / "data.jsonl", [*itertools.islice(labelled.rows(), 44), missed])


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the pictures out, which take most of a run over so little data."""
    monkeypatch.setattr("guardrails.lab.tuning.report.draw", lambda *_: None)


@pytest.fixture
def tune(run, pointed, data, tmp_path):
    """Run it over the data with a policy of two rules, through the emulator beside the test."""
    (tmp_path / "own.yaml").write_text(OWN)

    def tune(*arguments: str, env=pointed, **options):
        common = ("--data", str(data), "--out", str(tmp_path / "out"), "--rate", "0")
        if "--policy" not in arguments:
            common += ("--policy", str(tmp_path / "own.yaml"))
        return run("policy", "tune", *common, *arguments, env=env, **options)

    return tune


def calls(emulator, service: str) -> int:
    return sum(call.service == service for call in emulator.state.journal)


def asked(emulator) -> int:
    return sum(calls(emulator, service) for service in ("prompt_shield", "content_safety", "language"))


def test_a_run_leaves_a_report_its_data_and_pictures(tune, tmp_path, emulator):
    result = tune("--policy", "default")
    assert result.exit_code == 0, result.output
    assert "prompt-attack" in result.stdout
    assert asked(emulator) == 3 * 45
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"report.html", "report.json", "evidence.jsonl", "plots"}
    report = orjson.loads((tmp_path / "out" / "report.json").read_bytes())
    assert report["data"]["texts"] == 45
    assert not report["emulated"]  # it cannot know: the settings point there


def test_a_second_run_asks_nothing_and_says_the_same(undrawn, tune, emulator):
    first = orjson.loads(tune("--json").stdout)
    before = asked(emulator)
    second = orjson.loads(tune("--json").stdout)
    assert asked(emulator) == before
    assert first["rules"] == second["rules"]
    assert (first["asked"]["calls"], second["asked"]["calls"]) == (ANSWERS, 0)


def test_only_what_is_new_is_asked(undrawn, tune, emulator, data):
    tune()
    before = asked(emulator)
    with data.open("a") as file:
        file.write(json.dumps(labelled.good("A sentence that is new.")) + "\n")
    tune()
    assert asked(emulator) == before + 2


def test_an_estimate_asks_nothing(undrawn, tune, emulator):
    result = tune("--estimate-only", "--json")
    assert result.exit_code == 0, result.output
    told = orjson.loads(result.stdout)
    assert (told["texts"], told["calls"], told["records"]) == (45, ANSWERS, ANSWERS)
    assert asked(emulator) == 0
    assert f" {ANSWERS} " in tune("--estimate-only").stderr


def test_more_than_agreed_is_not_asked_without_a_yes(undrawn, tune, emulator):
    result = tune("--ask-above", "50")
    assert result.exit_code == 2, result.output
    assert f"{ANSWERS} text records would be billed" in result.stderr
    assert asked(emulator) == 0
    assert tune("--ask-above", "50", "--yes").exit_code == 0


def test_a_wanted_rate_is_code_1_when_out_of_reach_and_0_when_not(undrawn, tune):
    result = tune("--want-recall", "1", "--want-precision", "1", "--json")
    assert result.exit_code == 1, result.output
    report = orjson.loads(result.stdout)
    assert report["met"] is False
    assert any(rule["meets"] is False for rule in report["rules"])
    result = tune("--want-recall", "0.5", "--json")
    assert result.exit_code == 0, result.output
    assert orjson.loads(result.stdout)["met"] is True


def test_a_429_is_waited_for_and_loses_nothing(undrawn, tune, emulator):
    emulator.state.scenarios.add(preset("throttled", service="language", after=5, times=3))
    report = orjson.loads(tune("--json").stdout)
    assert report["asked"]["throttled"] >= 1
    assert report["asked"]["failed"] == []
    assert report["rules"][0]["texts"]["unanswered"] == 0


def test_texts_without_an_answer_are_told_and_asked_again(undrawn, tune, emulator):
    emulator.state.scenarios.add(preset("document_error", times=2))
    report = orjson.loads(tune("--json").stdout)
    assert report["asked"]["failed"] == [{"check": "pii", "reason": "document_error", "texts": 2}]
    contact = next(rule for rule in report["rules"] if rule["name"] == "contact")
    assert contact["texts"]["unanswered"] == 2
    report = orjson.loads(tune("--json").stdout)
    assert (report["asked"]["failed"], report["asked"]["calls"]) == ([], 2)


def test_a_service_that_cannot_be_asked_is_code_2_and_keeps_what_was_learned(undrawn, tune, emulator, tmp_path):
    emulator.state.scenarios.add(preset("role_missing", after=20))
    result = tune()
    assert result.exit_code == 2, result.output
    assert "guardrails doctor" in result.stderr
    assert not (tmp_path / "out" / "report.html").exists()
    emulator.state.scenarios.clear()
    estimate = orjson.loads(tune("--estimate-only", "--json").stdout)
    assert 0 < estimate["known"] <= 20


def test_recorded_traffic_is_counted(undrawn, tune, tmp_path):
    finding = {"category": "Hate", "measure": 2}
    record = {
        "schema_version": 1,
        "stage": "input",
        "verdict": "block",
        "policy": {"name": "default"},
        "checks": [{"check": "content_safety", "status": "completed", "findings": [finding]}],
    }
    decisions = labelled.write(tmp_path / "decisions.jsonl", [record] * 3)
    report = orjson.loads(tune("--json", "--decisions", str(decisions), "--want-precision", "0.99").stdout)
    harm = next(rule for rule in report["rules"] if rule["name"] == "harm")
    assert harm["suggested"]["at_least"] == 3
    assert (report["traffic"]["blocked_now"], report["traffic"]["blocked_then"]) == (3, 0)
    assert harm["traffic"] == {"records": 3, "now": 3, "then": 0}


def test_categories_without_a_rule_are_measured_as_well(undrawn, tune, tmp_path, emulator):
    file = tmp_path / "hate.yaml"
    file.write_text(
        "version: 1\npolicy: hate\nchecks: {content_safety: {severity_levels: eight}}\n"
        "rules: [{id: hate, check: content_safety, category: Hate, at_least: 5, action: block}]\n"
    )
    report = orjson.loads(tune("--json", "--policy", str(file)).stdout)
    assert [rule["name"] for rule in report["rules"]] == ["hate"]
    assert report["rules"][0]["judgement"] == "too lax"
    assert {item["name"] for item in report["without_rule"]} == {"content_safety/Violence", "content_safety/Sexual"}
    assert (calls(emulator, "language"), calls(emulator, "content_safety")) == (0, 45)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--policy", "defualt"], "did you mean 'default'"),
        (["--policy", "gone.yaml"], "cannot be read"),
        (["--about", "pi"], "did you mean 'pii'"),
        (["--category", "Hate"], "WORD=CATEGORY"),
        (["--format", "xml"], "is not one of"),
        (["--want-recall", "1.5"], "is not in the range"),
        (["--decisions", "gone.jsonl"], "does not exist"),
        (["--text-column", "words"], "no column words"),
    ],
)
def test_wrong_use_is_code_2_and_a_sentence(undrawn, tune, emulator, arguments, problem):
    result = tune(*arguments)
    assert result.exit_code == 2, result.output
    assert problem in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.output
    assert asked(emulator) == 0


def test_rows_that_do_not_hold_are_told_before_anything_is_asked(undrawn, tune, emulator, data):
    with data.open("a") as file:
        file.write('{"text": "Hello.", "label": "perhaps"}\n{"text": "Hello."}\n')
    result = tune()
    assert result.exit_code == 2, result.output
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == [f"{data}:46", f"{data}:47"]
    assert asked(emulator) == 0


def test_data_without_a_usable_row_is_told(undrawn, tune, data):
    data.write_text("")
    result = tune()
    assert result.exit_code == 2
    assert "no row that can be used" in result.stderr


def test_an_output_that_is_a_file_is_told(run, pointed, data):
    result = run("policy", "tune", "--data", str(data), "--out", str(data), env=pointed)
    assert result.exit_code == 2


def test_without_the_extra_it_says_what_to_install(run, pointed, data, monkeypatch):
    monkeypatch.delitem(sys.modules, "guardrails.cli.policy.tuning", raising=False)
    monkeypatch.setitem(sys.modules, "numpy", None)
    for name in [name for name in sys.modules if name.startswith("guardrails.lab.tuning.")]:
        monkeypatch.delitem(sys.modules, name)
    result = run("policy", "tune", "--data", str(data), env=pointed)
    assert result.exit_code == 2, result.output
    assert "azure-guardrails[lab]" in result.stderr


def test_help_needs_no_extra_and_explains_itself(run):
    result = run("policy", "tune", "--help")
    assert result.exit_code == 0
    for word in ("--want-precision", "--estimate-only", "evidence.jsonl", "Exit code 1"):
        assert word in result.stdout


def test_a_killed_run_goes_on_where_it_ended(tmp_path):
    data = labelled.write(tmp_path / "data.jsonl", labelled.rows())
    out = tmp_path / "out"
    command = [sys.executable, "-m", "guardrails", "policy", "tune", "--config", str(SETTINGS), "--emulator"]
    command += ["--data", str(data), "--out", str(out), "--json"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GUARDRAILS_", "AZURE_"))}
    slow = subprocess.Popen(  # noqa: S603 - our own command
        [*command, "--rate", "100"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    evidence = out / "evidence.jsonl"
    until = time.monotonic() + 90
    while time.monotonic() < until and (not evidence.exists() or evidence.read_bytes().count(b"\n") < 60):
        time.sleep(0.05)
    slow.send_signal(signal.SIGKILL)
    slow.wait(60)
    kept = evidence.read_bytes().count(b"\n")
    assert kept >= 60
    told = subprocess.run([*command, "--estimate-only"], env=env, capture_output=True, check=True, timeout=90)  # noqa: S603
    estimate = orjson.loads(told.stdout)
    assert estimate["known"] == kept
    assert estimate["known"] + estimate["calls"] == 3 * estimate["texts"]
