"""Child processes that listen, and how much processor time each has used."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

STARTS_WITHIN_S = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Child:
    """A process that listens at `url`."""

    pid: int
    url: str

    def cpu_ms(self) -> float:
        """User and system time so far, in milliseconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / _TICKS

    def peak_mib(self) -> float:
        """The most memory it held, in MiB."""
        return self._told("VmHWM:")

    def mib(self) -> float:
        """The memory it holds now, in MiB."""
        return self._told("VmRSS:")

    def _told(self, name: str) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith(name))
        return int(line.split()[1]) / 1024


@contextlib.contextmanager
def child(arguments: Sequence[str], url: str, env: dict[str, str]) -> Iterator[Child]:
    """Run `python -m <arguments>` until the block ends."""
    command = [sys.executable, "-m", *arguments]
    process = subprocess.Popen(command, env=os.environ | env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own modules
    try:
        _wait(process, url)
        yield Child(process.pid, url)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            with urlopen(url + "/livez", timeout=1):  # noqa: S310 - loopback
                return
        except URLError as error:
            if hasattr(error, "code"):
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not listen within {STARTS_WITHIN_S} s")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports
