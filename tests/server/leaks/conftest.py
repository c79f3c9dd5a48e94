"""One service for each module: a policy that redacts and blocks, one that only looks, a model that says anything."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from running import Service, open_service
from scripted_model import ScriptedModel, scripted_model
from server.leaks.plants import BLOCKLIST, TERM

from guardrails.emulator.config import EmulatorConfig
from guardrails.emulator.serve import Emulator, EmulatorKeys
from guardrails.emulator.services.blocklists_store import BlocklistStore

CHECKS = {
    "prompt_shield": {},
    "content_safety": {"blocklists": [BLOCKLIST]},
    "pii": {"categories": ["Email", "CreditCardNumber"]},
}


def _rules(block: str, redact: str) -> list[dict]:
    return [
        {"id": "attack", "stage": "input", "check": "prompt_shield", "action": block},
        {"id": "harm", "check": "content_safety", "category": ["Violence", "Hate"], "at_least": 4, "action": block},
        {"id": "terms", "check": "content_safety", "category": "blocklist", "action": block},
        {"id": "secrets", "check": "pii", "category": ["Email", "CreditCardNumber"], "action": redact},
    ]


LET_PASS = dict.fromkeys(("image", "remote_image", "audio", "file", "other"), "allow")


def _policies() -> dict[str, dict]:
    guarding = {"deadline_ms": 20_000, "checks": CHECKS, "rules": _rules("block", "redact")}
    return {
        "default": guarding,
        "looks-only": {**guarding, "rules": _rules("flag", "flag"), "media": LET_PASS},
        "media-allowed": {**guarding, "media": LET_PASS},
        "whole": {**guarding, "chat": {"stream": {"release": "whole"}}},
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    emulator_keys: EmulatorKeys, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Service, ScriptedModel]]:
    config = EmulatorConfig(rate_limits={}, limit_chat=False)
    async with Emulator(config, keys=emulator_keys) as emulator, scripted_model() as model:
        blocklists = emulator.state.stores.setdefault("blocklists", BlocklistStore())
        blocklists.put(BLOCKLIST, None)
        blocklists.put_items(blocklists.lists[BLOCKLIST], [(TERM, None, False)])
        settings = {
            "accounts": {"scripted": {"endpoint": model.url, "credential": "corp"}},
            "models": {"scripted": {"account": "scripted", "deployment": "scripted"}},
        }
        folder = tmp_path_factory.mktemp("leaks")
        async with open_service(emulator, folder, policies=_policies(), settings=settings) as service:
            yield service, model
