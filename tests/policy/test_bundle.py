"""A folder of policies is one thing: whole, or not at all."""

import os

import pytest

from guardrails.domain.errors import ConfigurationError
from guardrails.policy.bundle import compile_bundle, load_bundle, read_folder


def policy(name, action="flag"):
    return f"version: 1\npolicy: {name}\nchecks: {{pii: }}\nrules: [{{id: a, check: pii, action: {action}}}]\n"


def problems(folder, specs):
    with pytest.raises(ConfigurationError) as caught:
        load_bundle(folder, specs)
    return list(caught.value.problems)


def test_every_policy_file_of_a_folder_is_loaded_by_its_own_name(tmp_path, specs):
    (tmp_path / "b.yml").write_text(policy("beta"))
    (tmp_path / "a.yaml").write_text(policy("alpha"))
    (tmp_path / ".hidden.yaml").write_text("not: a policy")
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "more.yaml").mkdir()
    bundle = load_bundle(tmp_path, specs)
    assert list(bundle.policies) == ["alpha", "beta"]
    assert len(bundle.revision) == len("sha256:") + 64


def test_the_revision_tells_every_change_of_names_and_contents(tmp_path, specs):
    def revision(**files):
        for path in tmp_path.iterdir():
            path.unlink()
        for name, text in files.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return load_bundle(tmp_path, specs).revision

    first = revision(a=policy("x"), b=policy("y"))
    assert revision(a=policy("x"), b=policy("y")) == first
    others = {
        revision(a=policy("x"), c=policy("y")),
        revision(a=policy("y"), b=policy("x")),
        revision(a=policy("x", "block"), b=policy("y")),
        revision(a=policy("x")),
    }
    assert first not in others
    assert len(others) == 4


def test_two_files_with_one_name_are_named_both(tmp_path, specs):
    (tmp_path / "a.yaml").write_text(policy("same"))
    (tmp_path / "b.yaml").write_text(policy("same"))
    (found,) = problems(tmp_path, specs)
    assert "a.yaml" in found
    assert "b.yaml" in found


def test_one_broken_file_stops_the_whole_folder_and_all_problems_are_told(tmp_path, specs):
    (tmp_path / "a.yaml").write_text(policy("fine"))
    (tmp_path / "b.yaml").write_text(policy("broken", "flagg"))
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe")
    (tmp_path / "d.yaml").write_text("x" * 300_000)
    (tmp_path / "e.yaml").symlink_to(tmp_path / "gone.yaml")
    os.mkfifo(tmp_path / "f.yaml")
    found = "\n".join(problems(tmp_path, specs))
    for sentence in (
        "b.yaml:4:",
        "c.yaml: is not UTF-8",
        "d.yaml: is larger",
        "e.yaml: is not a file",
        "f.yaml: is not",
    ):
        assert sentence in found
    assert "a.yaml" not in found


def test_an_empty_or_missing_folder_is_an_error(tmp_path, specs):
    assert "holds no policy file" in problems(tmp_path, specs)[0]
    assert "cannot be read" in problems(tmp_path / "nowhere", specs)[0]


def test_a_reading_has_one_revision_whether_it_compiles_or_not(tmp_path, specs):
    path = tmp_path / os.fsdecode(b"\xff.yaml")
    path.write_text(policy("odd", "flagg"))
    first = read_folder(tmp_path)
    assert read_folder(tmp_path).revision == first.revision
    with pytest.raises(ConfigurationError):
        compile_bundle(first, specs)
    path.unlink()
    path.symlink_to("gone")
    unreadable = read_folder(tmp_path)
    assert unreadable.problems
    path.unlink()
    assert len({first.revision, unreadable.revision, read_folder(tmp_path).revision}) == 3
    path.write_text(policy("odd"))
    reading = read_folder(tmp_path)
    assert compile_bundle(reading, specs).revision == reading.revision


def test_a_mounted_config_map_is_read_through_its_data_link(tmp_path, specs):
    for version, action in (("..1", "flag"), ("..2", "block")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "a.yaml").write_text(policy("mounted", action))
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    before = load_bundle(tmp_path, specs)
    (tmp_path / "..new").symlink_to("..2")
    (tmp_path / "..new").rename(tmp_path / "..data")
    after = load_bundle(tmp_path, specs)
    assert list(before.policies) == list(after.policies) == ["mounted"]
    assert before.revision != after.revision
