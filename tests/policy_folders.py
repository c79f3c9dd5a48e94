"""Policy folders as deployments change them, and what the service says about the one it has."""

import asyncio
import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from running import POLICY_DEFAULTS, Service

MAIL_TEXT = "Write to anna.smith@contoso.com"


def document(name: str = "default", action: str = "flag", **changes: Any) -> str:
    """A policy that does one thing with a mail address, written as `open_service` writes policies."""
    rules = [{"id": "mail", "check": "pii", "category": "Email", "action": action}]
    return yaml.safe_dump(
        {**POLICY_DEFAULTS, "policy": name, "checks": {"pii": {"categories": ["Email"]}}, "rules": rules, **changes}
    )


def revision_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class ConfigMap:
    """A folder as the kubelet mounts one: files are links into `..data`, a link that is swapped in one step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._version = 0

    def swap(self, files: Mapping[str, str]) -> None:
        self._version += 1
        version = self.folder / f"..{self._version}"
        version.mkdir()
        for name, text in files.items():
            (version / name).write_text(text)
            if not (self.folder / name).is_symlink():
                (self.folder / name).unlink(missing_ok=True)
                (self.folder / name).symlink_to(f"..data/{name}")
        link = self.folder / "..data_tmp"
        link.symlink_to(version.name)
        link.rename(self.folder / "..data")


def replace(path: Path, text: str) -> None:
    """Write beside and rename, as careful editors and rsync do."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text)
    os.replace(beside, path)  # noqa: PTH105 - the system call an editor makes


async def bundle_of(service: Service) -> dict[str, Any]:
    return (await service.get("/readyz", key=None)).body["bundle"]


async def until(service: Service, condition: Any, within_s: float = 15) -> dict[str, Any]:
    """Ask until what the service tells of its bundle fulfils a condition."""
    end = time.monotonic() + within_s
    while not condition(told := await bundle_of(service)):
        assert time.monotonic() < end, told
        await asyncio.sleep(0.01)
    return told


async def until_policy(service: Service, revision: str, name: str = "default", within_s: float = 15) -> None:
    """Ask until a policy has a revision."""
    end = time.monotonic() + within_s
    while True:
        ready = await service.get("/readyz", key=None)
        if ready.body["policies"].get(name) == revision:
            return
        assert time.monotonic() < end, ready.body
        await asyncio.sleep(0.01)
