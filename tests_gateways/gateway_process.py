"""A real gateway, started as a process on loopback and ended by its own id."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

_STARTS_WITHIN_S = 45
_ENDS_WITHIN_S = 10
_TOLD_CHARACTERS = 3000


def free_port() -> int:
    """A loopback port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def gateway_process(
    command: Sequence[str | Path], *, env: Mapping[str, str], log: Path, ready: str
) -> AsyncIterator[None]:
    """Run `command` until the block ends; the block begins when the URL `ready` answers below 500.

    `env` is the whole environment: nothing of the tests' own reaches the gateway.
    """
    with await asyncio.to_thread(log.open, "wb") as output:
        process = await asyncio.create_subprocess_exec(*command, env=dict(env), stdout=output, stderr=output)
        try:
            await _until_ready(process, ready, log)
            yield
        finally:
            await _end(process)


async def _until_ready(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    timeout = aiohttp.ClientTimeout(total=2)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for _ in range(_STARTS_WITHIN_S * 5):
            if process.returncode is not None:
                break
            try:
                async with session.get(url) as answer:
                    if answer.status < 500:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.2)
    told = (await asyncio.to_thread(log.read_text, errors="replace"))[-_TOLD_CHARACTERS:]
    raise AssertionError(f"the gateway did not answer at {url} (exit code {process.returncode}):\n{told}")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _ENDS_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
