"""Records by id: bounded in memory, read back from the ends of files, and nothing taken for a record that is none."""

import os

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.domain.errors import Overloaded
from guardrails.telemetry import found
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.found import RecordedDecisions, before, belongs_to, records_of, search
from guardrails.telemetry.recent import Recent

ID = "chk_" + "a" * 24
OTHER = "chk_" + "b" * 24


def line(decision_id, number=0, **more):
    return orjson.dumps({"id": decision_id, "n": number, **more}) + b"\n"


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 40)), max_size=60), st.integers(0, 8))
def test_memory_holds_the_last_records_within_both_bounds(added, most):
    recent = Recent(most, most_bytes=100)
    for name, size in added:
        recent.add(name, name.encode() * size)
    kept = [one for name in "abcd" for one in recent.find(name)]
    assert len(kept) <= most
    assert sum(map(len, kept)) <= 100
    if added and most:
        name, size = added[-1]
        assert recent.find(name)[-1] == name.encode() * size


def test_a_record_larger_than_the_room_for_all_is_not_kept():
    recent = Recent(10, most_bytes=10)
    recent.add("a", b"x" * 5)
    recent.add("b", b"x" * 11)
    assert (len(recent.find("a")), recent.find("b")) == (1, ())


async def test_the_log_keeps_what_it_was_given_and_nothing_when_it_is_off(tmp_path):
    for target, kept in ((str(tmp_path / "d.jsonl"), 1), ("off", 0)):
        recent = Recent(5)
        log = DecisionLog(target, recent=recent)
        log.record({"id": ID})
        assert len(recent.find(ID)) == kept
        await log.aclose(0.1)


@pytest.mark.parametrize("block", [7, 64, 4096])
def test_a_line_is_found_whole_wherever_blocks_meet(tmp_path, monkeypatch, block):
    monkeypatch.setattr(found, "_BLOCK", block)
    monkeypatch.setattr(found, "_NEAR", 10_000)
    file = tmp_path / "decisions.jsonl"
    file.write_bytes(b"".join(line(f"chk_{n:024}", n) for n in range(40)) + line(ID, 1) + line(OTHER) + line(ID, 2))
    assert search([file], ID) == (line(ID, 1)[:-1], line(ID, 2)[:-1])
    for number in (0, 17, 39):
        assert search([file], f"chk_{number:024}") == (line(f"chk_{number:024}", number)[:-1],)
    assert search([file], "chk_" + "c" * 24) == ()


def test_no_more_is_read_than_may_be(tmp_path, monkeypatch):
    monkeypatch.setattr(found, "_BLOCK", 100)
    file = tmp_path / "decisions.jsonl"
    file.write_bytes(line(ID) + line(OTHER) * 100)
    assert search([file], ID, most_read=500) == ()
    assert search([file], ID)


def test_both_ways_of_a_chat_are_found_where_the_file_was_set_aside_between_them(tmp_path):
    file = tmp_path / "decisions.jsonl"
    older = tmp_path / "decisions.20261124T060000.000005Z.jsonl"
    older.write_bytes(line(OTHER) + line(ID, 1))
    file.write_bytes(line(ID, 2))
    for stranger in ("decisions.old.jsonl", "other.20261124T060000.000005Z.jsonl"):
        (tmp_path / stranger).write_bytes(line(ID, 9))
    assert before(file) == [older]
    assert [record["n"] for record in records_of(search([file, older], ID), ID)] == [1, 2]


def test_a_line_that_speaks_of_an_id_or_was_torn_is_no_record_of_it():
    lines = [line(OTHER, request_id=ID), b'{"id":"' + ID.encode() + b'","n', b"[]", line(ID)]
    assert [record["id"] for record in records_of(lines, ID)] == [ID]


async def test_memory_is_asked_before_the_file_and_no_file_for_what_is_no_id(tmp_path):
    file = tmp_path / "decisions.jsonl"
    file.write_bytes(line(ID, 1) + line("../x", 1))
    recent = Recent(5)
    recorded = RecordedDecisions(str(file), recent)
    assert [record["n"] for record in await recorded.find(ID)] == [1]
    recent.add(ID, line(ID, 2))
    assert [record["n"] for record in await recorded.find(ID)] == [2]
    assert await recorded.find("../x") == []
    os.unlink(file)  # noqa: PTH108 - a plain call, not on a loop of ours
    assert await recorded.find(OTHER) == []
    assert await RecordedDecisions("stdout", recent).find(OTHER) == []


async def test_searches_that_wait_for_the_disk_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(found, "_MOST_WAITING", 0)
    with pytest.raises(Overloaded):
        await RecordedDecisions(str(tmp_path / "d.jsonl"), Recent(5)).find(ID)


@pytest.mark.parametrize(
    "record", [{}, {"caller": "me"}, {"caller": "you", "policy": {"name": "p"}}, {"caller": "me", "policy": "p"}]
)
def test_what_is_not_plainly_ones_own_is_not(record):
    assert not belongs_to(record, "me", "p")
    assert belongs_to({"caller": "me", "policy": {"name": "p"}}, "me", "p")
