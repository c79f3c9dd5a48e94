"""A folder of policies full of mistakes: each has its sentence, at its line, and nothing else is said.

In the files `#!` marks the line of a mistake and `# w:` that of a warning, with a part of the sentence it is told.
"""

import re
from pathlib import Path

import pytest

from guardrails.checks.catalogue import SPECS
from guardrails.policy.compile import compile_all

FOLDER = Path(__file__).parent / "planted"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yaml"))}
APIS = {"pii": "2024-11-01"}


def marked(mark):
    return [
        (file, number, match[1].strip())
        for file, text in TEXTS.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := re.search(mark + r"(.*)$", line))
    ]


@pytest.fixture(scope="module")
def compiled():
    return compile_all(TEXTS, SPECS, APIS)


def place(told):
    file, line, column, sentence = told.split(":", 3)
    assert int(column) > 0
    return file, int(line), sentence


def assert_told(told, expected):
    found = [place(one) for one in told]
    for file, line, part in expected:
        assert any(one[:2] == (file, line) and part in one[2] for one in found), (file, line, part, found)
    lines = {(file, line) for file, line, _ in expected}
    assert [one for one in found if one[:2] not in lines] == []
    assert len(found) == len(expected)


def test_more_than_thirty_mistakes_are_told_at_once_each_at_its_line(compiled):
    expected = marked("#!")
    assert len(expected) > 30
    assert_told(compiled.problems, expected)


def test_each_doubt_is_a_warning_at_its_line(compiled):
    assert_told(compiled.warnings, marked("# w:"))
    assert all(re.match(r"[a-z]+\.yaml:\d+:\d+: warning: ", one) for one in compiled.warnings)


def test_nothing_of_such_a_folder_takes_effect(compiled):
    assert compiled.policies == {}
