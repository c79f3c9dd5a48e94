"""`guardrails blocklist` before the emulator: files there and back, nothing confidential said, nothing lost unasked."""

import json
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import yaml
from click.testing import Result

from guardrails.blocklists.folder import load_lists
from guardrails.emulator.presets import preset
from guardrails.emulator.scenarios import Effect, Scenario
from guardrails.emulator.serve import Emulator

DEPLOY = Path(__file__).parents[2] / "deploy"
TERMS = """\
name: company-terms
description: ours
items:
  - Falcon
  - {text: 'o[a4]k', description: spelt, regex: true}
"""
SECRETS = ("Falcon", "o[a4]k", "spelt", "ours", "Walnut")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "lists"
    folder.mkdir()
    return folder


@pytest.fixture
def blocklist(run, pointed: dict[str, str], folder: Path) -> Callable[..., Result]:
    def ask(*arguments: str, text: str | None = None, **env: str) -> Result:
        where = {"GUARDRAILS_BLOCKLISTS": json.dumps(str(folder))}
        return run("blocklist", *arguments, env={**pointed, **where, **env}, text=text)

    return ask


def writes(emulator: Emulator) -> list[str]:
    calls = emulator.state.journal.of("content_safety")
    return [call.path.rpartition("/")[2] for call in calls if call.method != "GET"]


@pytest.mark.parametrize("command", ["diff", "push", "pull", "check"])
def test_every_command_says_what_its_exit_codes_mean(blocklist, command):
    result = blocklist(command, "--help")
    assert result.exit_code == 0
    assert "Exit code 1" in result.stdout


def test_help_says_that_items_are_confidential(blocklist):
    assert "confidential" in blocklist("--help").stdout
    assert "confidential" in blocklist("diff", "--help").stdout


def test_a_list_goes_there_and_then_nothing_differs(blocklist, folder, emulator):
    (folder / "terms.yaml").write_text(TERMS)
    before = blocklist("diff")
    assert before.exit_code == 1
    assert before.stdout.splitlines() == [
        f"company-terms ({folder}/terms.yaml): new list, 2 to add",
        "  + line 4",
        "  + line 5",
    ]
    pushed = blocklist("push")
    assert pushed.exit_code == 0, pushed.output
    assert "company-terms: made, 2 of 2 added" in pushed.stdout
    assert "some minutes" in pushed.stdout
    assert blocklist("diff").exit_code == 0
    done = writes(emulator)
    again = blocklist("push")
    assert again.exit_code == 0
    assert "minutes" not in again.stdout
    assert writes(emulator) == done == ["company-terms", "company-terms:addOrUpdateBlocklistItems"]


def test_a_dry_run_writes_nothing(blocklist, folder, emulator):
    (folder / "terms.yaml").write_text(TERMS)
    result = blocklist("push", "--dry-run", "--prune")
    assert result.exit_code == 0
    assert "2 to add" in result.stdout
    assert "Nothing was changed" in result.stdout
    assert writes(emulator) == []


def test_what_the_files_do_not_have_is_removed_only_when_asked_and_confirmed(blocklist, folder, emulator):
    (folder / "terms.yaml").write_text(TERMS)
    blocklist("push")
    (folder / "terms.yaml").write_text("name: company-terms\ndescription: ours\nitems: [Walnut]\n")
    done = writes(emulator)
    dry = blocklist("push", "--dry-run")
    assert (dry.exit_code, writes(emulator)) == (1, done)
    kept = blocklist("push")
    assert kept.exit_code == 1
    assert "Left in Azure, and in no file: 2 items." in kept.stdout
    done = writes(emulator)
    for answer in ("n\n", None):
        refused = blocklist("push", "--prune", text=answer)
        assert (refused.exit_code, writes(emulator)) == (1, done)
        assert "Remove 2 items from Azure?" in refused.stderr
    pruned = blocklist("push", "--prune", text="y\n")
    assert pruned.exit_code == 0
    assert "company-terms: 2 of 2 removed" in pruned.stdout
    assert blocklist("diff").exit_code == 0


