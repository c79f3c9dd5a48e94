"""The decision log: nothing it meets reaches a request, and nothing is lost unseen."""

import asyncio
import errno
import os
import shutil
import threading
from collections import Counter
from pathlib import Path

import orjson
import pytest

from guardrails.domain.errors import ConfigurationError
from guardrails.telemetry import audit, sink
from guardrails.telemetry.audit import DecisionLog
from guardrails.telemetry.sink import AppendedFile, write_lines


class Counts(Counter[str]):
    def __call__(self, result: str, count: int) -> None:
        self[result] += count

    async def seen(self, result: str, count: int) -> None:
        while self[result] < count:  # noqa: ASYNC110 - the counter is told from callbacks, not from a task
            await asyncio.sleep(0.01)


pytestmark = pytest.mark.usefixtures("log_stream")


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "decisions.jsonl"


def numbers(file: Path) -> list[int]:
    return [orjson.loads(line)["n"] for line in file.read_bytes().splitlines()]


async def test_records_are_written_in_order(target, counts):
    decisions = DecisionLog(str(target), counts)
    await decisions.start()
    for n in range(500):
        decisions.record({"n": n})
    await decisions.aclose()
    assert numbers(target) == list(range(500))
    assert counts == {"written": 500}
    assert decisions.pending == 0


async def test_a_record_is_on_disk_without_closing(target):
    decisions = DecisionLog(str(target))
    await decisions.start()
    decisions.record({"n": 1})
    assert await decisions.flush()
    assert numbers(target) == [1]
    await decisions.aclose()


async def test_records_taken_before_the_start_are_kept(target):
    decisions = DecisionLog(str(target))
    decisions.record({"n": 1})
    await decisions.start()
    await decisions.aclose()
    assert numbers(target) == [1]


async def test_off_takes_and_keeps_nothing(counts):
    decisions = DecisionLog("off", counts)
    await decisions.start()
    decisions.record({"n": 1})
    await decisions.aclose()
    assert counts == {}


async def test_standard_output_gets_one_line_for_each_record(capfd):
    decisions = DecisionLog("stdout")
    await decisions.start()
    decisions.record({"n": 1})
    decisions.record({"n": 2})
    await decisions.aclose()
    assert [orjson.loads(line) for line in capfd.readouterr().out.splitlines()] == [{"n": 1}, {"n": 2}]


async def test_a_full_queue_loses_records_and_counts_them(target, counts, monkeypatch):
    gate = threading.Event()
    write = AppendedFile.write

    def stalled(self: AppendedFile, batch: memoryview) -> int:
        gate.wait(10)
        return write(self, batch)

    monkeypatch.setattr(AppendedFile, "write", stalled)
    decisions = DecisionLog(str(target), counts, most_records=3)
    await decisions.start()
    for n in range(10):
        decisions.record({"n": n})
    assert counts["dropped"] == 7
    gate.set()
    await decisions.aclose()
    assert numbers(target) == [0, 1, 2]
    assert counts["written"] == 3


async def test_waiting_bytes_are_bounded_and_room_comes_back(target, counts):
    decisions = DecisionLog(str(target), counts, most_bytes=100)
    await decisions.start()
    decisions.record({"n": 1, "long": "x" * 200})
    assert counts == {"dropped": 1}
    for n in range(50):
        decisions.record({"n": n})
        await decisions.flush()
    await decisions.aclose()
    assert counts["written"] == 50


async def test_a_disk_that_stays_full_costs_no_request_and_is_tried_again(target, counts, monkeypatch):
    broken = True
    real = os.write

    def write(descriptor: int, data: memoryview) -> int:
        if broken:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(sink.os, "write", write)
    decisions = DecisionLog(str(target), counts, retry_s=0.01)
    await decisions.start()
    decisions.record({"n": 1})
    await counts.seen("failed", 3)
    decisions.record({"n": 2})
    broken = False
    await decisions.aclose()
    assert numbers(target) == [1, 2]
    assert counts["written"] == 2
    assert counts["dropped"] == 0


