"""An emulated resource, and its lists over the real SDK."""

from collections.abc import AsyncIterator

import pytest

from guardrails.azure.blocklists import Blocklists, open_blocklists
from guardrails.azure.secrets import SecretReader
from guardrails.azure.session import open_sessions
from guardrails.azure.target import Target
from guardrails.azure.tokens import TokenProvider
from guardrails.emulator.serve import Emulator
from guardrails.settings.schema import Settings


@pytest.fixture
async def lists(emulator: Emulator) -> AsyncIterator[Blocklists]:
    told = emulator.settings()
    corp = {
        "type": "client_secret",
        "tenant_id": told["tenant_id"],
        "client_id": told["client_id"],
        "client_secret": {"env": "SECRET"},
    }
    azure = {"authority": told["authority"], "ca_file": told["ca_file"]}
    settings = Settings.model_validate(
        {"credentials": {"corp": corp}, "callers": {}, "policies": "policies", "azure": azure}
    )
    target = Target("content_safety", emulator.url, "corp", settings.azure.scope)
    async with open_sessions(settings.azure) as sessions:
        tokens = TokenProvider(settings, SecretReader({"SECRET": told["client_secret"]}), sessions.checks)
        async with open_blocklists(target, tokens, sessions.checks, retries=2, patience_s=5) as opened:
            yield opened
        await tokens.close()