def test_yes_asks_nobody(blocklist, folder):
    (folder / "terms.yaml").write_text(TERMS)
    blocklist("push")
    (folder / "terms.yaml").write_text("name: company-terms\nitems: []\n")
    result = blocklist("push", "--prune", "--yes", "--json")
    assert result.exit_code == 0
    told = orjson.loads(result.stdout)
    assert told["done"] == [
        {"name": "company-terms", "made": True, "added": 0, "changed": 0, "removed": 2, "unconfirmed": 0}
    ]
    assert (told["finished"], told["left_in_azure"]) == (True, 0)


def test_items_are_shown_only_when_asked_for(blocklist, folder):
    (folder / "terms.yaml").write_text(TERMS)
    hidden = [blocklist(*words) for words in (["diff"], ["diff", "--json"], ["push"], ["diff"])]
    (folder / "terms.yaml").write_text("name: company-terms\nitems: [Falcon, {text: Walnut, description: spelt}]\n")
    hidden += [blocklist(*words) for words in (["diff"], ["diff", "--json"], ["pull"], ["pull", "--json"], ["push"])]
    said = "".join(result.output for result in hidden)
    assert not any(secret in said for secret in SECRETS)
    shown = blocklist("diff", "--show-items", "--json")
    (told,) = orjson.loads(shown.stdout)["lists"]
    assert [item["text"] for item in told["removed"]] == ["o[a4]k"]
    assert ': "o[a4]k" (expression) ("spelt")' in blocklist("diff", "--show-items").stdout


def test_json_tells_lines_and_ids(blocklist, folder):
    (folder / "terms.yaml").write_text(TERMS)
    blocklist("push")
    (folder / "terms.yaml").write_text("name: company-terms\ndescription: ours\nitems:\n- Elm\n- text: o[a4]k\n")
    result = blocklist("diff", "--json")
    told = orjson.loads(result.stdout)
    (one,) = told["lists"]
    assert (result.exit_code, told["same"], told["items_in_azure"]) == (1, False, 2)
    assert one["added"] == [{"line": 4, "regex": False}]
    (changed,) = one["changed"]
    assert (changed["line"], changed["what"]) == (5, ["description", "regex"])
    (removed,) = one["removed"]
    assert len(removed["id"]) == 36


def test_lists_that_no_file_has_are_told_and_left_alone(blocklist, folder):
    (folder / "terms.yaml").write_text(TERMS)
    blocklist("push")
    (folder / "terms.yaml").rename(folder / "terms.yaml.off")
    (folder / "other.txt").write_text("Elm\n")
    result = blocklist("push", "--prune", "--yes")
    assert result.exit_code == 0
    after = blocklist("diff")
    assert after.exit_code == 0
    assert "in Azure and in no file, left alone: company-terms (2 items)" in after.stdout


def test_names_choose_lists(blocklist, folder):
    (folder / "a.txt").write_text("Elm\n")
    (folder / "b.txt").write_text("Elm\n")
    assert blocklist("push", "a").exit_code == 0
    assert blocklist("diff", "a").exit_code == 0
    assert blocklist("diff").exit_code == 1
    wrong = blocklist("push", "c")
    assert wrong.exit_code == 2
    assert wrong.stderr == "guardrails: there is no list 'c' in the files (known: a, b)\n"


def test_files_that_do_not_hold_are_told_before_anything_is_asked(blocklist, folder, emulator):
    (folder / "a.yaml").write_text("name: a\nitems: [12]\n")
    (folder / "b.txt").write_text("x" * 129)
    for command in ("diff", "push", "pull"):
        result = blocklist(command)
        assert result.exit_code == 2
        assert f"{folder}/a.yaml:2:9: items[0]: must be text" in result.stderr
        assert f"{folder}/b.txt:1:1: has 129 characters" in result.stderr
    assert len(emulator.state.journal) == 0


