"""The Content Safety resource of the settings, or an emulated one, for as long as a command needs it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from guardrails.azure.blocklists import Blocklists, open_blocklists
from guardrails.azure.explain import explain
from guardrails.azure.secrets import SecretReader
from guardrails.azure.session import open_sessions
from guardrails.azure.target import Target, service_target
from guardrails.azure.tokens import TokenProvider
from guardrails.cli.client_id import client_id_of
from guardrails.cli.emulated import emulated
from guardrails.domain.errors import ConfigurationError, ServiceError
from guardrails.settings.load import load
from guardrails.settings.schema import Settings

T = TypeVar("T")

RETRIES: Final = 4
PATIENCE_S: Final = 120.0
"""How long one call may be tried, in seconds: a command may wait longer than a request."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command works with."""

    settings: Settings
    lists: Blocklists
    explain: Callable[[ServiceError], str]


class Resource:
    """Runs a command's calls, with time for a person in between; nothing runs meanwhile.

    Raises:
        SettingsError: on entering, the settings do not hold.
        ConfigurationError: on entering, they name no Content Safety; from `run`, Azure did not do its part.
    """

    def __init__(self, config: Path, *, emulator: bool) -> None:
        self._config = config
        self._emulator = emulator
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._opened: Opened | None = None

    @property
    def opened(self) -> Opened:
        """What is open."""
        if self._opened is None:
            raise RuntimeError("the resource is not open: enter its context first")
        return self._opened

    def __enter__(self) -> Self:
        try:
            env = dict(os.environ)
            if self._emulator:
                env |= self._runner.run(self._stack.enter_async_context(emulated(self._config, env)))
            settings = load(self._config, env)
            self._opened = self._runner.run(self._stack.enter_async_context(_open(settings, SecretReader(env))))
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end; what Azure refuses becomes a sentence with its mend."""
        try:
            return self._runner.run(work)
        except ServiceError as error:
            raise ConfigurationError([self.opened.explain(error)]) from None

    def _close(self) -> None:
        try:
            self._runner.run(self._stack.aclose())
        finally:
            self._runner.close()


@asynccontextmanager
async def _open(settings: Settings, secrets: SecretReader) -> AsyncIterator[Opened]:
    target = _target(settings)
    async with open_sessions(settings.azure) as sessions:
        tokens = TokenProvider(settings, secrets, sessions.checks)
        client_id = client_id_of(settings, target, secrets)

        def explained(error: ServiceError) -> str:
            return explain(error, target, client_id=client_id, with_key=tokens.uses_key(target))

        try:
            async with open_blocklists(
                target, tokens, sessions.checks, retries=RETRIES, patience_s=PATIENCE_S
            ) as lists:
                yield Opened(settings, lists, explained)
        except ServiceError as error:
            raise ConfigurationError([explained(error)]) from None
        finally:
            await tokens.close()


def _target(settings: Settings) -> Target:
    service = settings.services.content_safety
    if service is None:
        raise ConfigurationError(["services.content_safety: is not configured; it is where blocklists are"])
    return service_target("content_safety", service, settings.azure)
