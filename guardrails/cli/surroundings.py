"""What a command runs in: its environment, and one event loop for all that it opens and calls."""

import asyncio
import os
from collections.abc import Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any, Self, TypeVar

from guardrails.cli.emulated import emulated

T = TypeVar("T")


class Surroundings:
    """The environment a command runs in; with an emulator of its own, for as long as it is entered.

    `limited` gives that emulator the rate limits Azure documents.
    """

    def __init__(self, config: Path, *, emulator: bool, limited: bool = True) -> None:
        self._limited = limited
        self._config = config
        self._emulator = emulator
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.env: Mapping[str, str] = dict(os.environ)

    def __enter__(self) -> Self:
        try:
            if self._emulator:
                self.env = {**self.env, **self.open(emulated(self._config, self.env, limited=self._limited))}
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def open(self, manager: AbstractAsyncContextManager[T]) -> T:
        """Enter a context; it is left with this one, those entered last first."""
        return self.run(self._stack.enter_async_context(manager))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end."""
        return self._runner.run(work)

    def _close(self) -> None:
        try:
            self.run(self._stack.aclose())
        finally:
            self._runner.close()
