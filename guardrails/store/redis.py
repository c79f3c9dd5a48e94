"""A Redis that all replicas share."""

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Connection, Redis, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

from guardrails.domain.errors import ConfigurationError, GuardrailsError
from guardrails.settings.schema import RedisServer
from guardrails.store.store import StoreTrouble, Trouble

CONNECTIONS: Final = 16
"""Connections of one process. A request holds one for a millisecond; who finds none free waits within its time."""

DEFAULT_PORT: Final = 6379

Password = Callable[[], Awaitable[str]]


class _Credentials(CredentialProvider):
    """Asked at every new connection, so that a password that was rotated needs no restart."""

    def __init__(self, username: str | None, password: Password) -> None:
        self._username = username
        self._password = password

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        try:
            password = await self._password()
        except GuardrailsError:
            # Of the library's own kind, so that it closes the connection it was opening.
            raise AuthenticationError("no password") from StoreTrouble(Trouble.PASSWORD)
        return (self._username, password) if self._username else (password,)


class _SharedTls(SSLConnection):
    """A connection with a TLS context that is there already. The library's own reads the system's CAs each time."""

    def __init__(self, *, tls: ssl.SSLContext, **options: Any) -> None:  # noqa: ANN401 - the library's own options
        super().__init__(**options)
        self.ssl_context.context = tls


class RedisStore:
    """Names and values as strings of a Redis database, each with its time to live.

    The commands are MGET and SET. An OSS cluster, which spreads names over shards and refuses an MGET over several, is
    not supported; one endpoint in front of a cluster (Azure's Enterprise policy) is.

    Args:
        server: Where it is, and its limits.
        password: Reads the password; None where it needs none.
        tls: What `tls_context` gives; None for an endpoint on this machine that has no TLS.
    """

    def __init__(self, server: RedisServer, password: Password | None, tls: ssl.SSLContext | None) -> None:
        parts = urlsplit(server.endpoint)
        connection: dict[str, Any] = {"connection_class": Connection}
        if parts.scheme == "rediss":
            connection = {"connection_class": _SharedTls, "tls": tls or ssl.create_default_context()}
        options: dict[str, Any] = {
            "host": parts.hostname,
            "port": parts.port or DEFAULT_PORT,
            "db": int(parts.path.strip("/") or 0),
            "credential_provider": _Credentials(server.username, password) if password is not None else None,
            "socket_timeout": server.timeout_s,
            "socket_connect_timeout": server.timeout_s,
            # Who retries is `RestingStore`, and not within the same request.
            "retry": Retry(NoBackoff(), 0),
            "protocol": 2,
            # Telling its name and version needs a right more, and reads files to find them.
            "driver_info": None,
        }
        self._client = Redis(
            connection_pool=BlockingConnectionPool(
                max_connections=CONNECTIONS, timeout=server.timeout_s, **connection, **options
            )
        )

    async def get_many(self, names: Sequence[bytes]) -> Sequence[bytes | None]:
        """The value of each name, in their order; None where there is none.

        Raises:
            StoreTrouble: Redis did not answer, or not with values.
        """
        try:
            values = await self._client.mget(names)
        except (RedisError, OSError) as error:
            raise StoreTrouble(_reason(error)) from error
        return [value if isinstance(value, bytes) else None for value in values]

    async def put_many(self, values: Mapping[bytes, bytes], ttl_s: int) -> None:
        """Keep each value under its name, for `ttl_s` seconds.

        Raises:
            StoreTrouble: Redis did not answer, or refused.
        """
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for name, value in values.items():
                    pipeline.execute_command("SET", name, value, "EX", ttl_s)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            raise StoreTrouble(_reason(error)) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()
        await self._client.connection_pool.disconnect()


def tls_context(server: RedisServer) -> ssl.SSLContext:
    """The system's authorities and the one of the settings. It reads files.

    Raises:
        ConfigurationError: `cache.redis.ca_file` cannot be read or holds no certificate.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.ca_file is None:
        return context
    try:
        context.load_verify_locations(cafile=server.ca_file)
    except ssl.SSLError:
        raise ConfigurationError([f"cache.redis.ca_file: {server.ca_file} holds no certificate in PEM form"]) from None
    except OSError as error:
        raise ConfigurationError([f"cache.redis.ca_file: {server.ca_file} cannot be read: {error.strerror}"]) from None
    return context


def _reason(error: Exception) -> Trouble:
    if isinstance(error.__cause__, StoreTrouble):
        return error.__cause__.reason
    if isinstance(error, AuthenticationError):
        return Trouble.REFUSED
    if isinstance(error, NoAnswer | TimeoutError):
        return Trouble.TIMEOUT
    return Trouble.NETWORK if isinstance(error, NoConnection | OSError) else Trouble.REFUSED
