"""All policies of a folder, loaded as one thing: whole, or not at all."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from guardrails.domain.check import CheckSpec
from guardrails.domain.errors import ConfigurationError
from guardrails.policy.compile import compile_all
from guardrails.policy.policy import Policy
from guardrails.policy.positions import MAX_BYTES, read

MAX_FILES = 500
"""The most policy files of one folder."""

_ENDINGS = frozenset({".yaml", ".yml"})


@dataclass(frozen=True, slots=True)
class Bundle:
    """The policies of a folder by name, and one revision (`sha256:` and 64 hex digits) of all its files together."""

    policies: Mapping[str, Policy]
    revision: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The policy files of a folder as they stood when they were read, not compiled.

    Attributes:
        texts: The files' texts by the names that problems tell.
        problems: Why the folder or a file in it could not be read.
        revision: One hash over all of this: two readings that share it found the same.
    """

    texts: Mapping[str, str] = field(repr=False)
    problems: tuple[str, ...]
    revision: str


def load_bundle(folder: Path, specs: Mapping[str, CheckSpec], apis: Mapping[str, str] | None = None) -> Bundle:
    """Read a folder and compile it: `read_folder` and `compile_bundle`, whose errors it raises."""
    return compile_bundle(read_folder(folder), specs, apis)


def read_folder(folder: Path) -> Reading:
    """Read every `*.yaml` and `*.yml` of a folder, in the order of their names.

    Hidden files and folders below are left out. A folder that is a link, and a mounted Kubernetes ConfigMap behind its
    `..data` link, are resolved once, so that a link that is swapped is not seen half. Other files may change between
    the first and the last that is read: who needs to know reads twice and compares. Call it off the event loop.
    """
    texts: dict[str, str] = {}
    problems: list[str] = []
    try:
        paths = _files(folder)
    except ConfigurationError as error:
        return Reading(MappingProxyType({}), error.problems, _revision({}, error.problems))
    for path in paths:
        shown = str(folder / path.name)
        try:
            texts[shown] = _text(path)
        except ConfigurationError as error:
            problems += [f"{shown}: {problem}" for problem in error.problems]
    return Reading(MappingProxyType(texts), tuple(problems), _revision(texts, problems))


def compile_bundle(
    reading: Reading, specs: Mapping[str, CheckSpec], apis: Mapping[str, str] | None = None, *, run_tests: bool = True
) -> Bundle:
    """Compile all files of a reading. A second of work for a hundred files: call it off the event loop.

    `apis` are the api-versions that answer for the checks, where they are known. `run_tests`: whether a test in a file
    that fails is a problem.

    Raises:
        ConfigurationError: the folder could not be read, holds no policy or two of one name, or any file does not
            compile, or a test with canned findings in one of them fails; all problems of all files at once.
    """
    compiled = compile_all(reading.texts, specs, apis, run_tests=run_tests)
    if reading.problems or compiled.problems:
        raise ConfigurationError([*reading.problems, *compiled.problems])
    return Bundle(MappingProxyType(compiled.policies), reading.revision)


def load_file(file: Path, specs: Mapping[str, CheckSpec]) -> Bundle:
    """Compile a single file, as a bundle of its own. Those beside it are there for what it extends and shadows.

    Tests in it are not run.

    Raises:
        ConfigurationError: it cannot be read, or does not compile; all problems at once.
    """
    try:
        text = _text(file)
    except ConfigurationError as error:
        raise ConfigurationError([f"{file}: {problem}" for problem in error.problems]) from None
    shown = str(file.parent / file.name)
    compiled = compile_all({**_beside(file, text), shown: text}, specs, run_tests=False)
    own = [source.policy for source in compiled.sources.values() if source.file == shown]
    problems = [told for told in compiled.problems if told.startswith(f"{shown}:") or f"(in {shown}," in told]
    if problems or not own:
        raise ConfigurationError(problems or compiled.problems)
    return Bundle(MappingProxyType({policy.ref.name: policy for policy in own}), _revision({shown: text}, ()))


def _beside(file: Path, text: str) -> dict[str, str]:
    """The other files of a folder that a file may speak of: none with its own name, and none where it names none."""
    own = read(text).value
    if not isinstance(own, dict) or not (own.get("extends") or own.get("shadow")):
        return {}
    others = {shown: (other, read(other).value) for shown, other in read_folder(file.parent).texts.items()}
    return {
        shown: other
        for shown, (other, said) in others.items()
        if isinstance(said, dict) and said.get("policy") != own.get("policy")
    }


def _files(folder: Path) -> list[Path]:
    try:
        root = folder.resolve(strict=True)
        mounted = root / "..data"
        root = mounted.resolve(strict=True) if mounted.is_symlink() else root
        paths = sorted(path for path in root.iterdir() if _is_policy(path))
    except OSError as error:
        raise ConfigurationError([f"{folder}: cannot be read: {error.strerror}"]) from None
    if not paths:
        raise ConfigurationError([f"{folder}: holds no policy file (*.yaml or *.yml)"])
    if len(paths) > MAX_FILES:
        raise ConfigurationError([f"{folder}: holds more than {MAX_FILES} policy files"])
    return paths


def _is_policy(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() in _ENDINGS and not path.is_dir()


def _text(path: Path) -> str:
    if not path.is_file():
        raise ConfigurationError(["is not a file that can be read"])
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError([f"cannot be read: {error.strerror}"]) from None
    if len(content) > MAX_BYTES:
        raise ConfigurationError([f"is larger than {MAX_BYTES // 1024} KiB"])
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"is not UTF-8 text (byte {error.start})"]) from None


def _revision(texts: Mapping[str, str], problems: Iterable[str]) -> str:
    """A hash over names, contents and what could not be read.

    Each is hashed first, so that no two folders can share one by moving a border.
    """
    return f"sha256:{hashlib.sha256(b''.join(_digests(texts, problems))).hexdigest()}"


def _digests(texts: Mapping[str, str], problems: Iterable[str]) -> Iterator[bytes]:
    for shown, text in texts.items():
        yield hashlib.sha256(os.fsencode(Path(shown).name)).digest()
        yield hashlib.sha256(text.encode()).digest()
    for problem in problems:
        yield hashlib.sha256(os.fsencode(problem)).digest()


def load_policies(path: Path, specs: Mapping[str, CheckSpec]) -> Bundle:
    """The bundle of wherever a person points, a folder or a single file. Raises as those two do.

    What a change does is of interest before the tests in the file agree with it: they are not run.
    """
    return load_file(path, specs) if path.is_file() else compile_bundle(read_folder(path), specs, run_tests=False)
