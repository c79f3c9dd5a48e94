"""The two connection pools: one for checks and tokens, one for chat, so that open chats cannot starve the checks."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from guardrails.domain.errors import ConfigurationError
from guardrails.settings import schema as settings

KEEP_ALIVE_S = 45.0
"""Shorter than the four minutes after which Azure's load balancers drop an idle connection without a word."""

USER_AGENT = "azure-guardrails"


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one process. `checks` also carries the token requests."""

    checks: aiohttp.ClientSession
    chat: aiohttp.ClientSession


@asynccontextmanager
async def open_sessions(azure: settings.Azure) -> AsyncIterator[Sessions]:
    """Open both sessions, and close them with their connections at the end.

    The private CA sits on the connectors' own TLS context: given as a path to azure-core it would cost a new context,
    and so a new connection, for every request. No cookies are kept and no proxy variables are read.

    Raises:
        ConfigurationError: `azure.ca_file` cannot be read or holds no certificate.
    """
    context = await asyncio.to_thread(_tls_context, azure.ca_file)
    async with _session(azure, context) as checks, _session(azure, context) as chat:
        yield Sessions(checks, chat)


def _session(azure: settings.Azure, context: ssl.SSLContext) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=azure.max_connections,
            limit_per_host=0,
            ssl=context,
            keepalive_timeout=KEEP_ALIVE_S,
        ),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=azure.connect_timeout_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
        trust_env=False,
    )


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        return context
    try:
        context.load_verify_locations(cafile=ca_file)
    except ssl.SSLError:
        raise ConfigurationError([f"azure.ca_file: {ca_file} holds no certificate in PEM form"]) from None
    except OSError as error:
        raise ConfigurationError([f"azure.ca_file: {ca_file} cannot be read: {error.strerror}"]) from None
    return context
