"""A Redis of the tests' own on a free loopback port, or a reason to skip where there is no binary."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def running_redis(folder: Path, *options: str, tls: bool = False) -> Iterator[RunningRedis]:
    """Run a server that keeps nothing on disk. `options` are those of its command line."""
    if BINARY is None:
        pytest.skip("there is no redis-server on this machine: apt-get install redis-server")
    always = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder))
    with ExitStack() as stack:
        for _ in range(5):
            port = _free_port()
            where = ("--port", "0", "--tls-port", str(port)) if tls else ("--port", str(port))
            process = stack.enter_context(_running(BINARY, *where, *always, *options))
            if _listens(port, process):
                break
        else:
            raise RuntimeError("redis-server did not start")
        yield RunningRedis(port, process)


@contextmanager
def _running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Wait until it does; False where somebody else has taken the port meanwhile."""
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            time.sleep(0.01)
            return process.poll() is None
    return False
