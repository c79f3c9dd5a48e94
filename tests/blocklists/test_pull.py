"""What Azure has is written into files: new ones, and those that differ only when told to."""

import os

import pytest

from guardrails.blocklists.folder import load_lists
from guardrails.blocklists.pull import Outcome, plan_pull, render, write_all
from guardrails.domain.blocklist import BlocklistContents, BlocklistItem
from guardrails.domain.errors import ConfigurationError

A = BlocklistContents(
    "a", "ours", (BlocklistItem("Falcon", None, "id1"), BlocklistItem("b.rd", "why", "id2", is_regex=True))
)


def pull(folder, *there, force=False):
    plan = plan_pull(folder, load_lists(folder) if folder.exists() else (), there, force=force)
    write_all({pulled.file: render(pulled) for pulled in plan if pulled.writes})
    return {pulled.file.name: pulled.outcome for pulled in plan}


def test_a_folder_is_begun(tmp_path):
    folder = tmp_path / "made" / "blocklists"
    assert pull(folder, A) == {"a.yaml": Outcome.NEW}
    assert (folder / "a.yaml").read_text() == (
        'name: "a"\ndescription: "ours"\nitems:\n  - "Falcon"\n  - {text: "b.rd", description: "why", regex: true}\n'
    )
    assert pull(folder, A) == {"a.yaml": Outcome.SAME}


def test_a_file_that_says_the_same_keeps_its_comments(tmp_path):
    file = tmp_path / "other-name.yaml"
    text = "# ours\nname: a\ndescription: ours\nitems: [{text: b.rd, regex: true, description: why}, Falcon]\n"
    file.write_text(text)
    assert pull(tmp_path, A, force=True) == {"other-name.yaml": Outcome.SAME}
    assert file.read_text() == text


def test_a_file_that_differs_is_overwritten_only_when_told_to(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("name: a\nitems: [Oak]\n")
    file.chmod(0o640)
    assert pull(tmp_path, A) == {"mine.yaml": Outcome.DIFFERS}
    assert "Oak" in file.read_text()
    assert pull(tmp_path, A, force=True) == {"mine.yaml": Outcome.OVERWRITTEN}
    assert "Falcon" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_plain_text_stays_plain_or_stays_as_it_is(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("Oak\n")
    assert pull(tmp_path, A, force=True) == {"a.txt": Outcome.UNFIT}
    assert file.read_text() == "Oak\n"
    assert pull(tmp_path, BlocklistContents("a", None, A.items[:1]), force=True) == {"a.txt": Outcome.OVERWRITTEN}
    assert file.read_text() == "Falcon\n"


def test_plain_text_is_the_same_whatever_descriptions_azure_has(tmp_path):
    (tmp_path / "a.txt").write_text("Falcon\n")
    described = BlocklistContents("a", "ours", (BlocklistItem("Falcon", "why", "id1"),))
    assert pull(tmp_path, described) == {"a.txt": Outcome.SAME}


def test_names_that_make_no_file_s_name_get_another_one(tmp_path):
    (tmp_path / "B.yaml").write_text("name: taken\nitems: []\n")
    there = [BlocklistContents(name) for name in ("..", ".env", "b", "B", "c~")]
    pulled = pull(tmp_path, *there)
    assert list(pulled) == ["list...yaml", "list.env.yaml", "b-2.yaml", "B-3.yaml", "c~.yaml"]
    assert {file.name for file in load_lists(tmp_path)} == {"taken", "..", ".env", "b", "B", "c~"}


def test_what_no_file_can_hold_is_told_before_anything_is_written(tmp_path):
    bad = BlocklistContents("z", None, (BlocklistItem("\ud800", is_regex=True),))
    with pytest.raises(ConfigurationError, match="z: holds text that is not valid Unicode"):
        pull(tmp_path, A, bad)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_file_is_told_and_no_draft_stays(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match=r"a\.yaml: cannot be written: No space left on device"):
        pull(tmp_path, A)
    assert list(tmp_path.iterdir()) == []
