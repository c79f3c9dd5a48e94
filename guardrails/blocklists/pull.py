"""Writing what Azure has into files: new ones freely, those that differ only when told to, each whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from guardrails.blocklists import plain_form, yaml_form
from guardrails.blocklists.difference import difference
from guardrails.blocklists.folder import PLAIN
from guardrails.blocklists.list_file import ListFile
from guardrails.domain.blocklist import BlocklistContents
from guardrails.domain.errors import ConfigurationError


class Outcome(StrEnum):
    """What becomes of a list's file."""

    SAME = "same"
    NEW = "new"
    OVERWRITTEN = "overwritten"
    DIFFERS = "differs"
    """The file says something else than Azure, and was left as it is."""
    UNFIT = "unfit"
    """The file is plain text, which cannot hold what Azure has."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """One list, the file it belongs in, and what becomes of that."""

    contents: BlocklistContents
    file: Path
    outcome: Outcome

    @property
    def writes(self) -> bool:
        """Whether the file is written."""
        return self.outcome in {Outcome.NEW, Outcome.OVERWRITTEN}


def plan_pull(
    folder: Path, files: Sequence[ListFile], there: Iterable[BlocklistContents], *, force: bool
) -> tuple[Pulled, ...]:
    """What pulling lists into a folder does. Looks at names in the folder, and writes nothing.

    Args:
        folder: Where new files go.
        files: The lists that the folder has.
        there: The lists of Azure that are pulled.
        force: Whether a file that differs is overwritten, its comments with it.
    """
    by_name = {file.name: file for file in files}
    taken = {path.name.casefold() for path in folder.iterdir()} if folder.is_dir() else set()
    plan: list[Pulled] = []
    for contents in there:
        file = by_name.get(contents.name)
        if file is not None:
            plan.append(Pulled(contents, Path(file.file), _outcome(file, contents, force=force)))
            continue
        name = _file_name(contents.name, taken)
        taken.add(name.casefold())
        plan.append(Pulled(contents, folder / name, Outcome.NEW))
    return tuple(plan)


def _outcome(file: ListFile, contents: BlocklistContents, *, force: bool) -> Outcome:
    if difference(file.contents, contents, describes=file.describes).is_empty:
        return Outcome.SAME
    if not force:
        return Outcome.DIFFERS
    if Path(file.file).suffix.lower() == PLAIN and not plain_form.can_hold(contents):
        return Outcome.UNFIT
    return Outcome.OVERWRITTEN


def _file_name(name: str, taken: Collection[str]) -> str:
    """The list's name, unless that would be hidden (a leading dot) or some file systems take it for another one."""
    stem = f"list{name}" if name.startswith(".") else name
    candidate, number = f"{stem}.yaml", 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem}-{number}.yaml"
    return candidate


def render(pulled: Pulled) -> str:
    """The text of a file that is written.

    Raises:
        ConfigurationError: the list holds what no file can: text that is not valid Unicode.
    """
    contents = pulled.contents
    try:
        for text in (contents.description or "", *(f"{item.text}{item.description or ''}" for item in contents.items)):
            text.encode()
    except UnicodeEncodeError:
        raise ConfigurationError([f"{contents.name}: holds text that is not valid Unicode"]) from None
    is_plain = pulled.file.suffix.lower() == PLAIN
    return plain_form.render(contents) if is_plain else yaml_form.render(contents)


def write_all(texts: Mapping[Path, str]) -> None:
    """Write files, each whole: what reads or breaks off meanwhile sees the old one or the new one.

    Raises:
        ConfigurationError: one cannot be written; those before it are.
    """
    for path, text in texts.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path.resolve(), text.encode())
        except OSError as error:
            raise ConfigurationError([f"{path}: cannot be written: {error.strerror}"]) from None


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{secrets.token_hex(8)}.draft")
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
