"""Secrets by reference: read, read again, and never repeated in an error."""

import asyncio
import os
from pathlib import Path

import pytest

from guardrails.azure import secrets as module
from guardrails.azure.secrets import MAX_SECRET_BYTES, SecretReader
from guardrails.domain.check import FailureReason
from guardrails.domain.errors import TokenError
from guardrails.settings.schema import SecretRef


def by_env(name: str = "SECRET") -> SecretRef:
    return SecretRef.model_validate({"env": name})


def by_file(path: Path) -> SecretRef:
    return SecretRef.model_validate({"file": path})


async def test_white_space_around_a_secret_is_not_part_of_it(tmp_path: Path):
    (tmp_path / "s").write_text("\ufeff value \r\n")
    assert await SecretReader({"SECRET": " value\n"}).read(by_env()) == "value"
    assert await SecretReader({}).read(by_file(tmp_path / "s")) == "value"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot be read"),
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xff\xfe", "UTF-8"),
        (b"x" * (MAX_SECRET_BYTES + 1), "KiB"),
    ],
)
async def test_a_file_that_is_no_secret_is_named(tmp_path: Path, content: bytes | None, why: str):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TokenError, match=why) as failed:
        await SecretReader({}).read(by_file(file))
    assert str(file) in failed.value.detail
    assert failed.value.reason is FailureReason.TOKEN


@pytest.mark.parametrize("env", [{}, {"SECRET": ""}, {"SECRET": "  "}])
async def test_a_missing_variable_is_named(env: dict[str, str]):
    with pytest.raises(TokenError, match="environment variable SECRET"):
        await SecretReader(env).read(by_env())


async def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "LOOK_AGAIN_S", 0.0)
    file, new = tmp_path / "secret", tmp_path / "new"
    file.write_text("one")
    reader = SecretReader({})
    assert await reader.read(by_file(file)) == "one"
    version = reader._files[file].version
    assert await reader.read(by_file(file)) == "one"
    assert reader._files[file].version == version
    new.write_text("two")
    os.utime(new, ns=(version[0], version[0]))  # the same time and size: a swapped file has another inode
    new.replace(file)
    assert await reader.read(by_file(file)) == "two"


async def test_within_a_second_only_a_fresh_read_looks_at_the_file(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("one")
    reader = SecretReader({})
    assert await reader.read(by_file(file)) == "one"
    file.write_text("three")
    assert await reader.read(by_file(file)) == "one"
    assert await reader.read(by_file(file), fresh=True) == "three"


async def test_many_readers_open_the_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "secret"
    file.write_text("one")
    opened: list[Path] = []
    load = module._load

    def counted(path: Path, known: object) -> object:
        opened.append(path)
        return load(path, known)

    monkeypatch.setattr(module, "_load", counted)
    reader = SecretReader({})
    assert set(await asyncio.gather(*(reader.read(by_file(file)) for _ in range(100)))) == {"one"}
    assert len(opened) == 1
