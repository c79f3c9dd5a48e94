"""The emulator as an aiohttp application."""

from typing import Final

from aiohttp import web

from guardrails.emulator import control
from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.gate import add_headers, gate
from guardrails.emulator.services import (
    blocklists,
    chat,
    content_safety,
    entra,
    language_pii,
    managed_identity,
    prompt_shield,
)
from guardrails.emulator.state import STATE, EmulatorState
from guardrails.emulator.tokens import SigningKey

MAX_BODY: Final = 8 * 1024 * 1024

# The managed identity paths come before the token endpoint, whose first segment is any tenant.
_PARTS: Final = (
    control,
    managed_identity,
    entra,
    chat,
    language_pii,
    content_safety,
    prompt_shield,
    blocklists,
)


def create_emulator(config: EmulatorConfig, signing_key: SigningKey) -> web.Application:
    """Build the application: every service behind one gate, and the control API.

    Opens nothing. `signing_key` comes from outside because making one is slow: `SigningKey.generate()`.
    """
    app = web.Application(client_max_size=MAX_BODY, middlewares=[gate])
    app[STATE] = EmulatorState(config, signing_key)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_end_hanging_calls)
    for part in _PARTS:
        part.add_routes(app)
    return app


async def _end_hanging_calls(app: web.Application) -> None:
    app[STATE].closing.set()