async def test_what_cannot_be_written_before_the_end_is_counted_as_lost(target, counts, monkeypatch):
    def write(self: AppendedFile, batch: memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(AppendedFile, "write", write)
    decisions = DecisionLog(str(target), counts, retry_s=0.01)
    await decisions.start()
    decisions.record({"n": 1})
    decisions.record({"n": 2})
    await decisions.aclose(within=0.1)
    assert counts["dropped"] == 2


async def test_a_writer_that_hangs_does_not_hold_up_the_end(target, counts, monkeypatch):
    gate = threading.Event()

    def write(self: AppendedFile, batch: memoryview) -> int:
        gate.wait(10)
        return len(batch)

    monkeypatch.setattr(AppendedFile, "write", write)
    decisions = DecisionLog(str(target), counts)
    await decisions.start()
    decisions.record({"n": 1})
    await decisions.aclose(within=0.05)
    gate.set()
    assert counts["dropped"] == 1


async def test_a_rotated_file_is_left_and_a_new_one_begun(target, tmp_path):
    decisions = DecisionLog(str(target))
    await decisions.start()
    decisions.record({"n": 1})
    await decisions.flush()
    target.rename(tmp_path / "old.jsonl")
    decisions.record({"n": 2})
    await decisions.flush()
    target.unlink()
    decisions.record({"n": 3})
    await decisions.aclose()
    assert numbers(tmp_path / "old.jsonl") == [1]
    assert numbers(target) == [3]


async def test_a_folder_that_went_away_and_came_back_loses_nothing(tmp_path, counts):
    folder = tmp_path / "audit"
    folder.mkdir()
    target = folder / "decisions.jsonl"
    decisions = DecisionLog(str(target), counts, retry_s=0.01)
    await decisions.start()
    shutil.rmtree(folder)
    decisions.record({"n": 1})
    await counts.seen("failed", 1)
    folder.mkdir()
    await decisions.aclose()
    assert numbers(target) == [1]


def test_an_interrupted_line_is_finished_where_it_stopped():
    class Slow:
        def __init__(self) -> None:
            self.taken = b""
            self.fails = 1

        def write(self, batch: memoryview) -> int:
            if self.taken and self.fails:
                self.fails -= 1
                raise OSError(errno.EAGAIN, "again")
            self.taken += bytes(batch[:5])
            return min(5, len(batch))

        def close(self) -> None:
            pass

    slow = Slow()
    batch = b"first line\nsecond line\n"
    first = write_lines(slow, batch)
    assert (first.written, first.left, first.resume) == (0, batch, 5)
    second = write_lines(slow, first.left, first.resume)
    assert (second.written, second.left, second.error) == (2, b"", None)
    assert slow.taken == batch


def test_a_line_cut_by_a_rotation_is_whole_in_the_new_file(target, tmp_path, monkeypatch):
    real = os.write
    appended = AppendedFile(target)
    monkeypatch.setattr(sink.os, "write", lambda descriptor, data: real(descriptor, data[:15]))
    first = write_lines(appended, b"0123456789\nabcdefghij\n"[:11])
    assert first.written == 1
    monkeypatch.setattr(sink.os, "write", lambda descriptor, data: real(descriptor, data[:4]))
    assert appended.write(memoryview(b"abcdefghij\n")) == 4
    target.rename(tmp_path / "old.jsonl")
    monkeypatch.setattr(sink.os, "write", real)
    second = write_lines(appended, b"abcdefghij\n", 4)
    appended.close()
    assert second.written == 1
    assert target.read_bytes() == b"abcdefghij\n"


async def test_a_line_a_crash_left_torn_does_not_swallow_the_next(target):
    target.write_bytes(b'{"n":0}\n{"n":')
    decisions = DecisionLog(str(target))
    await decisions.start()
    decisions.record({"n": 1})
    await decisions.aclose()
    assert target.read_bytes() == b'{"n":0}\n{"n":\n{"n":1}\n'


async def test_the_file_is_not_readable_for_everybody(target):
    await DecisionLog(str(target)).start()
    assert target.stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("kind", ["folder", "missing", "pipe"])
async def test_a_target_that_cannot_be_written_stops_the_start(tmp_path, kind):
    target = {"folder": tmp_path, "missing": tmp_path / "no" / "file", "pipe": tmp_path / "pipe"}[kind]
    if kind == "pipe":
        os.mkfifo(target)
    with pytest.raises(ConfigurationError, match=r"telemetry\.decisions"):
        await DecisionLog(str(target)).start()


async def test_a_record_that_is_no_json_is_counted_and_never_raises(target, counts):
    decisions = DecisionLog(str(target), counts)
    await decisions.start()
    decisions.record({"n": object()})
    decisions.record({"n": 1, "odd": "\ud800"})
    await decisions.aclose()
    assert counts == {"dropped": 1, "written": 1}
    assert numbers(target) == [1]


async def test_a_record_after_the_end_is_counted_as_lost(target, counts):
    decisions = DecisionLog(str(target), counts)
    await decisions.start()
    await decisions.aclose()
    decisions.record({"n": 1})
    assert counts == {"dropped": 1}


async def test_losses_are_logged_once_with_their_number_and_not_for_each_record(log_stream, monkeypatch):
    moment = [100.0]
    monkeypatch.setattr(audit.time, "monotonic", lambda: moment[0])
    decisions = DecisionLog("/nowhere", most_records=0)
    for _ in range(100):
        decisions.record({"n": 1})
    moment[0] += 60
    decisions.record({"n": 1})
    dropped = [orjson.loads(line)["dropped"] for line in log_stream.getvalue().splitlines()]
    assert dropped == [1, 100]
