"""Decision records by id: from memory, else from the file they are written to and those set aside before it."""

import asyncio
import os
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import orjson

from guardrails.domain.errors import Overloaded
from guardrails.telemetry.audit import OFF
from guardrails.telemetry.recent import Recent
from guardrails.telemetry.rotation import kept

ID: Final = re.compile(r"chk_[0-9a-f]{24}", re.ASCII)
MOST_READ: Final = 256 * 1024 * 1024
"""The most bytes of files that one search goes through, from the newest record back."""

STANDARD_OUTPUT: Final = "stdout"
_BLOCK: Final = 4 * 1024 * 1024
_NEAR: Final = 2 * _BLOCK
_LONGEST: Final = 64 * 1024 * 1024
_MOST_WAITING: Final = 8


class RecordedDecisions:
    """Finds the decision records of an id. One search of files goes on at a time, in a thread of its own.

    Args:
        target: The setting `telemetry.decisions`: only a file can be read back.
        recent: The records in memory.
        most_read: How many bytes of files one search goes through.
    """

    def __init__(self, target: str, recent: Recent, most_read: int = MOST_READ) -> None:
        self._file = None if target in {OFF, STANDARD_OUTPUT} else Path(target)
        self._recent = recent
        self._most_read = most_read
        # A thread of its own: whoever asks and leaves cannot take the threads that verdicts are made in.
        self._thread = ThreadPoolExecutor(1, "decision-search")
        self._waiting = 0

    def close(self) -> None:
        """Begin no other search."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def find(self, decision_id: str) -> list[dict[str, Any]]:
        """The records of an id in the order they were written; none where there are none that can be had.

        Raises:
            Overloaded: too many searches wait for the disk.
        """
        if not ID.fullmatch(decision_id):
            return []
        lines = self._recent.find(decision_id)
        if not lines and self._file is not None:
            lines = await self._read(self._file, decision_id)
        return records_of(lines, decision_id)

    async def _read(self, file: Path, decision_id: str) -> tuple[bytes, ...]:
        if self._waiting >= _MOST_WAITING:
            raise Overloaded
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, _search_all, file, decision_id, self._most_read)
        finally:
            self._waiting -= 1


def records_of(lines: Iterable[bytes], decision_id: str) -> list[dict[str, Any]]:
    """Those of the lines that are records of this id. One that merely speaks of it is not."""
    found = []
    for line in lines:
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue  # a line that a crash tore
        if isinstance(record, dict) and record.get("id") == decision_id:
            found.append(record)
    return found


def before(file: Path) -> list[Path]:
    """The files that a log was rotated into, the newest first; none where the folder cannot be read."""
    try:
        return kept(file)[::-1]
    except OSError:
        return []


def search(files: Iterable[Path], decision_id: str, most_read: int = MOST_READ) -> tuple[bytes, ...]:
    """The lines that hold an id, in the order they were written.

    Files are read from their ends, at most `most_read` bytes of all of them; one that cannot be read has no lines.
    Once one is found, only the lines a little before it are looked at, in the file before as well: what went to the
    model is recorded shortly before what came back.
    """
    needle = f'"{decision_id}"'.encode()
    found: list[bytes] = []
    left = most_read
    for file in files:
        had_some = bool(found)
        try:
            lines, read = _search_file(file, needle, min(left, _NEAR) if had_some else left)
        except OSError:
            continue
        found[:0] = lines
        left -= read
        if had_some or left <= 0:
            break
    return tuple(found)


def _search_file(file: Path, needle: bytes, most_read: int) -> tuple[list[bytes], int]:
    """Read backwards block by block; what is left of a line at a block's start goes on in the block before it."""
    found: list[bytes] = []
    more = _NEAR
    with file.open("rb") as opened:
        size = end = opened.seek(0, os.SEEK_END)
        rest = b""
        while end > 0 and size - end < most_read and more > 0 and len(rest) < _LONGEST:
            start = max(0, end - _BLOCK)
            opened.seek(start)
            block = opened.read(end - start) + rest
            cut = block.find(b"\n") + 1 or len(block) if start else 0
            found[:0] = [line for line in block[cut:].split(b"\n") if needle in line]
            more -= (end - start) if found else 0
            rest = block[:cut]
            end = start
    return found, size - end


def _search_all(file: Path, decision_id: str, most_read: int) -> tuple[bytes, ...]:
    return search([file, *before(file)], decision_id, most_read)


def belongs_to(record: Mapping[str, Any], caller: str, policy: str) -> bool:
    """Whether a record is of this caller's own decision, by this policy."""
    named = record.get("policy")
    return record.get("caller") == caller and isinstance(named, dict) and named.get("name") == policy
