"""A folder of lists is read whole, or not at all."""

import pytest

from guardrails.blocklists.folder import folder_of, load_lists
from guardrails.blocklists.list_file import alike
from guardrails.checks.catalogue import SPECS
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.bundle import load_bundle
from guardrails.settings.load import SettingsError, load


def problems(folder):
    with pytest.raises(ConfigurationError) as told:
        load_lists(folder)
    return list(told.value.problems)


def test_every_form_is_read_and_nothing_else(tmp_path):
    (tmp_path / "b.yaml").write_text("name: bees\nitems: [a]\n")
    (tmp_path / "a.yml").write_text("name: ants\nitems: [a]\n")
    (tmp_path / "plain.txt").write_bytes("\ufeffZürich\r\n".encode())
    for other in ("README.md", ".hidden.yaml", "c.yaml~"):
        (tmp_path / other).write_text("{")
    (tmp_path / "below").mkdir()
    assert [(file.name, len(file.entries)) for file in load_lists(tmp_path)] == [("ants", 1), ("bees", 1), ("plain", 1)]
    assert load_lists(tmp_path)[2].entries[0].item.text == "Zürich"


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path):
    (tmp_path / "a.yaml").write_text("name: one\nitems: [1]\n")
    (tmp_path / "b.yaml").write_bytes(b"name: two\nitems:\n  - caf\xe9\n")
    (tmp_path / "c.yaml").write_text("name: three\nitems: []\n")
    (tmp_path / "d.yaml").write_text("\nname: three\nitems: []\n")
    assert problems(tmp_path) == [
        f"{tmp_path}/a.yaml:2:9: items[0]: must be text (quote it if YAML reads it as something else)",
        f"{tmp_path}/b.yaml:3:8: is not UTF-8 text",
        f"{tmp_path}/d.yaml:2:7: the list 'three' is already in {tmp_path}/c.yaml",
    ]


def test_all_lists_together_have_at_most_ten_thousand_items(tmp_path):
    (tmp_path / "a.txt").write_text("".join(f"term {number}\n" for number in range(6000)))
    (tmp_path / "b.txt").write_text("# more\n" + "".join(f"term {number}\n" for number in range(4000)))
    assert sum(len(file.entries) for file in load_lists(tmp_path)) == 10_000
    (tmp_path / "b.txt").write_text("# more\n" + "".join(f"term {number}\n" for number in range(4001)))
    sentence = "all lists together have 10001 items; Azure takes 10000, which end before this one"
    assert problems(tmp_path) == [f"{tmp_path}/b.txt:4002:1: {sentence}"]


def test_terms_that_may_be_the_same_are_noted_and_no_mistake(tmp_path):
    words = ("Falcon", "falcon", "ｆａｌｃｏｎ", "ﬁsh", "fish", "Zu\u0308rich", "Zürich", "Oak")
    text = "\n".join(["name: a", "items:", *(f"  - {word}" for word in words), "  - {text: OAK, regex: true}"])
    (tmp_path / "a.yaml").write_text(text)
    (file,) = load_lists(tmp_path)
    sentence = "only by case, width, blanks or Unicode form"
    assert list(alike(file)) == [
        f"{tmp_path}/a.yaml:4:5: differs from line 3 {sentence}",
        f"{tmp_path}/a.yaml:5:5: differs from line 3 {sentence}",
        f"{tmp_path}/a.yaml:7:5: differs from line 6 {sentence}",
        f"{tmp_path}/a.yaml:9:5: differs from line 8 {sentence}",
    ]


def test_a_folder_that_is_not_there_says_how_to_begin(tmp_path):
    (problem,) = problems(tmp_path / "none")
    assert "guardrails blocklist pull" in problem


def test_a_folder_of_lists_may_stand_in_that_of_the_policies(tmp_path):
    (tmp_path / "blocklists").mkdir()
    (tmp_path / "blocklists" / "a.yaml").write_text("name: a\nitems: []\n")
    policy = "version: 1\npolicy: p\nchecks: {pii: {}}\nrules: [{id: r, check: pii, action: flag}]\n"
    (tmp_path / "p.yaml").write_text(policy)
    assert list(load_bundle(tmp_path, SPECS).policies) == ["p"]


def settings(tmp_path, more=""):
    file = tmp_path / "guardrails.yaml"
    file.write_text(f"callers: {{}}\npolicies: ./policies\n{more}")
    return load(file, {})


def test_lists_are_kept_beside_the_policies_unless_the_settings_say_otherwise(tmp_path):
    assert folder_of(settings(tmp_path)) == tmp_path / "blocklists"
    assert folder_of(settings(tmp_path, "blocklists: ./policies/terms\n")) == tmp_path / "policies" / "terms"


def test_lists_are_not_kept_among_the_policies(tmp_path):
    with pytest.raises(SettingsError, match="blocklists: must be another folder than policies"):
        settings(tmp_path, "blocklists: policies/\n")
