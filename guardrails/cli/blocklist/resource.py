"""The Content Safety resource of the settings, or an emulated one, for as long as a command needs it."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from guardrails.azure.blocklists import Blocklists, open_blocklists
from guardrails.azure.explain import explain
from guardrails.azure.secrets import SecretReader
from guardrails.azure.session import open_sessions
from guardrails.azure.target import Target, service_target
from guardrails.azure.tokens import TokenProvider
from guardrails.cli.client_id import client_id_of
from guardrails.cli.surroundings import Surroundings
from guardrails.domain.errors import ConfigurationError, ServiceError
from guardrails.settings.load import load
from guardrails.settings.schema import Settings

T = TypeVar("T")
Explain = Callable[[ServiceError], str]

RETRIES: Final = 4
PATIENCE_S: Final = 120.0
"""How long one call may be tried, in seconds: a command may wait longer than a request."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a command works with. Runs its calls, with time for a person in between; nothing runs meanwhile."""

    settings: Settings
    lists: Blocklists
    explain: Explain
    around: Surroundings

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end.

        Raises:
            ConfigurationError: Azure did not do its part; a sentence with its mend.
        """
        try:
            return self.around.run(work)
        except ServiceError as error:
            raise ConfigurationError([self.explain(error)]) from None


@contextmanager
def open_resource(config: Path, *, emulator: bool) -> Iterator[Resource]:
    """The resource, open.

    Raises:
        SettingsError: the settings do not hold.
        ConfigurationError: they name no Content Safety, or it cannot be reached.
    """
    with Surroundings(config, emulator=emulator) as around:
        settings = load(config, around.env)
        lists, explained = around.open(_open(settings, SecretReader(around.env)))
        yield Resource(settings, lists, explained, around)


@asynccontextmanager
async def _open(settings: Settings, secrets: SecretReader) -> AsyncIterator[tuple[Blocklists, Explain]]:
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
                yield lists, explained
        except ServiceError as error:
            raise ConfigurationError([explained(error)]) from None
        finally:
            await tokens.close()


def _target(settings: Settings) -> Target:
    service = settings.services.content_safety
    if service is None:
        raise ConfigurationError(["services.content_safety: is not configured; it is where blocklists are"])
    return service_target("content_safety", service, settings.azure)
