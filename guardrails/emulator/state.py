"""What one emulator remembers, and the keys under which an application and its requests carry it.

For a service's handlers: `request.app[STATE]` is the state; `request[EFFECT]` is the scripted effect of this call, of
which the gate has carried out everything that is not the handler's own part (`document_error`, `document_ids`,
`filter_error`, streams). The body has been read: `await request.read()` returns it at once. A service keeps what it
owns in `state.stores[<name>]`.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.directory import Directory
from guardrails.emulator.journal import Journal
from guardrails.emulator.limits import RateLimiter
from guardrails.emulator.operations import Operation
from guardrails.emulator.scenarios import Effect, ScenarioBook
from guardrails.emulator.tokens import SigningKey


@dataclass(slots=True)
class EmulatorState:
    """The mutable whole of one emulator; `reset` puts it back to what its configuration says."""

    config: EmulatorConfig
    signing_key: SigningKey = field(repr=False)
    directory: Directory = field(init=False)
    api_keys: set[str] = field(init=False, repr=False)
    key_authentication: bool = field(init=False)
    limiter: RateLimiter = field(init=False)
    scenarios: ScenarioBook = field(init=False)
    journal: Journal = field(init=False, repr=False)
    stores: dict[str, object] = field(init=False, repr=False)
    closing: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget calls, scenarios, stores and every change made since the start."""
        self.directory = Directory.of(self.config)
        self.api_keys = {self.config.api_key}
        self.key_authentication = self.config.key_authentication
        self.limiter = RateLimiter.of(self.config)
        self.scenarios = ScenarioBook()
        self.journal = Journal()
        self.stores = {}


STATE: Final = web.AppKey("STATE", EmulatorState)
EFFECT: Final = web.RequestKey("EFFECT", Effect)
OPERATION: Final = web.RequestKey("OPERATION", Operation)
IDENTITY: Final = web.RequestKey("IDENTITY", str)
API_VERSION: Final = web.RequestKey("API_VERSION", str)