def test_more_items_than_azure_takes_are_refused_before_anything_is_written(blocklist, folder, emulator):
    (folder / "a.txt").write_text("".join(f"{number}\n" for number in range(9_000)))
    assert blocklist("push").exit_code == 0
    (folder / "a.txt").unlink()
    (folder / "b.txt").write_text("".join(f"{number}\n" for number in range(1_001)))
    done = writes(emulator)
    result = blocklist("push")
    assert (result.exit_code, writes(emulator)) == (2, done)
    assert "would have 10001 items" in result.stderr


def test_terms_that_may_be_the_same_are_noted(blocklist, folder):
    (folder / "a.txt").write_text("Elm\nelm\n")
    result = blocklist("push")
    assert result.exit_code == 0
    assert f"note: {folder}/a.txt:2:1: differs from line 1 only by case" in result.stderr


def test_lists_come_back_as_files(blocklist, folder):
    (folder / "terms.yaml").write_text(TERMS)
    (folder / "plain.txt").write_text("Elm\n")
    blocklist("push")
    pushed = {file.name: file.contents for file in load_lists(folder)}
    for file in folder.iterdir():
        file.unlink()
    dry = blocklist("pull", "--dry-run")
    assert (dry.exit_code, list(folder.iterdir())) == (0, [])
    result = blocklist("pull")
    assert result.exit_code == 0
    assert "2 files written" in result.stdout
    pulled = {file.name: file.contents for file in load_lists(folder)}
    assert {
        name: (one.description, {(i.text, i.description, i.is_regex) for i in one.items})
        for name, one in pulled.items()
    } == {
        name: (one.description, {(i.text, i.description, i.is_regex) for i in one.items})
        for name, one in pushed.items()
    }
    assert blocklist("diff").exit_code == 0


def test_a_pull_begins_a_folder(blocklist, folder, tmp_path):
    (folder / "terms.yaml").write_text(TERMS)
    blocklist("push")
    elsewhere = json.dumps(str(tmp_path / "new"))
    missing = blocklist("diff", GUARDRAILS_BLOCKLISTS=elsewhere)
    assert missing.exit_code == 2
    assert "guardrails blocklist pull" in missing.stderr
    assert blocklist("pull", GUARDRAILS_BLOCKLISTS=elsewhere).exit_code == 0
    assert blocklist("diff", GUARDRAILS_BLOCKLISTS=elsewhere).exit_code == 0


def test_a_changed_file_is_overwritten_only_by_force(blocklist, folder):
    (folder / "terms.yaml").write_text(TERMS)
    blocklist("push")
    (folder / "terms.yaml").write_text("# mine\nname: company-terms\nitems: [Walnut]\n")
    left = blocklist("pull")
    assert left.exit_code == 1
    assert "left as it is" in left.stdout
    assert "Walnut" in (folder / "terms.yaml").read_text()
    assert blocklist("pull", "nowhere").exit_code == 2
    forced = blocklist("pull", "--force", "--json")
    assert forced.exit_code == 0
    assert orjson.loads(forced.stdout)["lists"][0]["outcome"] == "overwritten"
    assert "Falcon" in (folder / "terms.yaml").read_text()


def test_a_missing_role_is_a_sentence_with_its_mend(blocklist, folder, emulator):
    (folder / "terms.yaml").write_text(TERMS)
    emulator.state.directory.assignments = []
    for command in ("diff", "push", "pull", "check"):
        result = blocklist(command)
        assert result.exit_code == 2
        line = f'az role assignment create --assignee {emulator.config.client_id} --role "Cognitive Services User"'
        assert line in result.stderr
        assert result.stdout == ""


def test_a_wrong_secret_is_a_sentence(blocklist, folder):
    (folder / "terms.yaml").write_text(TERMS)
    result = blocklist("diff", AZURE_CLIENT_SECRET="not the secret")
    assert result.exit_code == 2
    assert "AADSTS7000215" in result.stderr
    assert "not the secret" not in result.output


def test_a_key_opens_the_resource_too(blocklist, folder, pointed, emulator):
    (folder / "terms.yaml").write_text(TERMS)
    key = json.dumps({"type": "api_key", "key": {"env": "AZURE_API_KEY"}})
    assert blocklist("push", GUARDRAILS_CREDENTIALS__CORP=key).exit_code == 0
    assert {call.identity for call in emulator.state.journal.of("content_safety")} == {"key"}


