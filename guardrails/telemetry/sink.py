"""Where decision records are written: a thread of its own, so that a slow disk never holds up a request."""

import os
import queue
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

import structlog

from guardrails.domain.errors import ConfigurationError
from guardrails.telemetry.rotation import Rotation, set_aside

_STANDARD_OUTPUT: Final = 1
_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_PERMISSIONS: Final = 0o640
_NEWLINE: Final = ord("\n")

_log = structlog.get_logger(__name__)


class Sink(Protocol):
    """A place bytes are added to. Only used from the writer's thread."""

    def write(self, batch: memoryview) -> int:
        """Add as much as goes at once; return how many bytes went, 0 to start the cut line again. Raises OSError."""

    def reopen(self) -> None:
        """Open it anew under its name, if it has one. Raises OSError."""

    def close(self) -> None:
        """Let go of it."""


class StandardOutput:
    """The process's standard output."""

    def write(self, batch: memoryview) -> int:
        """Add as much of the batch as one write takes."""
        return os.write(_STANDARD_OUTPUT, batch)

    def reopen(self) -> None:
        """It has no name to open it by."""

    def close(self) -> None:
        """It stays open: it is not ours."""


class AppendedFile:
    """A file that lines are added to. When it was moved or deleted it is opened again under its name.

    With a `rotation` it is set aside by itself when it is full, always between two lines.
    """

    def __init__(self, path: Path, rotation: Rotation | None = None) -> None:
        self._path = path
        self._rotation = rotation
        self._descriptor = -1
        self._in_line = False
        self._line_is_cut = False

    def write(self, batch: memoryview) -> int:
        """Add as much of the batch as one write takes, to the file that has the name now."""
        if self._descriptor < 0 or not self._is_current():
            self.reopen()
        if self._line_is_cut:
            self._line_is_cut = False
            return 0
        count = os.write(self._descriptor, batch[: self._room(batch)])
        self._in_line = batch[count - 1] != _NEWLINE if count else self._in_line
        return count

    def reopen(self) -> None:
        """Open the file that has the name now, or make it. A line that was begun before is written again, whole."""
        self.close()
        self._descriptor = _open(self._path)
        self._line_is_cut, self._in_line = self._in_line, False

    def _room(self, batch: memoryview) -> int:
        """How many bytes of the batch go into this file; where not even a line does, into a new one."""
        if self._rotation is None:
            return len(batch)
        room = self._rotation.at_bytes - os.fstat(self._descriptor).st_size
        if len(batch) <= room:
            return len(batch)
        lines = bytes(batch[: max(0, room)]).rfind(b"\n") + 1
        if lines:
            return lines
        if not self._in_line and room < self._rotation.at_bytes:
            set_aside(self._path, self._rotation.keep)
            self.reopen()
            return self._room(batch)
        return bytes(batch).find(b"\n") + 1 or len(batch)

    def close(self) -> None:
        """Close the file if it is open."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _is_current(self) -> bool:
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return False
        mine = os.fstat(self._descriptor)
        return (named.st_dev, named.st_ino) == (mine.st_dev, mine.st_ino)


def _open(path: Path) -> int:
    """Open for adding; a line that a crash left torn is ended, so that it cannot swallow the next one."""
    descriptor = os.open(path, _FLAGS, _PERMISSIONS)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_size and os.pread(descriptor, 1, found.st_size - 1) != b"\n":
            os.write(descriptor, b"\n")
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def open_sink(target: str, rotation: Rotation | None = None) -> Sink:
    """The sink of a `telemetry.decisions` setting other than `off`. Touches the disk: not on an event loop.

    Raises:
        ConfigurationError: the file cannot be added to, cannot be set aside when it is full, or is something a write
            could wait on for ever.
    """
    if target == "stdout":
        return StandardOutput()
    path = Path(target)
    try:
        if path.exists() and not _takes_lines(path.stat().st_mode):
            raise ConfigurationError([f"telemetry.decisions: {path} is not a file that lines can be added to"])
        os.close(_open(path))
        is_file = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise ConfigurationError([f"telemetry.decisions: {path} cannot be written: {error.strerror}"]) from None
    if rotation is None or not is_file:
        return AppendedFile(path)
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ConfigurationError([f"telemetry.rotate_at: files in {path.parent} cannot be renamed or deleted"])
    return AppendedFile(path, rotation)


def _takes_lines(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISCHR(mode)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch.

    Attributes:
        written: Lines that were written whole.
        left: What remains, from the start of the first line that was not written whole.
        resume: How many bytes of `left` were written already.
        error: What stopped it.
    """

    written: int
    left: bytes
    resume: int
    error: OSError | None


class _Word(Enum):
    """What the writer's thread can be told beside a batch."""

    REOPEN = "reopen"
    STOP = "stop"


class WriterThread(threading.Thread):
    """Writes batches of lines, one after the other. A daemon: a disk that hangs cannot keep the process from ending."""

    def __init__(self, sink: Sink, done: Callable[[Outcome], None]) -> None:
        super().__init__(name="decision-log", daemon=True)
        self._sink = sink
        self._done = done
        self._inbox: queue.SimpleQueue[tuple[bytes, int] | _Word] = queue.SimpleQueue()

    def write(self, batch: bytes, resume: int) -> None:
        """Hand a batch over without waiting; `done` is called on this thread when it has been tried."""
        self._inbox.put((batch, resume))

    def reopen(self) -> None:
        """Open the sink anew after the batches handed over."""
        self._inbox.put(_Word.REOPEN)

    def stop(self) -> None:
        """End the thread after the batches handed over."""
        self._inbox.put(_Word.STOP)

    def run(self) -> None:
        """Write until told to stop."""
        while (work := self._inbox.get()) is not _Word.STOP:
            if work is _Word.REOPEN:
                self._reopen()
            else:
                self._done(write_lines(self._sink, *work))
        self._sink.close()

    def _reopen(self) -> None:
        try:
            self._sink.reopen()
        except OSError as error:
            # The next write opens it again, and then a failure is counted with the records it holds up.
            _log.warning("decision_log_not_reopened", error=error)


def write_lines(sink: Sink, batch: bytes, resume: int = 0) -> Outcome:
    """Write a batch of whole lines, of which `resume` bytes are written already.

    An interrupted batch is taken up where it stopped, so that no line is torn; where the file was replaced in the
    middle of a line, that line is written again from its start, into the new file.
    """
    view = memoryview(batch)
    position = resume
    error: OSError | None = None
    while position < len(batch):
        try:
            count = sink.write(view[position:])
        except OSError as failure:
            error = failure
            break
        position = position + count if count else _line_start(batch, position)
    start = _line_start(batch, position)
    return Outcome(batch.count(b"\n", 0, position), batch[start:], position - start, error)


def _line_start(batch: bytes, position: int) -> int:
    return batch.rfind(b"\n", 0, position) + 1
