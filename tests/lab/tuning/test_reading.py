"""Data files: lines, kinds, and every mistake with its place."""

import gzip
from pathlib import Path

import pytest

from guardrails.domain.errors import ConfigurationError
from guardrails.lab.tuning.layouts.record import Reading
from guardrails.lab.tuning.reading import MAX_PROBLEMS, Notes, Source
from guardrails.lab.tuning.vocabulary import Vocabulary

READING = Reading(Vocabulary(), frozenset({"prompt_shield"}))
ROW = b'{"text": "Hello.", "label": 0}\n'


def read(*files: Path, **options):
    notes = Notes()
    return list(Source(files, READING, **options).samples(notes)), notes


def problems(file: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        read(file)
    return caught.value.problems


def test_places_are_lines_of_the_file(tmp_path):
    file = tmp_path / "data.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + ROW + b"\n  \n" + ROW)
    samples, notes = read(file)
    assert [sample.place.line for sample in samples] == [1, 4]
    assert notes.rows == 2
    assert notes.layouts == {0: "plain"}


def test_a_csv_row_is_placed_where_it_begins(tmp_path):
    file = tmp_path / "data.csv"
    file.write_text('text,label\n"two\nlines",1\n"one, line",0\n', encoding="utf-8-sig")
    samples, _ = read(file)
    assert [(sample.place.line, sample.text) for sample in samples] == [(2, "two\nlines"), (4, "one, line")]
    assert [sample.said["prompt_shield"].bad for sample in samples] == [True, False]


def test_tabs_and_gzip_are_read_as_well(tmp_path):
    tabs, packed = tmp_path / "data.tsv", tmp_path / "data.jsonl.gz"
    tabs.write_text("text\tlabel\nHello.\t1\n")
    packed.write_bytes(gzip.compress(ROW * 3))
    samples, _ = read(tabs, packed)
    assert [(sample.place.file, sample.place.line) for sample in samples] == [(0, 2), (1, 1), (1, 2), (1, 3)]


def test_files_of_different_layouts_go_together(tmp_path):
    plain, typed = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    plain.write_bytes(ROW)
    typed.write_text('{"prompt": "Hello.", "type": "jailbreak"}\n')
    _, notes = read(plain, typed)
    assert notes.layouts == {0: "plain", 1: "jailbreak-type"}


def test_a_limit_is_a_number_of_rows(tmp_path):
    file = tmp_path / "data.jsonl"
    file.write_bytes(ROW * 10)
    samples, notes = read(file, limit=4)
    assert (len(samples), notes.rows) == (4, 4)


def test_rows_that_are_left_out_are_counted(tmp_path):
    file = tmp_path / "data.jsonl"
    file.write_bytes(ROW + b'{"text": " ", "label": 0}\n' * 2)
    samples, notes = read(file)
    assert len(samples) == 1
    assert notes.left_out == {"without a text": 2}


def test_problems_come_together_each_with_its_line(tmp_path):
    file = tmp_path / "data.jsonl"
    file.write_bytes(ROW + b'{"text": "Hello.", "label": "perhaps"}\n' + ROW + b'{"text": 1, "label": 0}\n')
    told = problems(file)
    assert [problem.startswith(f"{file}:{line}: ") for problem, line in zip(told, (2, 4), strict=True)] == [True, True]


def test_no_more_problems_than_a_person_reads(tmp_path):
    file = tmp_path / "data.jsonl"
    file.write_bytes(b'{"text": "Hello.", "label": "perhaps"}\n' * 500)
    assert len(problems(file)) == MAX_PROBLEMS


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.jsonl", ROW + b"{broken\n", ":2: is not a JSON object"),
        ("a.jsonl", b"7\n", ":1: must be a JSON object"),
        ("a.json", b"[" + ROW + b"]\n", "one object per line"),
        ("a.jsonl", b'{"words": "Hello."}\n', ":1: no known layout"),
        ("a.csv", b"Hello there you.,1\nHello again.,0\n", ":2: no known layout"),
        ("a.csv", b'text,label\n"open,1\n', "is not CSV"),
        ("a.csv", b"text,label\nHello.\n", ":2: has not as many cells"),
        ("a.csv", b"text,label\nHello.,1,2\n", ":2: has not as many cells"),
        ("a.csv", b"text,label\n\xff,1\n", "is not UTF-8"),
        ("a.jsonl.gz", ROW, "no whole gzip"),
        ("a.jsonl.gz", gzip.compress(ROW * 100, mtime=0)[:-9], "no whole gzip"),
        ("a.parquet", b"PAR1", "write a Parquet file out"),
        ("a", ROW, "must end in"),
    ],
)
def test_a_file_of_another_kind_says_so(tmp_path, name, content, problem):
    file = tmp_path / name
    file.write_bytes(content)
    (told,) = problems(file)
    assert problem in told
    assert told.startswith(str(file))
    assert "Hello" not in told


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("guardrails.lab.tuning.reading.MAX_ROW", 1000)
    file = tmp_path / "data.jsonl"
    file.write_bytes(ROW + b'{"text": "' + b"x" * 2000)
    (told,) = problems(file)
    assert ":2: the line is longer" in told


def test_a_file_that_is_not_there_is_a_problem(tmp_path):
    (told,) = problems(tmp_path / "gone.jsonl")
    assert "cannot be read" in told
