"""Files of records that are set aside when they are full: no line is torn, lost or written over."""

import asyncio
import os
import subprocess
import sys

import orjson
import pytest

from guardrails.domain.errors import ConfigurationError
from guardrails.telemetry import rotation
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.rotation import Rotation, kept
from guardrails.telemetry.sink import AppendedFile, write_lines

pytestmark = pytest.mark.usefixtures("log_stream")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "decisions.jsonl"


def numbers(*files):
    return [orjson.loads(line)["n"] for file in files for line in file.read_bytes().splitlines()]


async def test_a_full_file_is_set_aside_between_two_lines(target):
    decisions = DecisionLog(str(target), rotation=Rotation(1000, 100))
    await decisions.start()
    for n in range(300):
        decisions.record({"n": n, "pad": "x" * (n % 90)})
        if n % 7 == 0:
            await decisions.flush()
    await decisions.aclose()
    aside = await asyncio.to_thread(kept, target)
    assert len(aside) > 5
    assert numbers(*aside, target) == list(range(300))
    assert all(file.stat().st_size <= 1000 for file in (*aside, target))
    assert all(file.read_bytes().endswith(b"\n") for file in (*aside, target))
    assert all(file.match("decisions*.jsonl") for file in aside)


async def test_only_so_many_are_kept_and_they_are_the_latest(target):
    other = target.with_name("decisions.archive.jsonl")
    other.write_text("somebody's own")
    decisions = DecisionLog(str(target), rotation=Rotation(100, 3))
    await decisions.start()
    for n in range(100):
        decisions.record({"n": n})
    await decisions.aclose()
    aside = await asyncio.to_thread(kept, target)
    left = numbers(*aside, target)
    assert len(aside) == 3
    assert left == list(range(left[0], 100))
    assert other.exists()


def test_a_line_longer_than_a_file_has_one_of_its_own(target):
    file = AppendedFile(target, Rotation(100, 10))
    long = b'{"n":1,"pad":"' + b"x" * 500 + b'"}\n'
    outcome = write_lines(file, b'{"n":0}\n' + long + b'{"n":2}\n')
    file.close()
    assert (outcome.written, outcome.error) == (3, None)
    assert [numbers(one) for one in (*kept(target), target)] == [[0], [1], [2]]


def test_a_batch_that_is_written_in_pieces_is_never_cut_by_a_rotation(target, monkeypatch):
    real = os.write
    monkeypatch.setattr("guardrails.telemetry.sink.os.write", lambda descriptor, data: real(descriptor, data[:3]))
    file = AppendedFile(target, Rotation(40, 1000))
    batch = b"".join(b'{"n":%d,"pad":"%s"}\n' % (n, b"x" * (n % 50)) for n in range(100))
    outcome = write_lines(file, batch)
    file.close()
    assert outcome.written == 100
    assert numbers(*kept(target), target) == list(range(100))


def test_no_file_is_written_over_where_the_clock_stands_still(target, monkeypatch):
    class Stopped(rotation.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2026, 11, 24, 6, 0, 0, 5, tz)

    monkeypatch.setattr(rotation, "datetime", Stopped)
    file = AppendedFile(target, Rotation(10, 100))
    write_lines(file, b"".join(b'{"n":%d}\n' % n for n in range(8)))
    file.close()
    assert numbers(*kept(target), target) == list(range(8))


async def test_a_file_that_was_moved_is_reopened_when_told(target, tmp_path):
    decisions = DecisionLog(str(target))
    await decisions.start()
    decisions.record({"n": 1})
    await decisions.flush()
    target.rename(tmp_path / "old.jsonl")
    decisions.reopen()
    while not target.exists():  # noqa: ASYNC110 - the writer's thread makes it
        await asyncio.sleep(0.01)
    decisions.record({"n": 2})
    await decisions.aclose()
    assert (numbers(tmp_path / "old.jsonl"), numbers(target)) == ([1], [2])


def test_a_line_that_was_begun_is_written_again_whole_after_reopening(target, monkeypatch):
    real = os.write
    file = AppendedFile(target)
    monkeypatch.setattr("guardrails.telemetry.sink.os.write", lambda descriptor, data: real(descriptor, data[:4]))
    assert file.write(memoryview(b'{"n":1}\n')) == 4
    monkeypatch.setattr("guardrails.telemetry.sink.os.write", real)
    file.reopen()
    assert write_lines(file, b'{"n":1}\n', 4).written == 1
    file.close()
    assert target.read_bytes() == b'{"n"\n{"n":1}\n'


async def test_a_folder_where_nothing_can_be_renamed_stops_the_start(target, monkeypatch):
    monkeypatch.setattr("guardrails.telemetry.sink.os.access", lambda *_: False)
    with pytest.raises(ConfigurationError, match=r"telemetry\.rotate_at"):
        await DecisionLog(str(target), rotation=Rotation(1000, 1)).start()


WRITE_ON_A_FULL_DISK = """
import asyncio, resource, signal, sys
from guardrails.telemetry.audit import DecisionLog

async def main():
    counts = {}
    def count(result, number):
        counts[result] = counts.get(result, 0) + number
    decisions = DecisionLog(sys.argv[1], count, retry_s=0.02, refuse=True)
    await decisions.start()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    for n in range(200):
        decisions.record({"n": n})
    while not counts.get("failed"):
        await asyncio.sleep(0.01)
    assert not decisions.takes
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert await decisions.flush()
    assert decisions.takes
    await decisions.aclose()
    assert counts["written"] == 200 and "dropped" not in counts, counts

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
asyncio.run(main())
"""


def test_a_file_that_may_grow_no_more_refuses_and_then_loses_nothing(target):
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", WRITE_ON_A_FULL_DISK, str(target)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stderr.splitlines()[-1:] if done.returncode else "") == (0, "")
    assert numbers(target) == list(range(200))
