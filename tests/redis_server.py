"""A Redis of the tests' own on a free loopback port, or a reason to skip where there is no binary."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

BINARY = shutil.which("redis-server")


@dataclass(frozen=True, slots=True)
class RunningRedis:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def endpoint(self) -> str:
        return f"redis://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def running_redis(folder: Path, *options: str, tls: bool = False) -> Iterator[RunningRedis]:
    """Run a server that keeps nothing on disk. `options` are those of its command line."""
    if BINARY is None:
        pytest.skip("there is no redis-server on this machine: apt-get install redis-server")
    port = free_port()
    where = ("--port", "0", "--tls-port", str(port)) if tls else ("--port", str(port))
    command = [BINARY, *where, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        _wait_for(port, process)
        yield RunningRedis(port, process)
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError("redis-server did not start")
