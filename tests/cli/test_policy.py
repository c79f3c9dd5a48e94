"""`guardrails policy` and `guardrails decisions`: what is printed, and the exit codes."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from lab_records import policy_of, record_of

from guardrails.domain.check import CheckReport, CheckStatus
from guardrails.domain.content import Inspection, Origin, Segment, Stage
from guardrails.domain.finding import Finding
from guardrails.telemetry.record_schema import record_schema

DOCUMENT = {
    "version": 1,
    "policy": "default",
    "checks": {"content_safety": {"scan": ["user"]}},
    "rules": [{"id": "harm", "check": "content_safety", "category": "Hate", "at_least": 4, "action": "block"}],
}


def stricter(**changes):
    return {**DOCUMENT, "rules": [{**DOCUMENT["rules"][0], "at_least": 2}], **changes}


@pytest.fixture
def files(tmp_path):
    """Old and new policy, and the records of four texts of severity 0, 2, 4, 6."""
    old, new, decisions = (tmp_path / name for name in ("old.yaml", "new.yaml", "decisions.jsonl"))
    old.write_bytes(orjson.dumps(DOCUMENT))
    new.write_bytes(orjson.dumps(stricter()))
    then = policy_of({key: value for key, value in DOCUMENT.items() if key not in {"version", "policy"}})
    inspection = Inspection(Stage.INPUT, "orders", (Segment("a text", Origin.USER, "/messages/0/content"),))
    with decisions.open("wb") as file:
        for number, severity in enumerate((0, 2, 4, 6)):
            found = (Finding("Hate", severity, "/messages/0/content"),)
            report = CheckReport("content_safety", CheckStatus.COMPLETED, found)
            file.write(orjson.dumps(record_of(then, inspection, (report,), number)) + b"\n")
    return str(old), str(new), str(decisions)


def test_a_replay_tells_what_would_change(run, files):
    _, new, decisions = files
    done = run("policy", "replay", "--policy", new, "--decisions", decisions)
    assert done.exit_code == 0
    assert "4 records, of which 4 could be judged again" in done.stdout
    assert "newly blocked                1   25.00 %" in " ".join(done.stdout.splitlines())
    assert "by rule:      harm 1" in done.stdout
    assert "by caller:    orders 1" in done.stdout
    assert f"chk_{1:024x}" in done.stdout


def test_a_replay_for_programs(run, files):
    _, new, decisions = files
    done = run("policy", "replay", "--policy", new, "--decisions", decisions, "--json")
    told = orjson.loads(done.stdout)
    assert (told["records"], told["replayed"], told["skipped"], told["unchanged"]) == (4, 4, 0, 3)
    assert told["newly_blocked"] == {
        "count": 1,
        "stands_for": 1,
        "ids": [f"chk_{1:024x}"],
        "by_rule": {"harm": 1},
        "by_category": {"Hate": 1},
        "by_caller": {"orders": 1},
        "by_policy": {"default": 1},
        "by_stage": {"input": 1},
    }
    assert told["actions"] == {"allow": {"allow": 1, "block": 1}, "flag": {}, "redact": {}, "block": {"block": 2}}


@pytest.mark.parametrize(
    ("policy", "asked", "code"),
    [("new", "newly-blocked", 1), ("new", "newly-allowed", 0), ("new", "any", 1), ("old", "any", 0)],
)
def test_a_change_is_a_no_only_where_it_was_asked_for(run, files, policy, asked, code):
    chosen = files[("old", "new").index(policy)]
    done = run("policy", "replay", "--policy", chosen, "--decisions", files[2], "--fail-on", asked)
    assert done.exit_code == code


def test_records_of_no_use_are_wrong_use(run, files, tmp_path):
    old, _, _ = files
    for name, content in (("log.jsonl", b'{"event":"request"}\n'), ("empty.jsonl", b"")):
        (tmp_path / name).write_bytes(content)
        done = run("policy", "replay", "--policy", old, "--decisions", str(tmp_path / name), "--fail-on", "any")
        assert done.exit_code == 2
        assert "could be judged again" in done.stderr
    assert run("policy", "replay", "--policy", old, "--decisions", f"{tmp_path}/none*").exit_code == 2
    assert run("policy", "replay", "--policy", old, "--decisions", files[2], "--as", "strict").exit_code == 2


@pytest.mark.parametrize(
    ("since", "count"), [("2026-11-24T00:00:02Z", 2), ("2026-11-24T01:00:02+01:00", 2), ("2026-11-24", 4)]
)
def test_a_time_says_which_records(run, files, since, count):
    done = run("policy", "replay", "--policy", files[0], "--decisions", files[2], "--json", "--since", since)
    assert orjson.loads(done.stdout)["records"] == count


@pytest.mark.parametrize("option", [["--since", "yesterday"], ["--memory", "lots"], ["--limit-ids", "-1"]])
def test_an_option_that_means_nothing_is_wrong_use(run, files, option):
    done = run("policy", "replay", "--policy", files[0], "--decisions", files[2], *option)
    assert done.exit_code == 2


def test_a_diff_tells_in_words_and_with_signs(run, files):
    old, new, decisions = files
    done = run("policy", "diff", old, new, "--decisions", decisions)
    assert done.exit_code == 0
    assert done.stdout.startswith("default: changed\n  + content_safety Hate: block from 4, now from 2\n")
    assert "by rule:      harm 1" in done.stdout
    assert run("policy", "diff", old, old).stdout == "default: no difference\n"


def test_a_diff_for_programs(run, files):
    old, new, decisions = files
    told = orjson.loads(run("policy", "diff", new, old, "--decisions", decisions, "--json").stdout)
    difference = {"subject": "content_safety Hate", "words": "block from 2, now from 4", "direction": "weaker"}
    assert told["policies"] == [{"policy": "default", "fate": "changed", "differences": [difference]}]
    assert told["effect"]["newly_allowed"]["count"] == 1


def test_a_diff_is_a_no_only_where_it_was_asked_for(run, files):
    old, new, _ = files
    assert run("policy", "diff", old, new, "--fail-on", "weaker").exit_code == 0
    assert run("policy", "diff", new, old, "--fail-on", "weaker").exit_code == 1
    assert run("policy", "diff", old, new, "--fail-on", "any").exit_code == 1


def test_a_policy_that_does_not_compile_is_one_line_for_each_problem(run, files):
    Path(files[1]).write_bytes(orjson.dumps(stricter(checks={"content_saftey": {}})))
    done = run("policy", "diff", *files[:2])
    assert done.exit_code == 2
    assert "did you mean 'content_safety'" in done.stderr


def test_the_schema_is_printed(run):
    assert orjson.loads(run("decisions", "schema").stdout) == record_schema()


def test_without_the_engine_the_command_says_what_to_install(files):
    script = (
        "import sys; sys.modules['duckdb'] = None; from guardrails.cli.main import main;"
        f"main(['policy', 'replay', '--policy', {files[0]!r}, '--decisions', {files[2]!r}])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=90, check=False)  # noqa: S603
    assert done.returncode == 2
    assert done.stderr == "guardrails: this command needs duckdb: pip install 'azure-guardrails[lab]'\n"


def test_help_needs_no_engine_and_no_server():
    script = (
        "import sys; sys.modules['duckdb'] = None; from guardrails.cli.main import main;"
        "main(['policy', 'replay', '--help'], standalone_mode=False);"
        "print([name for name in ('aiohttp', 'azure') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=90, check=True)  # noqa: S603
    assert done.stdout.splitlines()[-1] == "[]"
