"""The folder of lists beside the policies: read as one thing, whole or not at all."""

from pathlib import Path
from typing import Final

from guardrails.blocklists import plain_form, yaml_form
from guardrails.blocklists.list_file import MAX_BYTES, ListFile
from guardrails.domain.blocklist import MOST_ITEMS
from guardrails.domain.errors import ConfigurationError
from guardrails.settings.schema import Settings

MAX_FILES: Final = 500
"""The most files of one folder."""

PLAIN: Final = ".txt"
_FORMS: Final = {".yaml": yaml_form.parse, ".yml": yaml_form.parse, PLAIN: plain_form.parse}


def folder_of(settings: Settings) -> Path:
    """Where lists are kept: `blocklists` of the settings, or the folder of that name beside the policies'."""
    return settings.blocklists or settings.policies.parent / "blocklists"


def load_lists(folder: Path) -> tuple[ListFile, ...]:
    """Every `*.yaml`, `*.yml` and `*.txt` of a folder, in the order of their names; hidden files are left out.

    Raises:
        ConfigurationError: the folder cannot be read or is not there, a file does not hold, a list is there twice, or
            all together hold more items than Azure takes; all problems of all files at once.
    """
    problems: list[str] = []
    lists: list[ListFile] = []
    for path in _files(folder):
        try:
            lists.append(_FORMS[path.suffix.lower()](_text(path), str(path)))
        except ConfigurationError as error:
            problems += error.problems
    problems += _twice(lists)
    problems += _too_many(lists)
    if problems:
        raise ConfigurationError(problems)
    return tuple(lists)


def _files(folder: Path) -> list[Path]:
    try:
        paths = sorted(path for path in folder.iterdir() if _is_list(path))
    except FileNotFoundError:
        problem = (
            f"{folder}: is not there. Keep your lists in it, one file each, or let `guardrails blocklist pull` make it "
            "from what Azure has; `blocklists` in the settings names another folder"
        )
        raise ConfigurationError([problem]) from None
    except OSError as error:
        raise ConfigurationError([f"{folder}: cannot be read: {error.strerror}"]) from None
    if len(paths) > MAX_FILES:
        raise ConfigurationError([f"{folder}: holds more than {MAX_FILES} files of lists"])
    return paths


def _is_list(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() in _FORMS and not path.is_dir()


def _text(path: Path) -> str:
    if not path.is_file():
        raise ConfigurationError([f"{path}: is not a file that can be read"])
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror}"]) from None
    try:
        return content.decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise ConfigurationError([f"{path}:{line}:{column}: is not UTF-8 text"]) from None


def _twice(lists: list[ListFile]) -> list[str]:
    first: dict[str, ListFile] = {}
    problems = []
    for one in lists:
        other = first.setdefault(one.name, one)
        if other is not one:
            place = f"{one.file}:{one.name_mark.line}:{one.name_mark.column}"
            problems.append(f"{place}: the list {one.name!r} is already in {other.file}")
    return problems


def _too_many(lists: list[ListFile]) -> list[str]:
    total = sum(len(one.entries) for one in lists)
    left = MOST_ITEMS
    for one in lists if total > MOST_ITEMS else ():
        if len(one.entries) > left:
            mark = one.entries[left].mark
            sentence = f"all lists together have {total} items; Azure takes {MOST_ITEMS}, which end before this one"
            return [f"{one.file}:{mark.line}:{mark.column}: {sentence}"]
        left -= len(one.entries)
    return []
