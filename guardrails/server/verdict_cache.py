"""The verdict cache as the settings want it: its key, its store, and what stands between them and a request."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from urllib.parse import urlsplit

from guardrails.azure.secrets import SecretReader
from guardrails.checks.catalogue import CATALOGUE
from guardrails.pipeline.verdict_cache import VerdictCache
from guardrails.server.shared_key import shared_key
from guardrails.settings.schema import Cache, RedisServer, Settings
from guardrails.store.memory import MemoryStore
from guardrails.store.redis import RedisStore, tls_context
from guardrails.store.resting import RestingStore
from guardrails.store.store import Store
from guardrails.telemetry.metrics import Metrics


async def open_verdict_cache(
    stack: AsyncExitStack, settings: Settings, secrets: SecretReader, metrics: Metrics
) -> VerdictCache:
    """The cache, closed with the stack. A Redis that is down keeps nobody from starting.

    Raises:
        ConfigurationError: the key cannot be read or is too short, or the CA file holds none.
    """
    section = settings.cache
    key = await shared_key("cache.key", section.key, secrets)
    store = await _store(section, secrets, metrics)
    stack.push_async_callback(store.aclose)
    services = {kind: getattr(settings.services, kind.spec.service) for kind in CATALOGUE}
    judges = {kind.spec.name: kind.judge(service) for kind, service in services.items() if service is not None}
    return VerdictCache(store, key, judges, section.ttl_s, metrics)


async def _store(section: Cache, secrets: SecretReader, metrics: Metrics) -> Store:
    if section.redis is None:
        memory = MemoryStore(section.max_bytes)
        metrics.watch_cache(lambda: memory.bytes_used)
        return memory
    return RestingStore(await _redis(section.redis, secrets), section.redis.timeout_s, metrics.cache_troubled)


async def _redis(server: RedisServer, secrets: SecretReader) -> RedisStore:
    password = None if server.password is None else partial(secrets.read, server.password)
    is_tls = urlsplit(server.endpoint).scheme == "rediss"
    return RedisStore(server, password, await asyncio.to_thread(tls_context, server) if is_tls else None)