def test_settings_without_content_safety_are_told(run, pointed, tmp_path):
    file = tmp_path / "guardrails.yaml"
    file.write_text("callers: {}\npolicies: policies\n")
    result = run("blocklist", "diff", "--config", str(file))
    assert result.exit_code == 2
    assert "services.content_safety: is not configured" in result.stderr


def test_a_push_that_breaks_off_says_what_is_done_and_goes_on(blocklist, folder, emulator, monkeypatch):
    monkeypatch.setattr("guardrails.cli.blocklist.resource.RETRIES", 0)
    (folder / "a.txt").write_text("".join(f"term {number}\n" for number in range(250)))
    # Lists, the making, a hundred items; then Azure says no more.
    emulator.state.scenarios.add(Scenario(Effect(status=400), service="content_safety", after=3))
    ended = blocklist("push")
    assert ended.exit_code == 2
    assert "a: made, 100 of 250 added\n" in ended.stdout
    assert "Not finished, at a: content_safety: the request was refused (400" in ended.stdout
    emulator.state.scenarios.clear()
    emulator.state.scenarios.add(Scenario(Effect(reset=True), service="content_safety", after=2))
    broken = blocklist("push", "--json")
    told = orjson.loads(broken.stdout)
    assert (broken.exit_code, told["finished"], told["failed_at"]) == (2, False, "a")
    assert told["done"][0]["unconfirmed"] == 100
    emulator.state.scenarios.clear()
    assert blocklist("push").exit_code == 0
    assert blocklist("diff").exit_code == 0


def test_a_throttled_push_waits_and_ends_well(blocklist, folder, emulator):
    (folder / "a.txt").write_text("Elm\n")
    throttled = preset("throttled")
    emulator.state.scenarios.add(Scenario(throttled.effect, service="content_safety", times=1))
    assert blocklist("push").exit_code == 0


def test_a_policy_that_matches_a_missing_list_is_told_with_its_place(blocklist, folder, tmp_path):
    policies = tmp_path / "policies"
    policies.mkdir()
    for name in ("default", "strict"):
        (policies / f"{name}.yaml").write_text((DEPLOY / "policies" / f"{name}.yaml").read_text())
    text = (policies / "default.yaml").read_text()
    text = text.replace("    # blocklists: [company-terms]", "    blocklists: [company-terms]")
    (policies / "default.yaml").write_text(text)
    line = text[: text.index("    blocklists:")].count("\n") + 1
    where = {"GUARDRAILS_POLICIES": json.dumps(str(policies))}
    missing = blocklist("check", **where)
    assert missing.exit_code == 1
    place = f"{policies}/default.yaml:{line}:18: checks.content_safety.blocklists[0]"
    assert missing.stdout == f"{place}: there is no list 'company-terms' in Azure\n"
    (folder / "terms.yaml").write_text(TERMS)
    told = orjson.loads(blocklist("check", "--json", **where).stdout)
    assert told["good"] is False
    assert "guardrails blocklist push" in told["problems"][0]
    blocklist("push")
    good = blocklist("check", **where)
    assert (good.exit_code, good.stdout) == (0, "Azure has every list that policies match: company-terms.\n")


def test_without_an_account_it_can_be_tried(run):
    config = str(DEPLOY / "guardrails.yaml")
    result = run("blocklist", "push", "--emulator", "--config", config)
    assert result.exit_code == 0, result.output
    assert "company-terms: made, 4 of 4 added" in result.stdout
    assert run("blocklist", "diff", "--emulator", "--config", config).exit_code == 1
    assert run("blocklist", "check", "--emulator", "--config", config).exit_code == 0


def test_the_shipped_list_is_the_one_that_the_shipped_policy_speaks_of():
    (file,) = load_lists(DEPLOY / "blocklists")
    assert f"[{file.name}]" in (DEPLOY / "policies" / "default.yaml").read_text()
    assert "blocklists" not in yaml.safe_load((DEPLOY / "guardrails.yaml").read_text())
