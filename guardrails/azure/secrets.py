"""Secrets by reference: read where they are, when they are needed, and again when their file changes."""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from guardrails.domain.check import FailureReason
from guardrails.domain.errors import TokenError
from guardrails.settings import schema as settings

MAX_SECRET_BYTES = 256 * 1024
"""A secret is a line, a key or a certificate chain; a larger file is a mistake."""

LOOK_AGAIN_S = 1.0
"""How often a secret's file is looked at, so that a hot path does not stat it for every call."""

BYTE_ORDER_MARK = "\ufeff"
"""What some editors put before a text. Python's `utf-8-sig` takes it off as well, at eight times the price."""

_Version = tuple[int, int, int]


@dataclass(slots=True)
class _File:
    version: _Version | None = None
    content: bytes = field(default=b"", repr=False)
    looked_at: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)


class SecretReader:
    """Reads the secrets that settings refer to. Every failure names the reference, never the value.

    Args:
        env: The environment that `{env: NAME}` looks into.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._files: dict[Path, _File] = {}

    async def read(self, ref: settings.SecretRef, *, fresh: bool = False) -> str:
        """The secret as text, without white space around it.

        A file is looked at again at most once a second, and read again when its time, size or inode changed;
        `fresh` reads it at once.

        Raises:
            TokenError: there is no such variable or file, or it is empty, too large or not text.
        """
        raw = await self.read_bytes(ref, fresh=fresh)
        try:
            text = raw.decode().removeprefix(BYTE_ORDER_MARK).strip()
        except UnicodeDecodeError:
            raise _unreadable(ref, "is not UTF-8 text") from None
        if not text:
            raise _unreadable(ref, "is empty")
        return text

    async def read_bytes(self, ref: settings.SecretRef, *, fresh: bool = False) -> bytes:
        """The secret's bytes as they are, for what is not text (a PFX certificate).

        Raises:
            TokenError: as `read`.
        """
        if ref.file is not None:
            return await self._from_file(ref, ref.file, fresh=fresh)
        value = self._env.get(ref.env or "")
        if not value:
            raise _unreadable(ref, "is not set")
        return value.encode("utf-8", "surrogateescape")

    def variable(self, name: str) -> str | None:
        """An environment variable that is no secret (ids and paths that the platform sets), or None."""
        return self._env.get(name) or None

    async def _from_file(self, ref: settings.SecretRef, path: Path, *, fresh: bool) -> bytes:
        known = self._files.setdefault(path, _File())
        if not fresh and time.monotonic() - known.looked_at < LOOK_AGAIN_S:
            return known.content
        asked_at = time.monotonic()
        async with known.lock:
            if known.looked_at > asked_at:
                return known.content
            try:
                version, content = await asyncio.to_thread(_load, path, None if fresh else known.version)
            except OSError as error:
                raise _unreadable(ref, f"cannot be read: {error.strerror or 'input/output error'}") from None
            if content is not None:
                if len(content) > MAX_SECRET_BYTES:
                    raise _unreadable(ref, f"is larger than {MAX_SECRET_BYTES // 1024} KiB")
                known.version, known.content = version, content
            known.looked_at = time.monotonic()
            return known.content


def _load(path: Path, known: _Version | None) -> tuple[_Version, bytes | None]:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        version = (status.st_mtime_ns, status.st_ino, status.st_size)
        if version == known:
            return version, None
        return version, file.read(MAX_SECRET_BYTES + 1)


def _unreadable(ref: settings.SecretRef, what: str) -> TokenError:
    return TokenError(FailureReason.TOKEN, f"The secret in {ref} {what}.")
