"""Looks after the policy folder: what changed and stands still is compiled, examined, and put in force or on trial.

The folder is read, not watched: events do not come from network mounts and are easily lost where links are swapped
(docs/why.md). Reading, compiling and examining happen in threads; the swap is one assignment.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from guardrails.checks.catalogue import SPECS
from guardrails.domain.errors import ConfigurationError
from guardrails.pipeline.bundles import Bundles, Result
from guardrails.policy.bundle import Reading, compile_bundle, read_folder
from guardrails.server.gate import Gate
from guardrails.settings import bundles as settings

_log = structlog.get_logger(__name__)

RETRY_S = 60.0
"""How often what was refused is tried again though no file changed: a key, a token or a mount may have come."""

MOST_READINGS = 30
"""How often a folder that keeps changing is read before a reload that was asked for gives up."""

INTERNAL = "the attempt broke; the log has it under bundle_reload_broke"


@dataclass(slots=True)
class _Seen:
    """Revisions of readings: what was acted upon, what was read last and must be read once more, when to try again."""

    acted_upon: str
    pending: str | None = None
    retry_at: float = 0.0


class Reloader:
    """One task that reads the folder every so often, and when asked to."""

    def __init__(
        self, folder: Path, apis: Mapping[str, str], bundles: Bundles, gate: Gate, options: settings.Bundles
    ) -> None:
        self._folder = folder
        self._apis = apis
        self._bundles = bundles
        self._gate = gate
        self._options = options
        self._asked = asyncio.Event()
        self._seen = _Seen(bundles.active.revision)
        self._read_at = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """End, whatever is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def reload(self) -> None:
        """Have the folder read now, also where nothing seems to have changed. Waits for nothing."""
        self._asked.set()

    def read_s(self) -> float:
        """Seconds since the folder was last read. Grows where nothing reads it, or a mount hangs."""
        return time.monotonic() - self._read_at

    async def _run(self) -> None:
        while True:
            is_asked = await self._next()
            try:
                self._bundles.tick()
                if is_asked or self._options.watch:
                    await self._look(is_asked=is_asked)
            except Exception:  # noqa: BLE001 - whatever breaks, what is in force stays and the folder is looked after
                _log.exception("bundle_reload_broke")
                self._refuse(self._seen.acted_upon, (INTERNAL,))

    async def _next(self) -> bool:
        """Wait until the folder is to be read; whether somebody asked for it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.every_s):
                await self._asked.wait()
        is_asked = self._asked.is_set()
        self._asked.clear()
        return is_asked

    async def _look(self, *, is_asked: bool) -> None:
        reading = await self._read()
        if is_asked:
            try:
                reading = await self._still(reading)
            except ConfigurationError as error:
                self._refuse(reading.revision, error.problems)
                return
        elif not self._is_due(reading):
            return
        await self._act_upon(reading)

    async def _read(self) -> Reading:
        reading = await asyncio.to_thread(read_folder, self._folder)
        self._read_at = time.monotonic()
        return reading

    def _is_due(self, reading: Reading) -> bool:
        """Whether something else is there, and stands still: a folder that is being written takes no effect."""
        seen = self._seen
        if reading.revision == seen.acted_upon:
            seen.pending = None
            return self._bundles.last.result is Result.REFUSED and time.monotonic() >= seen.retry_at
        if reading.revision != seen.pending:
            seen.pending = reading.revision
            return False
        return True

    async def _still(self, reading: Reading) -> Reading:
        for _ in range(MOST_READINGS):
            await asyncio.sleep(self._options.every_s)
            again = await self._read()
            if again.revision == reading.revision:
                return again
            reading = again
        raise ConfigurationError([f"{self._folder}: keeps changing"])

    async def _act_upon(self, reading: Reading) -> None:
        bundles = self._bundles
        self._seen = _Seen(reading.revision)
        trial = bundles.trial
        if trial is not None and trial.candidate.revision == reading.revision:
            return
        bundles.withdraw()
        if reading.revision == bundles.active.revision:
            bundles.rolled_back = None
            bundles.unchanged()
            return
        if reading.revision == bundles.rolled_back:
            return
        bundles.rolled_back = None
        try:
            bundle = await asyncio.to_thread(compile_bundle, reading, SPECS, self._apis)
            await self._gate.require(bundle, bundles.active)
        except ConfigurationError as error:
            self._refuse(reading.revision, error.problems)
            return
        bundles.offer(bundle)

    def _refuse(self, revision: str, problems: tuple[str, ...]) -> None:
        self._seen.retry_at = time.monotonic() + RETRY_S
        self._bundles.refuse(revision, problems)
